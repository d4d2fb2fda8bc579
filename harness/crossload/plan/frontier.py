"""Which cells of long version axes need measuring: the boundaries.  What lies between two equal neighbours is inferred.

For each case and writer the readers of an axis form a line.  Its ends and its diagonal are measured first; between two
measured neighbours that differ, the middle is measured next, until they touch.  Between two that agree nothing is measured:
those cells are inferred, name both witnesses, and are never counted with measured ones.  A sample of them is measured after
all, to say how often such an inference is wrong; where it was, the whole stretch is measured.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crossload.plan.cells import Cell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossload.plan.cells import Plan

SHORTEST = 5
"""Lines of fewer readers are measured as a whole."""

SAMPLE = 10
"""One cell in this many is drawn, by its name, to be measured if it would be inferred."""

Token = tuple[str, ...]
"""What two neighbours must agree in: the verdict, and what was said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inference:
    """A cell that was not measured, and why its verdict is believed to be known."""

    verdict: str
    witnesses: tuple[str, str]
    """Readers on both sides that were measured and agree."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Accuracy:
    """How often inferences of this run were checked, and wrong."""

    inferred: int
    checked: int = 0
    wrong: int = 0

    @property
    def text(self) -> str:
        """For people."""
        rate = f" ({100 * self.wrong / self.checked:.1f} %)" if self.checked else ""
        return f"{self.inferred} cells inferred from their neighbours; of {self.checked} that were measured to check, {self.wrong} were wrong{rate}"


class Frontier:
    """Chooses cells round by round, from what the last round has shown."""

    def __init__(self, plan: Plan) -> None:
        self._place = {
            each.id: (each.axis or each.id, index) for index, each in enumerate(plan.environments)
        }
        self._lines: dict[tuple[str, str, str], list[Cell]] = defaultdict(list)
        for cell in plan.selected:
            self._lines[cell.case.name, cell.writer, self._place[cell.reader][0]].append(cell)
        for line in self._lines.values():
            line.sort(key=lambda cell: self._place[cell.reader][1])
        self._found: dict[Cell, Token] = {}
        """Everything that was measured, by earlier runs too."""
        self._known: dict[Cell, Token] = {}
        """What was asked for and found: only this serves as a neighbour, so that a run that is repeated infers the same."""
        self._asked: set[Cell] = set()
        self._opened: set[Cell] = set()
        """Cells of stretches in which an inference was wrong."""

    def learn(self, found: Mapping[Cell, Token]) -> None:
        """Take in what was measured, now or by earlier runs."""
        self._found |= found
        self._known |= {cell: token for cell, token in found.items() if cell in self._asked}

    def next_cells(self) -> list[Cell]:
        """Cells to measure now; empty when every stretch is either measured or between equal neighbours."""
        while True:
            open_cells = (
                cell
                for line in self._lines.values()
                for cell in self._wanted(line)
                if cell not in self._asked
            )
            wanted = list(dict.fromkeys(open_cells))
            self._asked.update(wanted)
            self._known |= {cell: self._found[cell] for cell in wanted if cell in self._found}
            missing = [cell for cell in wanted if cell not in self._found]
            if missing or not wanted:
                return missing

    def _wanted(self, line: list[Cell]) -> list[Cell]:
        if len(line) < SHORTEST:
            return line
        start = [line[0], line[-1], *(cell for cell in line if cell.reader == cell.writer)]
        missing = [cell for cell in start if cell not in self._asked]
        if missing:
            return missing
        opened = [cell for cell in line if cell in self._opened]
        return opened + [
            line[(low + high) // 2]
            for low, high in self._stretches(line)
            if self._known[line[low]] != self._known[line[high]]
        ]

    def _stretches(self, line: list[Cell]) -> list[tuple[int, int]]:
        """Pairs of measured neighbours with something unmeasured between them."""
        measured = [index for index, cell in enumerate(line) if cell in self._known]
        return [(a, b) for a, b in itertools.pairwise(measured) if b - a > 1]

    def inferred(self) -> dict[Cell, Inference]:
        """Every cell that lies between two equal neighbours and was not measured as one."""
        found: dict[Cell, Inference] = {}
        for line in self._lines.values():
            for low, high in self._stretches(line):
                token = self._known[line[low]]
                if token == self._known[line[high]]:
                    inference = Inference(
                        verdict=token[0], witnesses=(line[low].reader, line[high].reader)
                    )
                    found |= dict.fromkeys(line[low + 1 : high], inference)
        return found

    def left(self) -> dict[Cell, Inference]:
        """Inferred cells that were not measured as checks either."""
        return {
            cell: inference
            for cell, inference in self.inferred().items()
            if not is_drawn(cell) or cell not in self._found
        }

    def sample(self) -> list[Cell]:
        """Inferred cells that are drawn to be measured, the same in every run of the same plan."""
        return [cell for cell in self.inferred() if is_drawn(cell)]

    def check(self) -> Accuracy:
        """Compare the sample with what was inferred; a stretch with a wrong one is to be measured as a whole."""
        checked = wrong = 0
        inferred = self.inferred()
        for cell, inference in inferred.items():
            if is_drawn(cell) and cell in self._found:
                checked += 1
                if (
                    self._found[cell]
                    != self._known[Cell(cell.case, cell.writer, inference.witnesses[0])]
                ):
                    wrong += 1
                    self._opened.update(self._neighbours(cell, inferred))
        return Accuracy(inferred=len(inferred) - checked, checked=checked, wrong=wrong)

    def _neighbours(self, cell: Cell, inferred: Mapping[Cell, Inference]) -> list[Cell]:
        """All cells of the same stretch."""
        line = self._lines[cell.case.name, cell.writer, self._place[cell.reader][0]]
        return [each for each in line if inferred.get(each) == inferred[cell]]


def is_drawn(cell: Cell) -> bool:
    """Whether the lot, cast by the cell's name, has fallen on it."""
    name = f"{cell.case.name} {cell.writer} {cell.reader}"
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % SAMPLE == 0
