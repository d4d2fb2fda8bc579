"""The part of a plan that one of several machines does, and its cost. `partition` makes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Unit = tuple[str, str, str]
"""(matrix, writer, recipe): work that is never split over machines."""

_SECONDS_A_CELL = 0.02
"""Guess for cells of which no cost is recorded; it only has to be the same for all of them."""


@dataclass(frozen=True, kw_only=True)
class Costs:
    """The recorded CPU seconds of one matrix."""

    writers: Mapping[str, float] = field(default_factory=dict)
    """Seconds of all saves in a writer and all loads of what it saved."""
    recipes: Mapping[str, float] = field(default_factory=dict)
    """Seconds of all saves and loads of a recipe, over all writers."""

    def of(self, writer: str, recipe: str, cells: int) -> float:
        """Estimate the CPU seconds of saving a recipe in a writer and of loading it everywhere.

        Parameters
        ----------
        writer, recipe
            The unit of work; it costs the writer's share of what the recipe costs.
        cells
            Number of its cells, by which the cost is guessed where none is recorded.
        """
        total = sum(self.recipes.values())
        if writer not in self.writers or recipe not in self.recipes or total <= 0:
            return cells * _SECONDS_A_CELL
        return self.writers[writer] * self.recipes[recipe] / total


@dataclass(frozen=True, kw_only=True, slots=True)
class Shard:
    """One of several parts that all plans together are split into."""

    number: int
    """From 1."""
    count: int
    units: frozenset[Unit]
    seconds: float
    """Expected CPU seconds of saves and loads; environments and imports come on top."""

    @property
    def name(self) -> str:
        """Number and count, as ``--shard`` takes them: ``3/8``."""
        return f"{self.number}/{self.count}"

    @property
    def matrices(self) -> tuple[str, ...]:
        """Names of the matrices that it has units of, sorted."""
        return tuple(sorted({matrix for matrix, _, _ in self.units}))

    @property
    def writers(self) -> tuple[str, ...]:
        """Ids of the environments that save in it, sorted."""
        return tuple(sorted({writer for _, writer, _ in self.units}))
