"""The part of a plan that one of several machines does, and what parts cost.  Values only; `partition` makes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Unit = tuple[str, str, str]
"""(matrix, writer, recipe): what is never split."""

_SECONDS_A_CELL = 0.02
"""Guess for cells of which no cost is recorded."""


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Recorded CPU seconds of one matrix."""

    writers: Mapping[str, float] = field(default_factory=dict)
    """Seconds of all saves in a writer and all loads of what it saved."""
    recipes: Mapping[str, float] = field(default_factory=dict)

    def of(self, writer: str, recipe: str, cells: int) -> float:
        """Seconds of a recipe's work in a writer and of loading it everywhere; a guess where nothing is recorded."""
        total = sum(self.recipes.values())
        if writer not in self.writers or recipe not in self.recipes or total <= 0:
            return cells * _SECONDS_A_CELL
        return self.writers[writer] * self.recipes[recipe] / total


@dataclass(frozen=True, kw_only=True, slots=True)
class Shard:
    """A part of all plans."""

    number: int
    """From 1."""
    count: int
    units: frozenset[Unit]
    seconds: float
    """Expected CPU seconds of saves and loads; environments and imports come on top."""

    @property
    def name(self) -> str:
        return f"{self.number}/{self.count}"

    @property
    def matrices(self) -> tuple[str, ...]:
        return tuple(sorted({matrix for matrix, _, _ in self.units}))

    @property
    def writers(self) -> tuple[str, ...]:
        return tuple(sorted({writer for _, writer, _ in self.units}))
