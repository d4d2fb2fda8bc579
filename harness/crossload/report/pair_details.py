"""What a page tells of each pair of environments without script: bounded, so that a large matrix stays readable."""

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
"""Squares of all grids that are laid out as HTML beside the first."""

MOST_PAIRS = 400
"""Pairs whose failures are listed without script."""

_MOST_GROUPS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Failures of one pair that say the same."""

    verdict: Verdict
    cells: int
    example: str
    case: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """One writer and one reader: all cells, and the failures that most of them have."""

    writer: str
    reader: str
    square: Square
    groups: tuple[Group, ...]
    left: int
    """Failed cells of the groups that are not listed."""


def squares_of(view: View) -> tuple[Grid, ...]:
    """Grids of families, as many as stay readable."""
    found: list[Grid] = []
    squares = 0
    for grid in view.grids[1:]:
        squares += len(grid.squares)
        if squares > MOST_SQUARES:
            break
        found.append(grid)
    return tuple(found)


def failures_by_pair(view: View) -> tuple[Pair, ...]:
    """What failed between each pair, the most frequent first; empty for a matrix of too many pairs."""
    rows, squares = view.rows, view.grids[0].squares
    if len(squares) > MOST_PAIRS:
        return ()
    names: dict[tuple[Verdict, str], int] = {}
    said = [
        names.setdefault((judged.verdict, signature_of(judged.reason)), len(names))
        if judged.verdict.passes is False
        else -1
        for judged in rows.judgements
    ]
    group = np.array(said, dtype=np.int64)[rows.kind] if len(rows) else np.zeros(0, dtype=np.int64)
    found: dict[tuple[str, str], list[Group]] = {}
    failed = np.flatnonzero(group >= 0)
    columns = np.stack([rows.writer[failed], rows.reader[failed], group[failed]])
    different, first, count = np.unique(columns, axis=1, return_index=True, return_counts=True)
    for (writer, reader, _), place, cells in zip(different.T, first, count, strict=True):
        index = failed[place]
        judged = rows.judgements[rows.kind[index]]
        case = rows.cases[rows.case[index]].name
        pair = (rows.environments[writer], rows.environments[reader])
        each = Group(
            verdict=judged.verdict, cells=int(cells), example=cut(judged.reason, 160), case=case
        )
        found.setdefault(pair, []).append(each)
    return tuple(_pair(pair, square, found.get(pair, [])) for pair, square in squares.items())


def _pair(pair: tuple[str, str], square: Square, groups: list[Group]) -> Pair:
    groups.sort(key=lambda each: (-each.cells, each.case))
    shown = tuple(groups[:_MOST_GROUPS])
    return Pair(
        writer=pair[0],
        reader=pair[1],
        square=square,
        groups=shown,
        left=square.failed - sum(each.cells for each in shown),
    )
