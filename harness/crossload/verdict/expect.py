"""Judges verdicts against expectations, strictly both ways: what is known must fail, and fail as it is known to."""

from __future__ import annotations

import fnmatch
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from crossload.errors import ConfigError
from crossload.plan.select import matches_environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from crossload.config.expectations import Expectation
    from crossload.plan import Case, Cell, Environment
    from crossload.verdict.judge import Judgement


class Surprise(StrEnum):
    """How a cell stands to what is known of it."""

    NONE = ""
    """Nothing was expected and it passed, or nothing could be measured."""
    EXPECTED = "expected"
    FAILURE = "unexpected failure"
    PASS = "unexpected pass"  # noqa: S105 - no password
    OTHER = "another failure than expected"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A cell against its expectation."""

    surprise: Surprise = Surprise.NONE
    expectation: Expectation | None = None

    @property
    def unexpected(self) -> bool:
        return self.surprise in (Surprise.FAILURE, Surprise.PASS, Surprise.OTHER)


class Expectations:
    """The expectations of one matrix; the first that selects a cell counts for it."""

    def __init__(
        self,
        known: Sequence[Expectation],
        environments: Mapping[str, Environment],
        *,
        today: date,
        shown: str,
    ) -> None:
        self._shown = shown
        self.expired = [
            each for each in known if each.expires is not None and each.expires <= today
        ]
        self._known = [each for each in known if each not in self.expired]
        self._writers = {each.name: _selected(each.writer, environments) for each in self._known}
        self._of_case: dict[tuple[str, str], list[Expectation]] = {}
        self._readers = {each.name: _selected(each.reader, environments) for each in self._known}

    def __bool__(self) -> bool:
        return bool(self._known)

    def of(self, cell: Cell) -> Expectation | None:
        """The expectation that selects a cell."""
        key = (cell.case.recipe, cell.case.format)
        if key not in self._of_case:
            self._of_case[key] = [each for each in self._known if _selects(each, cell.case)]
        for each in self._of_case[key]:
            if cell.writer in self._writers[each.name] and cell.reader in self._readers[each.name]:
                return each
        return None

    def check_all_used(self, cells: Iterable[Cell]) -> None:
        """Raise `ConfigError` for expectations that select no cell, or only cells that an earlier one selects."""
        used: set[str] = set()
        for cell in cells:
            found = self.of(cell)
            if found is not None:
                used.add(found.name)
        idle = [each for each in self._known if each.name not in used]
        if idle:
            raise ConfigError(
                [
                    f"{self._shown}: {each.name}: selects no cell that is not selected before it"
                    for each in idle
                ],
                hint="remove it, or correct its selectors",
            )

    def finding(self, cell: Cell, judgement: Judgement) -> Finding:
        """Compare a verdict with what is known."""
        if not self or judgement.verdict.passes is None:
            return Finding()
        expectation = self.of(cell)
        if expectation is None:
            return Finding(surprise=Surprise.NONE if judgement.verdict.passes else Surprise.FAILURE)
        if judgement.verdict.passes:
            return Finding(surprise=Surprise.PASS, expectation=expectation)
        as_known = (
            judgement.verdict.word in expectation.verdicts and expectation.says in judgement.reason
        )
        return Finding(
            surprise=Surprise.EXPECTED if as_known else Surprise.OTHER, expectation=expectation
        )


def _selects(each: Expectation, case: Case) -> bool:
    """Whether an expectation is about a case at all."""
    return (
        _any(each.recipe, case.recipe)
        and _any(each.format, case.format)
        and _any(each.case, case.name)
    )


def _selected(patterns: tuple[str, ...], environments: Mapping[str, Environment]) -> set[str]:
    if not patterns:
        return set(environments)
    return {
        env_id
        for env_id, environment in environments.items()
        if any(matches_environment(pattern, environment) for pattern in patterns)
    }


def _any(patterns: tuple[str, ...], name: str) -> bool:
    return not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """An expectation that a person may complete with a reason: exactly the cells of one failure, no others."""

    verdict: str
    says: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    cases: tuple[str, ...]
    cells: int


def propose(failures: Iterable[tuple[str, str, str, str, str]]) -> list[Proposal]:
    """Group failures, given as (verdict, signature, case, writer, reader), into products of cases, writers and readers.

    Cases that fail alike between the same pairs go together, then writers that fail alike to the same readers.
    """
    groups: dict[tuple[str, str], dict[str, set[tuple[str, str]]]] = defaultdict(
        lambda: defaultdict(set)
    )
    for verdict, says, case, writer, reader in failures:
        groups[verdict, says][case].add((writer, reader))
    found = []
    for (verdict, says), by_case in groups.items():
        alike: dict[frozenset[tuple[str, str]], list[str]] = defaultdict(list)
        for case, pairs in by_case.items():
            alike[frozenset(pairs)].append(case)
        for shared, cases in alike.items():
            readers: dict[str, set[str]] = defaultdict(set)
            for writer, reader in sorted(shared):
                readers[writer].add(reader)
            writers: dict[frozenset[str], list[str]] = defaultdict(list)
            for writer, each in readers.items():
                writers[frozenset(each)].append(writer)
            found += [
                Proposal(
                    verdict=verdict,
                    says=says,
                    writers=tuple(sorted(names)),
                    readers=tuple(sorted(each)),
                    cases=tuple(sorted(cases)),
                    cells=len(names) * len(each) * len(cases),
                )
                for each, names in writers.items()
            ]
    return sorted(found, key=lambda each: (-each.cells, each.says, each.writers))


def as_toml(proposals: Sequence[Proposal]) -> str:
    """Proposals as a file of expectations; the reasons are empty, so that no run accepts it before a person wrote them."""

    def array(names: Sequence[str]) -> str:
        return "[" + ", ".join(_quoted(name) for name in names) + "]"

    parts = []
    for each in proposals:
        lines = [
            f"# {each.cells} cells",
            "[[expect]]",
            f"writer  = {array(each.writers)}",
            f"reader  = {array(each.readers)}",
            f"case    = {array(each.cases)}",
            f"verdict = {_quoted(each.verdict)}",
            f"says    = {_quoted(each.says)}",
            'reason  = ""',
        ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + ("\n" if parts else "")


def _quoted(text: str) -> str:
    cleaned = "".join(char if char.isprintable() else " " for char in text)
    return '"' + cleaned.replace("\\", "\\\\").replace('"', '\\"') + '"'
