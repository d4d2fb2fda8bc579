"""The search for the cells of long version axes that need measuring: those at boundaries.

For each case and writer the readers of an axis form a line. Its ends and its diagonal are measured
first; between two measured neighbours that differ, the middle is measured next, until they touch.
Between two that agree nothing is measured: those cells are inferred, name both witnesses, and are
never counted with measured ones. A sample of them is measured after all, to say how often such an
inference is wrong; where it was, the whole stretch is measured.
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
"""Lines of fewer readers are measured as a whole: little would be left to infer."""

SAMPLE = 10
"""One cell in this many is drawn, by its name, to be measured if it would be inferred."""

Token = tuple[str, ...]
"""The facts that two neighbours must agree in: the verdict, and its reason without details."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inference:
    """The verdict that is believed of a cell that was not measured, and why."""

    verdict: str
    witnesses: tuple[str, str]
    """Readers on both sides that were measured and agree."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Accuracy:
    """Counts of the inferences of a run, and of those that were checked and found wrong."""

    inferred: int
    checked: int = 0
    wrong: int = 0

    @property
    def text(self) -> str:
        """A sentence for people."""
        rate = f" ({100 * self.wrong / self.checked:.1f} %)" if self.checked else ""
        return (
            f"{self.inferred} cells inferred from their neighbours; of {self.checked} that were"
            f" measured to check, {self.wrong} were wrong{rate}"
        )


class Frontier:
    """Chooses cells round by round, from what the rounds before have found.

    Parameters
    ----------
    plan
        The plan whose selected cells are searched.

    Notes
    -----
    Call `next_cells`, measure them and `learn` what was found, until there are none. Then measure
    the `sample`, learn, `check`, and go on with `next_cells`: stretches with a wrong inference are
    measured now. `still_inferred` is what was never measured.
    """

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
        """Cells that were requested and found.

        Only these serve as neighbours: if whatever an earlier run measured did too, a run that is
        repeated would infer other cells than the first one.
        """
        self._requested: set[Cell] = set()
        self._reopened: set[Cell] = set()
        """Cells of stretches in which an inference was wrong."""

    def learn(self, found: Mapping[Cell, Token]) -> None:
        """Take in what was measured, now or by earlier runs."""
        self._found |= found
        self._known |= {cell: token for cell, token in found.items() if cell in self._requested}

    def next_cells(self) -> list[Cell]:
        """Give the cells to measure now.

        Returns
        -------
        list of Cell
            Empty when every stretch is either measured or between equal neighbours.
        """
        # round after round without a pause where earlier runs have measured all that is wanted
        while True:
            open_cells = (
                cell
                for line in self._lines.values()
                for cell in self._wanted(line)
                if cell not in self._requested
            )
            wanted = list(dict.fromkeys(open_cells))
            self._requested.update(wanted)
            self._known |= {cell: self._found[cell] for cell in wanted if cell in self._found}
            missing = [cell for cell in wanted if cell not in self._found]
            if missing or not wanted:
                return missing

    def _wanted(self, line: list[Cell]) -> list[Cell]:
        if len(line) < SHORTEST:
            return line
        start = [line[0], line[-1], *(cell for cell in line if cell.reader == cell.writer)]
        missing = [cell for cell in start if cell not in self._requested]
        if missing:
            return missing
        reopened = [cell for cell in line if cell in self._reopened]
        return reopened + [
            line[(low + high) // 2]
            for low, high in self._stretches(line)
            if self._known[line[low]] != self._known[line[high]]
        ]

    def _stretches(self, line: list[Cell]) -> list[tuple[int, int]]:
        """Find pairs of measured neighbours with something unmeasured between them."""
        measured = [index for index, cell in enumerate(line) if cell in self._known]
        return [(a, b) for a, b in itertools.pairwise(measured) if b - a > 1]

    def inferred(self) -> dict[Cell, Inference]:
        """Infer every cell that lies between two equal neighbours and was not measured as one."""
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

    def still_inferred(self) -> dict[Cell, Inference]:
        """Infer the cells that were not measured as checks either."""
        return {
            cell: inference
            for cell, inference in self.inferred().items()
            if not is_sampled(cell) or cell not in self._found
        }

    def sample(self) -> list[Cell]:
        """Draw inferred cells to be measured, the same in every run of the same plan."""
        return [cell for cell in self.inferred() if is_sampled(cell)]

    def check(self) -> Accuracy:
        """Compare the sample with what was inferred.

        A stretch with a wrong inference is opened again: `next_cells` gives all of it.
        """
        checked = wrong = 0
        inferred = self.inferred()
        for cell, inference in inferred.items():
            if is_sampled(cell) and cell in self._found:
                checked += 1
                witness = Cell(cell.case, cell.writer, inference.witnesses[0])
                if self._found[cell] != self._known[witness]:
                    wrong += 1
                    self._reopened.update(self._neighbours(cell, inferred))
        return Accuracy(inferred=len(inferred) - checked, checked=checked, wrong=wrong)

    def _neighbours(self, cell: Cell, inferred: Mapping[Cell, Inference]) -> list[Cell]:
        """Find all cells of the same stretch."""
        line = self._lines[cell.case.name, cell.writer, self._place[cell.reader][0]]
        return [each for each in line if inferred.get(each) == inferred[cell]]


def is_sampled(cell: Cell) -> bool:
    """Draw lots by the cell's name: about one in `SAMPLE` is measured although it is inferred."""
    # hash() of a text differs from process to process, and a repeated run must draw the same
    name = f"{cell.case.name} {cell.writer} {cell.reader}"
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % SAMPLE == 0
