"""The split of plans into shards, for machines that share nothing.

Each shard saves with its own writers and loads in all readers. A save and all loads of what it
gave stay together, so that no shard needs the artifacts of another, and joined shards fit together
even where saving twice gives other bytes. The split depends on the plans, the count and the
recorded costs only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossload.plan.shards import Costs, Shard, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crossload.plan.cells import Plan


def partition(plans: Sequence[Plan], count: int, costs: Mapping[str, Costs]) -> tuple[Shard, ...]:
    """Split all selected cells into shards of about equal cost.

    Parameters
    ----------
    plans
        Plans of all matrices that are to be split together.
    count
        Number of shards.
    costs
        Recorded CPU seconds by matrix; cells of others count alike.

    Returns
    -------
    tuple of Shard
        ``count`` of them; the last ones are empty where there are fewer units than shards.
    """
    prices = _prices(plans, costs)
    groups: dict[tuple[str, str], list[Unit]] = {}
    for unit in prices:
        groups.setdefault(unit[:2], []).append(unit)
    order = {group: index for index, group in enumerate(groups)}
    fair = sum(prices.values()) / count
    chunks: list[list[Unit]] = []
    for units in groups.values():
        price = sum(prices[unit] for unit in units)
        # rounds up, but leaves a writer whole that costs no more than a fair share: each further
        # shard with it has to build its environment
        pieces = max(1, min(len(units), round(price / fair + 0.49))) if fair else 1
        chunks += _pack(units, pieces, prices)
    # fewer writers than shards: halve the largest, so that no machine is idle
    while len(chunks) < count and (largest := max(chunks, key=len)) and len(largest) > 1:
        chunks.remove(largest)
        chunks += _pack(largest, 2, prices)
    bins: list[list[Unit]] = [[] for _ in range(count)]
    weights = [0.0] * count
    spent = 0.0
    for chunk in sorted(chunks, key=lambda units: order[units[0][:2]]):
        price = sum(prices[unit] for unit in chunk)
        # neighbours go to one shard: the fewer matrices a shard has, the fewer environments it has
        # to build
        index = min(count - 1, int((spent + price / 2) / fair)) if fair else 0
        spent += price
        bins[index] += chunk
        weights[index] += price
    # the first shard has the controls of environments that never write: it must not be empty
    filled = [(units, weight) for units, weight in zip(bins, weights, strict=True) if units]
    filled += [([], 0.0)] * bins.count([])
    return tuple(
        Shard(number=number, count=count, units=frozenset(units), seconds=weight)
        for number, (units, weight) in enumerate(filled, start=1)
    )


def _prices(plans: Sequence[Plan], costs: Mapping[str, Costs]) -> dict[Unit, float]:
    cells: dict[Unit, int] = {}
    for plan in plans:
        for cell in plan.selected:
            unit = (plan.spec.name, cell.writer, cell.case.recipe)
            cells[unit] = cells.get(unit, 0) + 1
    return {
        unit: costs.get(unit[0], Costs()).of(unit[1], unit[2], number)
        for unit, number in cells.items()
    }


def _pack(units: Sequence[Unit], pieces: int, prices: Mapping[Unit, float]) -> list[list[Unit]]:
    """Put units into ``pieces`` lists of about equal price, the dearest first."""
    bins: list[list[Unit]] = [[] for _ in range(pieces)]
    for unit in sorted(units, key=lambda each: (-prices[each], each)):
        min(bins, key=lambda each: (sum(prices[one] for one in each), len(each))).append(unit)
    return [each for each in bins if each]
