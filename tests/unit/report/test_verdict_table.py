"""The verdict table and its two digests: what was found, and the numbers of one processor."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders_report import view_of

from crossload.config import Cause
from crossload.report.judged_cells import JudgedCells
from crossload.report.verdict_table import numbers_digest, verdict_lines, verdicts_digest
from crossload.verdict import Explained, Finding, Verdict


def changed(view, **facts):
    """Give a view whose first cell has other facts."""
    first, *rest = view.rows
    cause = facts.pop("cause", None)
    row = replace(first, judgement=replace(first.judgement, **facts))
    if cause is not None:
        row = replace(row, finding=Finding(explained=Explained.YES, cause=cause))
    return replace(view, rows=JudgedCells([row, *rest]))


NUMBERS = [
    {"max_abs": 1e-7},
    {"worst_metric": "accuracy", "worst_drift": 2e-9},
    {"reason": "outputs differ by 1.2e-07 at most"},
    {"warned": ("RuntimeWarning",)},
    {"changed_labels": 3},
    {"cause": Cause(id="moved", verdicts=("drift",), says=("x",), why="w", do="")},
]
FINDINGS = [
    {"verdict": Verdict.DRIFT},
    {"state": "differs"},
    {"optimizer": "lost"},
    {"resumes": "no"},
    {"lost": "class Scale"},
]


@pytest.mark.parametrize("facts", NUMBERS)
def test_numbers_and_texts_are_of_the_second_digest_alone(facts):
    view = view_of(Verdict.EQUIVALENT)
    other = changed(view, **facts)

    assert verdicts_digest(other) == verdicts_digest(view)
    assert numbers_digest(other) != numbers_digest(view)


@pytest.mark.parametrize("facts", FINDINGS)
def test_what_was_found_is_of_both_digests(facts):
    view = view_of(Verdict.EQUIVALENT)
    other = changed(view, **facts)

    assert verdicts_digest(other) != verdicts_digest(view)
    assert numbers_digest(other) != numbers_digest(view)


def test_of_an_error_in_further_training_the_word_alone_counts():
    view = view_of(Verdict.EQUIVALENT)
    one = changed(view, resumes="no: ValueError: step 17")
    two = changed(view, resumes="no: ValueError: step 18")

    assert verdicts_digest(one) == verdicts_digest(two)
    assert numbers_digest(one) != numbers_digest(two)


def test_the_table_has_a_line_a_cell_and_one_of_headings():
    view = view_of(Verdict.EQUIVALENT)

    assert len(list(verdict_lines(view))) == 1 + len(view.rows)
