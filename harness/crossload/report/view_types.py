"""The parts of the view model: facts of environments, judged cells, squares of grids.

Values only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crossload.verdict import GAPS, Finding, Verdict

if TYPE_CHECKING:
    from crossload.plan import Cell
    from crossload.verdict import Judgement


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentFacts:
    """The contents of an environment, or the reason why it could not be built."""

    id: str
    python: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    """The whole lock, by package."""
    as_of: str = ""
    """Day as of which its packages were resolved."""
    left_out: tuple[str, ...] = ()
    """Packages that had no release yet at that day."""
    failure: str = ""
    """Reason why it could not be built; empty if it stands."""
    axis: str = ""
    """Package of the axis it is a version of.

    Empty where it was spelled out, and so is neither older nor newer than others.
    """


@dataclass(kw_only=True, slots=True)
class JudgedCell:
    """One judged cell with the facts of its records."""

    # not frozen: there are millions, each alive for a moment, and freezing makes each assignment of
    # `__init__` a call

    cell: Cell
    judgement: Judgement
    seconds: dict[str, float]
    """Seconds of loading (``load``) and of predicting (``predict``), where they were reached."""
    finding: Finding = field(default_factory=Finding)
    """What is known of the verdict."""
    artifact: str = ""
    """SHA-256 of what was loaded."""
    artifact_bytes: int = 0
    confirmed: bool = False
    """True if it was measured a second time, in a process of its own."""
    traceback: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFacts:
    """The facts of a run itself: when, where, with what, how long."""

    date: str
    """Day of the newest outcome."""
    version: str
    platform: str
    saves: int
    loads: int
    wall_seconds: float
    cpu_seconds: float
    cores: int
    leaks: tuple[str, ...] = ()
    """Cells that gave another answer when they were measured again in a process of their own."""
    since: str = ""
    """Day of the oldest outcome."""

    @property
    def days(self) -> str:
        """Days of measuring: one day, or the first and the last."""
        return (
            f"{self.since} to {self.date}" if self.since and self.since != self.date else self.date
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Square:
    """All cells of one writer and reader in one grid."""

    counts: dict[Verdict, int]

    @property
    def planned(self) -> int:
        """Number of all cells."""
        return sum(self.counts.values())

    @property
    def passed(self) -> int:
        """Number of cells that pass."""
        return sum(count for verdict, count in self.counts.items() if verdict.passes)

    @property
    def failed(self) -> int:
        """Number of cells that fail."""
        return sum(count for verdict, count in self.counts.items() if verdict.passes is False)

    @property
    def worst(self) -> Verdict:
        """The worst verdict; a gap where all measured cells pass and others were not measured.

        So a cell that was planned and not measured is never covered by one that passed.
        """
        worst = max(self.counts, key=lambda verdict: verdict.severity)
        # a failure is shown before a gap: it is known, whatever the missing cells are
        if worst.passes:
            for gap in GAPS:
                if gap in self.counts:
                    return gap
        return worst

    @property
    def worst_count(self) -> int:
        """Number of cells with the worst verdict, of which there are as many failures or fewer."""
        return self.counts.get(self.worst, 0)

    @property
    def text(self) -> str:
        """The square in a few characters.

        ``=`` where all is well; ``L 12`` where twelve cells failed, all with that verdict;
        ``! 3/12`` where three of the twelve that failed have the worst verdict.  A dot stands for
        a cell that was not run, whose symbol is a blank.
        """
        symbol = self.worst.symbol.strip() or "."
        if not self.failed:
            return symbol
        alike = self.worst_count == self.failed
        return f"{symbol} {self.failed}" if alike else f"{symbol} {self.worst_count}/{self.failed}"


SQUARE_LEGEND = (
    "L 12: twelve cases failed, all with that verdict; "
    "! 3/12: twelve failed, three of them with the worst verdict, which the symbol is of."
)
"""Explanation of `Square.text`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """Saved with (rows) x loaded in (columns) of one family of cases."""

    family: str
    squares: dict[tuple[str, str], Square]


@dataclass(frozen=True, kw_only=True, slots=True)
class Direction:
    """One version as a reader of older writers (backward) and of newer ones (forward)."""

    id: str
    backward: Square
    forward: Square


def compatibility(square: Square) -> str:
    """Say how far a version is compatible, in words.

    Parameters
    ----------
    square
        All cells of the version with older, or with newer writers.

    Returns
    -------
    str
        ``full``, ``12 of 20``, or why it cannot be told; full only if everything passed that was
        planned and exists in both versions.
    """
    if not square.counts:
        return "no such version"
    missing = sum(square.counts.get(each, 0) for each in GAPS)
    measured = square.passed + square.failed
    if not measured:
        return "not measured" if missing else "nothing in common"
    text = "full" if not square.failed and not missing else f"{square.passed} of {measured}"
    return text + (f", {missing} not measured" if missing else "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """The failures that say the same, names and numbers aside."""

    verdict: Verdict
    text: str
    """Error text without names and numbers."""
    example: str
    """Whole text of one of them."""
    cells: int
    cases: int
    pairs: tuple[tuple[str, str], ...]
    unexplained: int = 0
    """Number of its cells whose cause nobody has written down."""
    boundary: tuple[str, str] = ("", "")
    """Pair of versions that are nearest to each other: where it was first seen."""
