"""The parts of the view model: facts of environments, rows of cells, squares of grids.  Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crossload.verdict import GAPS, Finding, Verdict

if TYPE_CHECKING:
    from crossload.plan import Cell
    from crossload.verdict import Judgement


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentFacts:
    """What an environment is, or why it is not."""

    id: str
    python: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    """The whole lock, by package."""
    as_of: str = ""
    left_out: tuple[str, ...] = ()
    failure: str = ""
    axis: str = ""
    """Package of the axis it is a version of; empty where it was spelled out, and so is neither older nor newer."""


@dataclass(kw_only=True, slots=True)
class Row:
    """One judged cell with the facts of its records.  Not frozen: there are millions, each alive for a moment."""

    cell: Cell
    judgement: Judgement
    seconds: dict[str, float]
    finding: Finding = field(default_factory=Finding)
    """The verdict against what is known of the cell."""
    artifact: str = ""
    artifact_bytes: int = 0
    confirmed: bool = False
    traceback: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFacts:
    """About the run itself."""

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
    since: str = ""
    """Day of the oldest outcome."""

    @property
    def days(self) -> str:
        """When it was measured: one day, or the first and the last."""
        return (
            f"{self.since} to {self.date}" if self.since and self.since != self.date else self.date
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Square:
    """All cells of one writer and reader in one grid."""

    counts: dict[Verdict, int]

    @property
    def planned(self) -> int:
        return sum(self.counts.values())

    @property
    def passed(self) -> int:
        return sum(count for verdict, count in self.counts.items() if verdict.passes)

    @property
    def failed(self) -> int:
        return sum(count for verdict, count in self.counts.items() if verdict.passes is False)

    @property
    def worst(self) -> Verdict:
        """The worst verdict; a cell that was planned and not measured is never covered by one that passed."""
        worst = max(self.counts, key=lambda verdict: verdict.severity)
        if worst.passes:
            for gap in GAPS:
                if gap in self.counts:
                    return gap
        return worst


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """Saved with (rows) x loaded in (columns) of one family of cases."""

    family: str
    squares: dict[tuple[str, str], Square]


@dataclass(frozen=True, kw_only=True, slots=True)
class Direction:
    """One version as a reader: of older writers (backward compatible) and of newer ones (forward compatible)."""

    id: str
    backward: Square
    forward: Square


def compatibility(square: Square) -> str:
    """``full``, ``12 of 20``, or why it cannot be told; full only if everything planned that exists passed."""
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
    """Failures that say the same, names and numbers aside."""

    verdict: Verdict
    text: str
    example: str
    cells: int
    cases: int
    pairs: tuple[tuple[str, str], ...]
    unexpected: int = 0
    """How many of the cells are a surprise to the expectations."""
    boundary: tuple[str, str] = ("", "")
    """The pair of versions that are nearest to each other: where it was first seen."""
