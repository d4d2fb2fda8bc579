"""Failures and their causes: which cause explains which cell.

A cause is matched by the error and the boundary between versions, never by a list of cells.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from crossload.config.causes import load_causes, shipped_causes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crossload.config.causes import Cause
    from crossload.plan import Cell
    from crossload.verdict.judgement import Judgement


class Explained(StrEnum):
    """The knowledge of why a cell fails; reports have such a column."""

    # an empty text, because tables show it for most cells
    NONE = ""
    """It passed, or could not be measured."""
    YES = "explained"
    NO = "unexplained"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """The cause of one cell's failure, where it is known."""

    explained: Explained = Explained.NONE
    cause: Cause | None = None

    @property
    def unexplained(self) -> bool:
        """True for a failure whose cause nobody has written down."""
        return self.explained is Explained.NO


@cache
def known_causes() -> tuple[Cause, ...]:
    """Give the causes that this crossload carries, read once."""
    return load_causes(shipped_causes())


def cause_of(
    verdict: str,
    reason: str,
    writer: Mapping[str, str],
    reader: Mapping[str, str],
    classes: Iterable[str] = (),
    known: Iterable[Cause] | None = None,
) -> Cause | None:
    """Find the cause of one failure, of a model that is in no matrix.

    Parameters
    ----------
    verdict
        The verdict in words, e.g. ``load-error``.
    reason
        The message of the failure.
    writer, reader
        Version by package of the two environments; Python counts as a package.
    classes
        Classes that the model is made of, with their modules.
    known
        Causes in place of those that crossload carries.

    Returns
    -------
    Cause or None
        The first that fits; None where nothing is known.
    """
    held = tuple(classes)
    for each in known_causes() if known is None else known:
        # a format is the matrix' word for a way of saving; a user's file has been saved somehow
        if (
            each.is_told_by(verdict, reason)
            and each.is_between(writer, reader)
            and each.is_of(held)
        ):
            return each
    return None


class Causes:
    """The causes of the failures of one matrix; the first that fits a cell counts for it.

    Parameters
    ----------
    known
        All causes, special ones before general ones.
    environments
        Version by package of each environment of the matrix, by its id; Python counts as a package.
    """

    def __init__(
        self, known: Sequence[Cause], environments: Mapping[str, Mapping[str, str]]
    ) -> None:
        self.known = tuple(known)
        self._environments = environments
        self._told: dict[int, tuple[Judgement, tuple[Cause, ...]]] = {}
        self._between: dict[tuple[str, str, str], bool] = {}
        self._findings: dict[tuple[int, str, str, str, tuple[str, ...]], Finding] = {}
        self._of_cause: dict[str, Finding] = {}

    def finding(self, cell: Cell, judgement: Judgement, classes: Sequence[str] = ()) -> Finding:
        """Find the cause of a cell's failure.

        Parameters
        ----------
        cell
            The cell.
        judgement
            Its judgement; the caller keeps it, because cells are told apart by it.
        classes
            Classes that its model is made of.
        """
        if judgement.verdict.passes is not False:
            return _NOTHING
        key = (id(judgement), cell.writer, cell.reader, cell.case.format, tuple(classes))
        if key not in self._findings:
            self._findings[key] = self._find(cell, judgement, classes)
        return self._findings[key]

    def _find(self, cell: Cell, judgement: Judgement, classes: Sequence[str]) -> Finding:
        # texts are compared once a judgement, of which there are few
        if id(judgement) not in self._told:
            verdict, reason = judgement.verdict.word, judgement.reason
            told = tuple(each for each in self.known if each.is_told_by(verdict, reason))
            self._told[id(judgement)] = judgement, told
        for each in self._told[id(judgement)][1]:
            if (
                self._is_between(each, cell.writer, cell.reader)
                and each.is_of(classes)
                and _is_format(each, cell.case.format)
            ):
                # equal findings are one object, as equal judgements are
                return self._of_cause.setdefault(
                    each.id, Finding(explained=Explained.YES, cause=each)
                )
        return _UNEXPLAINED

    def _is_between(self, cause: Cause, writer: str, reader: str) -> bool:
        key = (cause.id, writer, reader)
        if key not in self._between:
            nothing: Mapping[str, str] = {}
            self._between[key] = cause.is_between(
                self._environments.get(writer, nothing), self._environments.get(reader, nothing)
            )
        return self._between[key]


def _is_format(cause: Cause, name: str) -> bool:
    # fnmatchcase: fnmatch ignores case on Windows, and a file would select other cells there
    return not cause.format or any(fnmatch.fnmatchcase(name, each) for each in cause.format)


_NOTHING = Finding()
_UNEXPLAINED = Finding(explained=Explained.NO)
