"""The view model: everything that any output shows, computed once from judged cells.  Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.report.failures import overfitted_of, signatures_of, worst_drifts_of
from crossload.report.judged_cells import JudgedCells
from crossload.report.labels import oldest_first
from crossload.report.view_types import (
    Direction,
    EnvironmentFacts,
    Grid,
    Row,
    RunFacts,
    Signature,
    Square,
)
from crossload.verdict import GAPS, Surprise, Verdict, tally

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossload.config import Tolerance
    from crossload.plan.frontier import Accuracy
    from crossload.report.changes import Past
    from crossload.verdict import Control

ALL_CASES = "all cases"
"""Name of the grid over all families."""


@dataclass(frozen=True, kw_only=True)
class View:
    """One run of one matrix."""

    name: str
    title: str
    environments: tuple[EnvironmentFacts, ...]
    rows: JudgedCells
    run: RunFacts
    controls: tuple[Control, ...] = ()
    judged_against: bool = False
    """Whether the matrix has expectations at all."""
    expired: tuple[str, ...] = ()
    """Expectations that count no more."""
    accuracy: Accuracy | None = None
    """How far inferred cells can be believed; None where none was asked for."""
    costs: dict[str, dict[str, float]] = field(default_factory=dict)
    """Seconds of saves and loads by writer and by recipe."""
    tolerances: dict[str, Tolerance] = field(default_factory=dict)
    """What may move how far, by case."""
    past: tuple[Past, ...] = ()
    """What the last runs before this one found, oldest first."""

    @cached_property
    def surprises(self) -> dict[Surprise, int]:
        """Cells by how they stand to the expectations."""
        found = dict.fromkeys(Surprise, 0)
        for finding, count in zip(self.rows.findings, self.rows.count_kinds(), strict=True):
            found[finding.surprise] += int(count)
        return found

    @property
    def unexpected(self) -> int:
        return sum(
            self.surprises[each] for each in (Surprise.FAILURE, Surprise.PASS, Surprise.OTHER)
        )

    @property
    def expectations_text(self) -> str:
        """Expected failures and surprises in words; empty where the matrix has no expectations."""
        if not self.judged_against:
            return ""
        counts = self.surprises
        return (
            f"expectations: {counts[Surprise.EXPECTED]} failures as expected; unexpected: {counts[Surprise.FAILURE]} failures, "
            f"{counts[Surprise.PASS]} passes, {counts[Surprise.OTHER]} other failures"
        )

    @property
    def missed(self) -> tuple[Control, ...]:
        """Controls that were not caught: with one of them the whole run is in doubt."""
        return tuple(each for each in self.controls if each.caught is False)

    @cached_property
    def controls_text(self) -> str:
        """The row of controls: ``controls: 13 of 13 caught``."""
        caught, measured = tally(self.controls)
        if not measured:
            return "controls: NONE were measured"
        kinds = len({each.cell.case.recipe for each in self.controls if each.caught is not None})
        places = len({each.cell.writer for each in self.controls if each.caught is not None})
        return f"controls: {caught} of {measured} caught ({kinds} kinds of damage in {places} environments)"

    @cached_property
    def resumes(self) -> dict[str, int]:
        """Cells by whether training goes on alike after loading, where that was asked."""
        found: Counter[str] = Counter()
        for judgement, count in zip(self.rows.judgements, self.rows.count_kinds(), strict=True):
            if judgement.resumes:
                found[judgement.resumes.split(":")[0]] += int(count)
        return dict(sorted(found.items(), key=lambda each: -each[1]))

    @cached_property
    def counts(self) -> dict[Verdict, int]:
        """Cells by verdict, all verdicts, in the order of the words; they sum to the planned cells."""
        found = self.rows.counts()
        return {verdict: found.get(verdict, 0) for verdict in Verdict}

    @property
    def passed(self) -> int:
        return Square(counts=self.counts).passed

    @property
    def failed(self) -> int:
        return Square(counts=self.counts).failed

    @cached_property
    def known(self) -> tuple[tuple[str, str, int], ...]:
        """(reason, link, cells) of the failures that were expected, most cells first; equal reasons together."""
        found: Counter[tuple[str, str]] = Counter()
        for finding, count in zip(self.rows.findings, self.rows.count_kinds(), strict=True):
            expectation = finding.expectation
            if finding.surprise is Surprise.EXPECTED and expectation is not None:
                found[expectation.reason, expectation.link] += int(count)
        return tuple((reason, link, count) for (reason, link), count in found.most_common())

    @property
    def measured(self) -> int:
        """Cells that were measured, or found n/a by an environment that stands."""
        return self.passed + self.failed + self.counts[Verdict.NOT_AVAILABLE]

    @property
    def complete(self) -> bool:
        """Whether every planned cell was measured or found n/a."""
        return not any(self.counts[each] for each in GAPS)

    @cached_property
    def families(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(case.family for case in self.rows.cases))

    @cached_property
    def cases_of(self) -> dict[str, int]:
        """Cases of each grid."""
        found = Counter(case.family for case in self.rows.cases)
        return {ALL_CASES: len(self.rows.cases), **found}

    @cached_property
    def grids(self) -> tuple[Grid, ...]:
        """One grid over all cases, then one a family."""
        rows = self.rows
        names = [ALL_CASES, *self.families]
        tables: dict[str, dict[tuple[str, str], Counter[Verdict]]] = {name: {} for name in names}
        family = self._family_of_case
        for (number, writer, reader), counts in rows.count_by(
            family[rows.case], rows.writer, rows.reader
        ).items():
            pair = (rows.environments[writer], rows.environments[reader])
            for name in (ALL_CASES, self.families[number]):
                tables[name].setdefault(pair, Counter()).update(counts)
        return tuple(
            Grid(
                family=name,
                squares={
                    pair: Square(counts=dict(counts)) for pair, counts in tables[name].items()
                },
            )
            for name in names
        )

    @cached_property
    def _family_of_case(self) -> np.ndarray:
        place = {family: index for index, family in enumerate(self.families)}
        return np.array([place[case.family] for case in self.rows.cases], dtype=np.int64)

    @cached_property
    def touched(self) -> frozenset[str]:
        """Environments of which at least one cell has an outcome, be it that they could not be built."""
        rows = self.rows
        mask = rows.of_kinds(
            judgement.verdict is not Verdict.NOT_RUN for judgement in rows.judgements
        )
        return frozenset(each for pair in rows.pairs(mask) for each in pair)

    @cached_property
    def by_format(self) -> dict[str, Square]:
        """All cells of each format."""
        return self._rolled_up([case.format for case in self.rows.cases])

    @cached_property
    def by_family(self) -> dict[str, Square]:
        """All cells of each family."""
        return self._rolled_up([case.family for case in self.rows.cases])

    @cached_property
    def by_recipe(self) -> dict[str, Square]:
        """All cells of each recipe."""
        return self._rolled_up([case.recipe for case in self.rows.cases])

    @cached_property
    def by_case(self) -> dict[str, Square]:
        """All cells of each case."""
        return self._rolled_up([case.name for case in self.rows.cases])

    def _rolled_up(self, names: list[str]) -> dict[str, Square]:
        """Cells by the name that their case has in a list."""
        found: dict[str, Counter[Verdict]] = {}
        for (case,), counts in self.rows.count_by(self.rows.case).items():
            found.setdefault(names[case], Counter()).update(counts)
        return {name: Square(counts=dict(counts)) for name, counts in found.items()}

    @cached_property
    def diagonal(self) -> tuple[int, int]:
        """(bit-identical, measured) cells whose writer is their reader."""
        same = Square(counts=dict(Counter(self._diagonal_counts)))
        return same.counts.get(Verdict.IDENTICAL, 0), same.passed + same.failed

    @property
    def _diagonal_counts(self) -> Counter[Verdict]:
        found: Counter[Verdict] = Counter()
        for (writer, reader), counts in self.rows.count_by(
            self.rows.writer, self.rows.reader
        ).items():
            if writer == reader:
                found.update(counts)
        return found

    @cached_property
    def overfitted(self) -> tuple[Row, ...]:
        """One row for each writer and recipe whose training score is far above its held-out score."""
        return overfitted_of(self.rows)

    @cached_property
    def worst_drifts(self) -> tuple[Row, ...]:
        """The ten worst silent changes."""
        return worst_drifts_of(self.rows)

    @cached_property
    def signatures(self) -> tuple[Signature, ...]:
        """Failures grouped by what they say, most cells first."""
        return signatures_of(self.rows, self.environments)

    @cached_property
    def changes(self) -> dict[str, np.ndarray[Any, np.dtype[np.intp]]]:
        """Indexes of the cells that changed since the run before, by kind; empty where there was none."""
        return self.past[-1].changes(self.rows) if self.past else {}

    @property
    def changes_text(self) -> str:
        """What changed since the run before: when that was, and counts; empty where there was none."""
        if not self.past:
            return ""
        told = (
            ", ".join(f"{len(cells)} {kind}" for kind, cells in self.changes.items())
            or "no verdict changed"
        )
        return f"since {self.past[-1].when:%Y-%m-%d %H:%M} UTC: {told}"

    @cached_property
    def directions(self) -> tuple[Direction, ...]:
        """How each version of an axis reads what older and what newer versions of it wrote."""
        order = {
            facts.id: (facts.axis, index)
            for index, facts in enumerate(self.environments)
            if facts.axis
        }
        backward: dict[str, Counter[Verdict]] = {each: Counter() for each in order}
        forward: dict[str, Counter[Verdict]] = {each: Counter() for each in order}
        for (writer, reader), square in self.grids[0].squares.items():
            if (
                writer == reader
                or writer not in order
                or reader not in order
                or order[writer][0] != order[reader][0]
            ):
                continue
            side = backward if order[writer][1] < order[reader][1] else forward
            side[reader].update(square.counts)
        return tuple(
            Direction(
                id=each,
                backward=Square(counts=dict(backward[each])),
                forward=Square(counts=dict(forward[each])),
            )
            for each in order
        )

    @property
    def gaps(self) -> tuple[EnvironmentFacts, ...]:
        """Environments that could not be built."""
        return tuple(each for each in self.environments if each.failure)

    @cached_property
    def legend(self) -> tuple[Verdict, ...]:
        """The verdicts that occur."""
        return tuple(verdict for verdict in Verdict if self.counts[verdict])


def make_view(
    *,
    name: str,
    title: str,
    environments: Iterable[EnvironmentFacts],
    rows: Iterable[Row],
    run: RunFacts,
    controls: Iterable[Control] = (),
    judged_against: bool = False,
    expired: Iterable[str] = (),
    tolerances: dict[str, Tolerance] | None = None,
) -> View:
    """Build the view of one matrix."""
    return View(
        name=name,
        title=title,
        environments=oldest_first(environments),
        rows=JudgedCells(rows),
        run=run,
        controls=tuple(controls),
        judged_against=judged_against,
        expired=tuple(expired),
        tolerances=tolerances or {},
    )
