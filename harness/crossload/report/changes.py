"""What changed between two runs, cell by cell: the only place that says which change is which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.verdict import Verdict

if TYPE_CHECKING:
    from crossload.report.judged_cells import JudgedCells

KINDS = (
    "newly drifting",
    "new failures",
    "fixed",
    "newly measured",
    "fails otherwise",
    "not measured any more",
    "passes otherwise",
)
"""All kinds of change, the most urgent first."""

REGRESSIONS = KINDS[:2]
"""What was fine and is not any more."""

UNKNOWN = -1
"""In a `Past`: the run does not know the cell."""

_VERDICTS = tuple(Verdict)


def change_kind(before: Verdict | None, now: Verdict) -> str:
    """One of `KINDS`; empty where nothing changed, or where neither run could measure the cell."""
    was, told = before.passes if before else None, now.passes
    if before is now or (was is None and told is None):
        return ""
    if was is None:
        return "newly measured"
    if told is None:
        return "not measured any more"
    if now is Verdict.DRIFT:
        return "newly drifting"
    if was and told:
        return "passes otherwise"
    if told:
        return "fixed"
    return "new failures" if was else "fails otherwise"


def time_of(run: str) -> datetime:
    """When a run was, by its name."""
    return datetime.strptime(run, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Past:
    """An earlier run: its name, such as ``20261122T103000Z``, and what it found of each cell of a view."""

    run: str
    verdicts: np.ndarray[Any, np.dtype[np.int8]]
    """Index of the verdict among all verdicts, or `UNKNOWN`; shape (cells,)."""

    @property
    def when(self) -> datetime:
        return time_of(self.run)

    def changes(self, rows: JudgedCells) -> dict[str, np.ndarray[Any, np.dtype[np.intp]]]:
        """Indexes of the cells that changed since, by kind, in the order of `KINDS`; kinds that do not occur are left out."""
        place = {kind: number for number, kind in enumerate(KINDS)}
        size = len(_VERDICTS)
        kinds = np.full(
            (size + 1, size), UNKNOWN, dtype=np.int8
        )  # the last line is that of UNKNOWN
        for i, before in enumerate((*_VERDICTS, None)):
            for j, now in enumerate(_VERDICTS):
                kinds[i, j] = place.get(change_kind(before, now), UNKNOWN)
        found = kinds[self.verdicts, rows.verdict] if len(rows) else np.zeros(0, dtype=np.int8)
        return {
            kind: np.flatnonzero(found == number)
            for kind, number in place.items()
            if (found == number).any()
        }
