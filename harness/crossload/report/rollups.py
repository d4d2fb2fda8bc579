"""The roll-ups of a view: cells counted by pair, by family, by format, by case, by direction."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from crossload.report.view_types import Direction, Grid, Square
from crossload.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossload.report.judged_cells import JudgedCells
    from crossload.report.view_types import EnvironmentFacts

ALL_CASES = "all cases"
"""Name of the grid over all families."""


def grids_of(rows: JudgedCells, families: Sequence[str]) -> tuple[Grid, ...]:
    """Count the cells of each pair, over all cases and by family.

    Parameters
    ----------
    rows
        All judged cells.
    families
        Families of their cases.

    Returns
    -------
    tuple
        The grid `ALL_CASES`, then one a family.
    """
    names = [ALL_CASES, *families]
    tables: dict[str, dict[tuple[str, str], Counter[Verdict]]] = {name: {} for name in names}
    place = {family: index for index, family in enumerate(families)}
    family_of_case = np.array([place[case.family] for case in rows.cases], dtype=np.int64)
    for (number, writer, reader), counts in rows.count_by(
        family_of_case[rows.case], rows.writer, rows.reader
    ).items():
        pair = (rows.environments[writer], rows.environments[reader])
        for name in (ALL_CASES, families[number]):
            tables[name].setdefault(pair, Counter()).update(counts)
    return tuple(
        Grid(
            family=name,
            squares={pair: Square(counts=dict(counts)) for pair, counts in tables[name].items()},
        )
        for name in names
    )


def squares_by(rows: JudgedCells, names: Sequence[str]) -> dict[str, Square]:
    """Count the cells by a name of their case.

    Parameters
    ----------
    rows
        All judged cells.
    names
        Name of each case of ``rows.cases``, such as its format; equal ones are counted together.
    """
    found: dict[str, Counter[Verdict]] = {}
    for (case,), counts in rows.count_by(rows.case).items():
        found.setdefault(names[case], Counter()).update(counts)
    return {name: Square(counts=dict(counts)) for name, counts in found.items()}


def diagonal_of(rows: JudgedCells) -> tuple[int, int]:
    """Count the cells whose writer is their reader.

    Returns
    -------
    tuple
        (bit-identical, measured).
    """
    found: Counter[Verdict] = Counter()
    for (writer, reader), counts in rows.count_by(rows.writer, rows.reader).items():
        if writer == reader:
            found.update(counts)
    same = Square(counts=dict(found))
    return same.counts.get(Verdict.IDENTICAL, 0), same.passed + same.failed


def directions_of(
    environments: Sequence[EnvironmentFacts], all_cases: Grid
) -> tuple[Direction, ...]:
    """Count for each version of an axis what it reads of older and of newer versions.

    Parameters
    ----------
    environments
        Environments, the oldest first.
    all_cases
        The grid over all cases.
    """
    # environments that were spelled out are on no axis: they differ in more than a version, and
    # are neither older nor newer
    order = {
        facts.id: (facts.axis, index) for index, facts in enumerate(environments) if facts.axis
    }
    backward: dict[str, Counter[Verdict]] = {each: Counter() for each in order}
    forward: dict[str, Counter[Verdict]] = {each: Counter() for each in order}
    for (writer, reader), square in all_cases.squares.items():
        if (
            writer == reader
            or writer not in order
            or reader not in order
            or order[writer][0] != order[reader][0]
        ):
            continue
        side = backward if order[writer][1] < order[reader][1] else forward
        side[reader].update(square.counts)
    return tuple(
        Direction(
            id=each,
            backward=Square(counts=dict(backward[each])),
            forward=Square(counts=dict(forward[each])),
        )
        for each in order
    )
