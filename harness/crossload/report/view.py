"""The view model: everything that any output shows, computed once from judged cells.

Pure.  Renderers read it and compute nothing, so that no two of them disagree.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from crossload.report.failures import overfitted_of, signatures_of, worst_drifts_of
from crossload.report.judged_cells import JudgedCells
from crossload.report.labels import oldest_first
from crossload.report.rollups import ALL_CASES, diagonal_of, directions_of, grids_of, squares_by
from crossload.report.view_types import (
    Direction,
    EnvironmentFacts,
    Grid,
    JudgedCell,
    RunFacts,
    Signature,
    Square,
)
from crossload.verdict import GAPS, Explained, Verdict, tally

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

    from crossload.config import Cause, Tolerance
    from crossload.plan.frontier import Accuracy
    from crossload.report.changes import Past
    from crossload.verdict import Control


@dataclass(frozen=True, kw_only=True)
class View:
    """One run of one matrix, with all that reports say of it."""

    # no slots: `cached_property` keeps its values in the `__dict__` of the frozen object
    name: str
    title: str
    environments: tuple[EnvironmentFacts, ...]
    """All environments of the matrix, those that could not be built too, the oldest first."""
    rows: JudgedCells
    run: RunFacts
    controls: tuple[Control, ...] = ()
    accuracy: Accuracy | None = None
    """Share of inferred cells that were checked and wrong; None where none was asked for."""
    costs: dict[str, dict[str, float]] = field(default_factory=dict)
    """Seconds of saves and loads by writer and by recipe."""
    tolerances: dict[str, Tolerance] = field(default_factory=dict)
    """Tolerances by case."""
    past: tuple[Past, ...] = ()
    """The last runs before this one, oldest first."""

    @cached_property
    def explained(self) -> int:
        """Number of failing cells whose cause is known."""
        return self._count(Explained.YES)

    @cached_property
    def unexplained(self) -> int:
        """Number of failing cells whose cause nobody has written down."""
        return self._count(Explained.NO)

    def _count(self, wanted: Explained) -> int:
        counts = zip(self.rows.findings, self.rows.count_kinds(), strict=True)
        return sum(int(count) for finding, count in counts if finding.explained is wanted)

    @property
    def causes_text(self) -> str:
        """The number of failures with a known cause, in words; empty where nothing failed."""
        if not self.explained and not self.unexplained:
            return ""
        return f"causes: {self.explained} failures explained, {self.unexplained} unexplained"

    @property
    def missed(self) -> tuple[Control, ...]:
        """Controls that were not caught: with one of them the whole run is in doubt."""
        return tuple(each for each in self.controls if each.caught is False)

    @cached_property
    def controls_text(self) -> str:
        """The result of the controls in words: ``controls: 13 of 13 caught``."""
        caught, measured = tally(self.controls)
        if not measured:
            return "controls: NONE were measured"
        # without the ones that could not be measured: they show nothing
        kinds = len({each.cell.case.recipe for each in self.controls if each.caught is not None})
        places = len({each.cell.writer for each in self.controls if each.caught is not None})
        where = f"{kinds} kinds of damage in {places} environments"
        return f"controls: {caught} of {measured} caught ({where})"

    @cached_property
    def resumes(self) -> dict[str, int]:
        """Number of cells by how training goes on after loading, where that was asked."""
        found: Counter[str] = Counter()
        for judgement, count in zip(self.rows.judgements, self.rows.count_kinds(), strict=True):
            if judgement.resumes:
                # behind the colon is the text of an error, which differs from cell to cell
                found[judgement.resumes.split(":")[0]] += int(count)
        return dict(sorted(found.items(), key=lambda each: -each[1]))

    @cached_property
    def counts(self) -> dict[Verdict, int]:
        """Number of cells by verdict, all verdicts; they sum to the planned cells."""
        found = self.rows.counts()
        return {verdict: found.get(verdict, 0) for verdict in Verdict}

    @property
    def passed(self) -> int:
        """Number of cells that pass."""
        return Square(counts=self.counts).passed

    @property
    def failed(self) -> int:
        """Number of cells that fail, expected or not."""
        return Square(counts=self.counts).failed

    @cached_property
    def causes(self) -> tuple[tuple[Cause, int], ...]:
        """Causes with the number of cells that each explains, most cells first."""
        found: Counter[str] = Counter()
        causes: dict[str, Cause] = {}
        for finding, count in zip(self.rows.findings, self.rows.count_kinds(), strict=True):
            if finding.cause is not None and count:
                causes[finding.cause.id] = finding.cause
                found[finding.cause.id] += int(count)
        ordered = sorted(found.items(), key=lambda each: (-each[1], each[0]))
        return tuple((causes[name], count) for name, count in ordered)

    @property
    def measured(self) -> int:
        """Number of cells that were measured, or found n/a by an environment that stands."""
        return self.passed + self.failed + self.counts[Verdict.NOT_AVAILABLE]

    @property
    def complete(self) -> bool:
        """True if every planned cell was measured or found n/a."""
        return not any(self.counts[each] for each in GAPS)

    @cached_property
    def families(self) -> tuple[str, ...]:
        """Families of cases, in the order of the matrix."""
        return tuple(dict.fromkeys(case.family for case in self.rows.cases))

    @cached_property
    def cases_of(self) -> dict[str, int]:
        """Number of cases of each grid."""
        found = Counter(case.family for case in self.rows.cases)
        return {ALL_CASES: len(self.rows.cases), **found}

    @cached_property
    def touched(self) -> frozenset[str]:
        """Environments with an outcome, be it that they could not be built."""
        rows = self.rows
        mask = rows.of_kinds(
            judgement.verdict is not Verdict.NOT_RUN for judgement in rows.judgements
        )
        return frozenset(each for pair in rows.pairs(mask) for each in pair)

    @cached_property
    def grids(self) -> tuple[Grid, ...]:
        """One grid over all cases, then one a family."""
        return grids_of(self.rows, self.families)

    @cached_property
    def directions(self) -> tuple[Direction, ...]:
        """Each version of an axis as a reader of what older and what newer versions wrote."""
        return directions_of(self.environments, self.grids[0])

    @cached_property
    def by_format(self) -> dict[str, Square]:
        """All cells of each format."""
        return squares_by(self.rows, [case.format for case in self.rows.cases])

    @cached_property
    def by_family(self) -> dict[str, Square]:
        """All cells of each family."""
        return squares_by(self.rows, [case.family for case in self.rows.cases])

    @cached_property
    def by_recipe(self) -> dict[str, Square]:
        """All cells of each recipe."""
        return squares_by(self.rows, [case.recipe for case in self.rows.cases])

    @cached_property
    def by_case(self) -> dict[str, Square]:
        """All cells of each case."""
        return squares_by(self.rows, [case.name for case in self.rows.cases])

    @cached_property
    def diagonal(self) -> tuple[int, int]:
        """(bit-identical, measured) cells whose writer is their reader."""
        return diagonal_of(self.rows)

    @cached_property
    def overfitted(self) -> tuple[JudgedCell, ...]:
        """Overfitted models, one cell for each writer and recipe."""
        return overfitted_of(self.rows)

    @cached_property
    def worst_drifts(self) -> tuple[JudgedCell, ...]:
        """The ten worst silent changes."""
        return worst_drifts_of(self.rows)

    @cached_property
    def signatures(self) -> tuple[Signature, ...]:
        """Failures grouped by what they say, most cells first."""
        return signatures_of(self.rows, self.environments)

    @cached_property
    def changes(self) -> dict[str, np.ndarray[Any, np.dtype[np.intp]]]:
        """Indexes of the cells that changed since the run before, by kind of change."""
        return self.past[-1].changes(self.rows) if self.past else {}

    @property
    def changes_text(self) -> str:
        """The changes since the run before in words, with its time; empty where there was none."""
        if not self.past:
            return ""
        counts = ", ".join(f"{len(cells)} {kind}" for kind, cells in self.changes.items())
        return f"since {self.past[-1].when:%Y-%m-%d %H:%M} UTC: {counts or 'no verdict changed'}"

    @property
    def gaps(self) -> tuple[EnvironmentFacts, ...]:
        """Environments that could not be built."""
        return tuple(each for each in self.environments if each.failure)

    @cached_property
    def legend(self) -> tuple[Verdict, ...]:
        """The verdicts that occur, in the order of all verdicts."""
        return tuple(verdict for verdict in Verdict if self.counts[verdict])


def make_view(
    *,
    name: str,
    title: str,
    environments: Iterable[EnvironmentFacts],
    rows: Iterable[JudgedCell],
    run: RunFacts,
    controls: Iterable[Control] = (),
    tolerances: dict[str, Tolerance] | None = None,
) -> View:
    """Build the view of one matrix.

    Parameters
    ----------
    name, title
        Name and title of the matrix.
    environments
        Environments in any order; they are sorted by version.
    rows
        Judged cells; they are read once.
    run
        Facts of the run.
    controls
        Controls of all environments.
    tolerances
        Tolerances by case, for what pages say was allowed.
    """
    return View(
        name=name,
        title=title,
        environments=oldest_first(environments),
        rows=JudgedCells(rows),
        run=run,
        controls=tuple(controls),
        tolerances=tolerances or {},
    )
