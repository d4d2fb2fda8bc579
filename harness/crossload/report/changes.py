"""The changes between two runs, cell by cell: the only place that says which change is which."""

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
"""Kinds of cells that were fine and are not any more."""

UNKNOWN = -1
"""Number in a `Past` for a cell that the run does not know."""

# the order of the class is the numbering of `Past.verdicts` in memory; files hold words
_VERDICTS = tuple(Verdict)


def change_kind(before: Verdict | None, now: Verdict) -> str:
    """Name the change of a cell from one run to the next.

    Parameters
    ----------
    before
        Verdict in the earlier run; None where it does not know the cell.
    now
        Verdict in this run.

    Returns
    -------
    str
        One of `KINDS`; empty where nothing changed, or where neither run could measure the cell.
    """
    passed, passes = before.passes if before else None, now.passes
    if before is now or (passed is None and passes is None):
        return ""
    if passed is None:
        return "newly measured"
    if passes is None:
        return "not measured any more"
    # before "fails otherwise": an error that became a silent drift is worse, not another failure
    if now is Verdict.DRIFT:
        return "newly drifting"
    if passed and passes:
        return "passes otherwise"
    if passes:
        return "fixed"
    return "new failures" if passed else "fails otherwise"


def time_of(run: str) -> datetime:
    """Read the time of a run, in UTC, from its name.

    Raises
    ------
    ValueError
        The name is no time, such as ``20261122T103000Z``.
    """
    return datetime.strptime(run, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Past:
    """An earlier run, and its verdict on each cell of a view."""

    run: str
    """Name of the run, such as ``20261122T103000Z``."""
    verdicts: np.ndarray[Any, np.dtype[np.int8]]
    """Index of the verdict among all verdicts, or `UNKNOWN`; shape (cells,)."""

    @property
    def when(self) -> datetime:
        """Time of the run, in UTC."""
        return time_of(self.run)

    def changes(self, rows: JudgedCells) -> dict[str, np.ndarray[Any, np.dtype[np.intp]]]:
        """Find the cells that changed since this run.

        Returns
        -------
        dict
            Indexes of cells by kind, in the order of `KINDS`; kinds that do not occur are left out.
        """
        place = {kind: number for number, kind in enumerate(KINDS)}
        size = len(_VERDICTS)
        # a table of all pairs of verdicts, because a matrix has far more cells than pairs; UNKNOWN
        # is -1 and so finds the last line
        kinds = np.full((size + 1, size), UNKNOWN, dtype=np.int8)
        for i, before in enumerate((*_VERDICTS, None)):
            for j, now in enumerate(_VERDICTS):
                kinds[i, j] = place.get(change_kind(before, now), UNKNOWN)
        found = kinds[self.verdicts, rows.verdict] if len(rows) else np.zeros(0, dtype=np.int8)
        return {
            kind: np.flatnonzero(found == number)
            for kind, number in place.items()
            if (found == number).any()
        }
