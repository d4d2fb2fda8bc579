"""The details of pairs of environments that a page shows without script.

They are bounded, so that the page of a large matrix stays readable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crossload.report.labels import signature_of
from crossload.safe import cut

if TYPE_CHECKING:
    from crossload.report.view import View
    from crossload.report.view_types import Grid, Square
    from crossload.verdict import Verdict

MOST_SQUARES = 4000
"""Most squares of grids that are laid out as HTML beside the first grid."""

MOST_PAIRS = 400
"""Most pairs of a matrix whose failures are listed without script."""

_MOST_GROUPS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The failures of one pair that say the same."""

    verdict: Verdict
    cells: int
    example: str
    case: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """One writer and one reader: all their cells, and the most frequent failures."""

    writer: str
    reader: str
    square: Square
    groups: tuple[Group, ...]
    left: int
    """Failed cells of the groups that are not listed."""


def squares_of(view: View) -> tuple[Grid, ...]:
    """Select the grids of families that a page shows without script: as many as stay readable."""
    found: list[Grid] = []
    squares = 0
    for grid in view.grids[1:]:
        squares += len(grid.squares)
        # whole grids only: half of a grid would look like a matrix with fewer environments
        if squares > MOST_SQUARES:
            break
        found.append(grid)
    return tuple(found)


def failures_by_pair(view: View) -> tuple[Pair, ...]:
    """Group what failed between each pair, the most frequent first.

    Returns
    -------
    tuple
        One for each pair of the matrix; empty for a matrix of more than `MOST_PAIRS`.
    """
    rows, squares = view.rows, view.grids[0].squares
    # the script shows every pair when it is asked; without it the page would grow without bound
    if len(squares) > MOST_PAIRS:
        return ()
    names: dict[tuple[Verdict, str], int] = {}
    group_of_kind = [
        names.setdefault((judged.verdict, signature_of(judged.reason)), len(names))
        if judged.verdict.passes is False
        else -1
        for judged in rows.judgements
    ]
    group = (
        np.array(group_of_kind, dtype=np.int64)[rows.kind] if len(rows) else np.zeros(0, np.int64)
    )
    found: dict[tuple[str, str], list[Group]] = {}
    failed = np.flatnonzero(group >= 0)
    # counted by columns of numbers: a large matrix has millions of failures and few different ones
    columns = np.stack([rows.writer[failed], rows.reader[failed], group[failed]])
    different, first, count = np.unique(columns, axis=1, return_index=True, return_counts=True)
    for (writer, reader, _), place, cells in zip(different.T, first, count, strict=True):
        index = failed[place]
        judged = rows.judgements[rows.kind[index]]
        case = rows.cases[rows.case[index]].name
        pair = (rows.environments[writer], rows.environments[reader])
        each = Group(
            verdict=judged.verdict, cells=int(cells), example=cut(judged.reason, 240), case=case
        )
        found.setdefault(pair, []).append(each)
    return tuple(_pair(pair, square, found.get(pair, [])) for pair, square in squares.items())


def _pair(pair: tuple[str, str], square: Square, groups: list[Group]) -> Pair:
    groups.sort(key=lambda each: (-each.cells, each.case))
    listed = tuple(groups[:_MOST_GROUPS])
    return Pair(
        writer=pair[0],
        reader=pair[1],
        square=square,
        groups=listed,
        left=square.failed - sum(each.cells for each in listed),
    )
