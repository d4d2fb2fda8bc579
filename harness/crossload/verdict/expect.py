"""Verdicts against expectations, strictly both ways.

Nothing may fail that is not known to, and what is known must fail, and fail as it is known to.
"""

from __future__ import annotations

import fnmatch
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
    from crossload.verdict.judgement import Judgement


class Surprise(StrEnum):
    """The relation of a verdict to what is known of its cell; reports have such a column."""

    # an empty text, because tables show it for most cells
    NONE = ""
    """Nothing was expected and it passed, or nothing could be measured."""
    EXPECTED = "expected"
    """It failed, and as it is known to."""
    FAILURE = "unexpected failure"
    PASS = "unexpected pass"  # noqa: S105 - no password
    OTHER = "another failure than expected"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """The verdict of one cell held against the expectation that selects it, if there is one."""

    surprise: Surprise = Surprise.NONE
    expectation: Expectation | None = None

    @property
    def unexpected(self) -> bool:
        """True if somebody should look: a failure, a pass or an error that nobody expected."""
        return self.surprise in (Surprise.FAILURE, Surprise.PASS, Surprise.OTHER)


class Expectations:
    """The expectations of one matrix; the first that selects a cell counts for it.

    Parameters
    ----------
    known
        All expectations, in the order of their file.
    environments
        Environments of the matrix by id, which expectations select by name or version.
    today
        Expectations that expire on this day or before it do not count.
    file_name
        Name of the file of expectations, for messages.
    """

    def __init__(
        self,
        known: Sequence[Expectation],
        environments: Mapping[str, Environment],
        *,
        today: date,
        file_name: str,
    ) -> None:
        self._file_name = file_name
        self.expired = [
            each for each in known if each.expires is not None and each.expires <= today
        ]
        """Expectations that count no more: their cells are unexpected failures again."""
        self._known = [each for each in known if each not in self.expired]
        self._writers = {each.name: _selected(each.writer, environments) for each in self._known}
        self._readers = {each.name: _selected(each.reader, environments) for each in self._known}
        #         # patterns are matched once a case: a matrix has far more cells than cases
        self._of_case: dict[tuple[str, str], list[Expectation]] = {}

    def __bool__(self) -> bool:
        return bool(self._known)

    def of(self, cell: Cell) -> Expectation | None:
        """Find the expectation that selects a cell; None where there is none."""
        key = (cell.case.recipe, cell.case.format)
        if key not in self._of_case:
            self._of_case[key] = [each for each in self._known if _selects(each, cell.case)]
        for each in self._of_case[key]:
            if cell.writer in self._writers[each.name] and cell.reader in self._readers[each.name]:
                return each
        return None

    def check_all_used(self, cells: Iterable[Cell]) -> None:
        """Check that each expectation counts for at least one cell.

        One that selects nothing is a typing error, or outlived what it was written for; either way
        somebody would believe that its cells are watched.

        Raises
        ------
        ConfigError
            An expectation selects no cell, or only cells that an earlier one selects.
        """
        used: set[str] = set()
        for cell in cells:
            found = self.of(cell)
            if found is not None:
                used.add(found.name)
        idle = [each for each in self._known if each.name not in used]
        if idle:
            what = "selects no cell that is not selected before it"
            raise ConfigError(
                [f"{self._file_name}: {each.name}: {what}" for each in idle],
                hint="remove it, or correct its selectors",
            )

    def finding(self, cell: Cell, judgement: Judgement) -> Finding:
        """Compare a verdict with what is known of its cell.

        Cells that were not measured, and all cells of a matrix without expectations, give an empty
        finding: nothing can be said of the former, and of the latter everything would be new.
        """
        if not self or judgement.verdict.passes is None:
            return Finding()
        expectation = self.of(cell)
        if expectation is None:
            return Finding(surprise=Surprise.NONE if judgement.verdict.passes else Surprise.FAILURE)
        if judgement.verdict.passes:
            return Finding(surprise=Surprise.PASS, expectation=expectation)
        # part of the reason is enough: the rest of it, such as numbers, differs from cell to cell
        as_known = (
            judgement.verdict.word in expectation.verdicts and expectation.says in judgement.reason
        )
        return Finding(
            surprise=Surprise.EXPECTED if as_known else Surprise.OTHER, expectation=expectation
        )


def _selects(each: Expectation, case: Case) -> bool:
    """Tell if an expectation is about a case, whatever the writer and reader."""
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
    # fnmatchcase: fnmatch ignores case on Windows, and a file would select other cells there
    return not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
