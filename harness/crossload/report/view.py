"""The view model: everything that any output shows, computed once from judged cells.  Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from crossload.report.model import Direction, EnvironmentFacts, Grid, Row, RunFacts, Signature, Square
from crossload.verdict import Surprise, Verdict, tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from crossload.verdict import Control

OVERFITTED = 0.2
"""Training score minus held-out score above which a case is shown as overfitted."""

_NAMING = ("ModuleNotFoundError", "ImportError", "AttributeError")
_NUMBERS = re.compile(r"0x[0-9a-f.]+|(?<![A-Za-z0-9_.])[-+]?\d+(?:\.\d+)*(?:e-?\d+)?|<(?!module)[^>]{1,160}>(?:/[\w./-]+)?")
_NOISE = re.compile(r"0x[0-9a-f.]+|(?<![A-Za-z0-9_])[-+]?\d+(?:\.\d+)*(?:e-?\d+)?|'[^']{0,200}'|\"[^\"]{0,200}\"|<[^>]{1,80}>")


@dataclass(frozen=True, kw_only=True)
class View:
    """One run of one matrix."""

    name: str
    title: str
    environments: tuple[EnvironmentFacts, ...]
    rows: tuple[Row, ...]
    run: RunFacts
    controls: tuple[Control, ...] = ()
    judged_against: bool = False
    """Whether the matrix has expectations at all."""
    expired: tuple[str, ...] = ()
    """Expectations that count no more."""

    @cached_property
    def surprises(self) -> dict[Surprise, int]:
        """Cells by how they stand to the expectations."""
        found = Counter(row.finding.surprise for row in self.rows)
        return {surprise: found.get(surprise, 0) for surprise in Surprise}

    @property
    def unexpected(self) -> int:
        return sum(row.finding.unexpected for row in self.rows)

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
        found = Counter(row.judgement.resumes.split(":")[0] for row in self.rows if row.judgement.resumes)
        return dict(sorted(found.items(), key=lambda each: -each[1]))

    @cached_property
    def overfitted(self) -> tuple[Row, ...]:
        """One row for each writer and recipe whose training score is more than 0.2 above its held-out score."""
        seen: dict[tuple[str, str], Row] = {}
        for row in self.rows:
            if row.judgement.gap > OVERFITTED:
                seen.setdefault((row.cell.case.recipe, row.cell.writer), row)
        return tuple(sorted(seen.values(), key=lambda row: -row.judgement.gap))

    @cached_property
    def counts(self) -> dict[Verdict, int]:
        """Cells by verdict, all verdicts, in the order of the words; they sum to the planned cells."""
        found = Counter(row.judgement.verdict for row in self.rows)
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
        for row in self.rows:
            expectation = row.finding.expectation
            if row.finding.surprise is Surprise.EXPECTED and expectation is not None:
                found[expectation.reason, expectation.link] += 1
        return tuple((reason, link, count) for (reason, link), count in found.most_common())

    @property
    def measured(self) -> int:
        """Cells that were measured, or found n/a by an environment that stands."""
        return self.passed + self.failed + self.counts[Verdict.NOT_AVAILABLE]

    @property
    def complete(self) -> bool:
        """Whether every planned cell was measured or found n/a."""
        return not (self.counts[Verdict.NOT_RUN] or self.counts[Verdict.NO_ENVIRONMENT])

    @cached_property
    def families(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.cell.case.family for row in self.rows))

    @cached_property
    def grids(self) -> tuple[Grid, ...]:
        """One grid over all cases, then one a family."""
        tables: dict[str, dict[tuple[str, str], Counter[Verdict]]] = {}
        for row in self.rows:
            pair = (row.cell.writer, row.cell.reader)
            for family in ("all cases", row.cell.case.family):
                tables.setdefault(family, {}).setdefault(pair, Counter())[row.judgement.verdict] += 1
        names = ["all cases", *self.families]
        return tuple(
            Grid(
                family=name,
                squares={pair: Square(counts=dict(counts)) for pair, counts in tables.get(name, {}).items()},
            )
            for name in names
        )

    @cached_property
    def touched(self) -> frozenset[str]:
        """Environments of which at least one cell has an outcome, be it that they could not be built."""
        known = [row.cell for row in self.rows if row.judgement.verdict is not Verdict.NOT_RUN]
        return frozenset(each for cell in known for each in (cell.writer, cell.reader))

    @cached_property
    def by_format(self) -> dict[str, Square]:
        """All cells of each format."""
        return self._rolled_up(lambda row: row.cell.case.format)

    @cached_property
    def by_case(self) -> dict[str, Square]:
        """All cells of each case."""
        return self._rolled_up(lambda row: row.cell.case.name)

    def _rolled_up(self, key: Callable[[Row], str]) -> dict[str, Square]:
        found: dict[str, Counter[Verdict]] = {}
        for row in self.rows:
            found.setdefault(key(row), Counter())[row.judgement.verdict] += 1
        return {name: Square(counts=dict(counts)) for name, counts in found.items()}

    @cached_property
    def diagonal(self) -> tuple[int, int]:
        """(bit-identical, measured) cells whose writer is their reader."""
        same = [
            row.judgement.verdict for row in self.rows if row.cell.writer == row.cell.reader and row.judgement.verdict.measured
        ]
        return sum(verdict is Verdict.IDENTICAL for verdict in same), len(same)

    @cached_property
    def worst_drifts(self) -> tuple[Row, ...]:
        """The ten worst silent changes: by changed metric, then by distance; one for each recipe and thing that changed."""
        drifted = [row for row in self.rows if row.judgement.verdict is Verdict.DRIFT]

        def badness(row: Row) -> tuple[float, float, str]:
            judged = row.judgement
            scale = max(1.0, abs(judged.before.get(judged.worst_metric, 1.0)))
            return (-abs(judged.worst_drift) / scale, -judged.max_abs, f"{row.cell.case.name}{row.cell.writer}")

        seen: dict[tuple[str, str], Row] = {}
        for row in sorted(drifted, key=badness):
            seen.setdefault((row.cell.case.recipe, row.judgement.reason), row)
        return tuple(list(seen.values())[:10])

    @cached_property
    def signatures(self) -> tuple[Signature, ...]:
        """Failures grouped by what they say, most cells first."""
        groups: dict[tuple[Verdict, str], list[Row]] = {}
        for row in self.rows:
            verdict = row.judgement.verdict
            if verdict.passes is False and verdict is not Verdict.DRIFT:
                groups.setdefault((verdict, signature_of(row.judgement.reason)), []).append(row)
        found = [
            Signature(
                verdict=verdict,
                text=text,
                example=rows[0].judgement.reason,
                cells=len(rows),
                cases=len({row.cell.case.name for row in rows}),
                pairs=tuple(dict.fromkeys((row.cell.writer, row.cell.reader) for row in rows)),
                boundary=self._nearest({(row.cell.writer, row.cell.reader) for row in rows}),
                unexpected=sum(row.finding.unexpected for row in rows),
            )
            for (verdict, text), rows in groups.items()
        ]
        return tuple(sorted(found, key=lambda each: (-each.cells, each.text)))

    def _nearest(self, pairs: set[tuple[str, str]]) -> tuple[str, str]:
        """The pair of versions with the fewest between them; an older writer before a newer one, versions of an axis first."""
        place = {facts.id: index for index, facts in enumerate(self.environments)}
        on_axis = {facts.id for facts in self.environments if facts.axis}

        def rank(pair: tuple[str, str]) -> tuple[bool, int, bool, int]:
            writer, reader = place.get(pair[0], 0), place.get(pair[1], 0)
            return not {*pair} <= on_axis, abs(writer - reader), writer > reader, writer

        return min(pairs, key=rank)

    @cached_property
    def directions(self) -> tuple[Direction, ...]:
        """How each version of an axis reads what older and what newer versions of it wrote."""
        order = {facts.id: (facts.axis, index) for index, facts in enumerate(self.environments) if facts.axis}
        backward: dict[str, Counter[Verdict]] = {each: Counter() for each in order}
        forward: dict[str, Counter[Verdict]] = {each: Counter() for each in order}
        for row in self.rows:
            writer, reader = row.cell.writer, row.cell.reader
            if writer == reader or writer not in order or reader not in order or order[writer][0] != order[reader][0]:
                continue
            side = backward if order[writer][1] < order[reader][1] else forward
            side[reader][row.judgement.verdict] += 1
        return tuple(
            Direction(id=each, backward=Square(counts=dict(backward[each])), forward=Square(counts=dict(forward[each])))
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


def signature_of(reason: str) -> str:
    """An error text without what differs from case to case: numbers, quoted names, addresses, paths.

    Of a missing module or attribute the name is what the error says; there only numbers and paths go.
    """
    noise = _NUMBERS if reason.startswith(_NAMING) else _NOISE
    return noise.sub("*", reason)[:160].strip()


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
) -> View:
    """Build the view of one matrix."""
    return View(
        name=name,
        title=title,
        environments=tuple(environments),
        rows=tuple(rows),
        run=run,
        controls=tuple(controls),
        judged_against=judged_against,
        expired=tuple(expired),
    )


def short_labels(ids: list[str]) -> dict[str, str]:
    """Column headings: ids without the part that all share, long words shortened."""
    prefix = ids[0].split("-")[0] + "-" if ids else ""
    shared = all(each.startswith(prefix) for each in ids)
    found = {}
    for each in ids:
        text = each.removeprefix(prefix) if shared else each
        found[each] = re.sub(r"\.post\d+", "", text).replace("numpy", "np")
    return found if len(set(found.values())) == len(ids) else {each: each for each in ids}


def versions_shown(facts: EnvironmentFacts) -> dict[str, Any]:
    """The packages of a lock that people ask for first."""
    wanted = ("scikit-learn", "tensorflow", "tensorflow-cpu", "keras", "numpy", "joblib", "pandas", "skops", "h5py")
    return {name: facts.versions[name] for name in wanted if name in facts.versions}
