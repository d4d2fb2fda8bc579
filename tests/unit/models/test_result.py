"""Answers, their exit codes, and what differs between two environments."""

from __future__ import annotations

import pytest
from builders_models import (
    result,
    side,
)

from crossload.models.result import Answer, answer_of, changes_of, exit_code_of
from crossload.verdict import Judgement, Verdict


@pytest.mark.parametrize(
    ("verdict", "warned", "answer"),
    [
        (Verdict.IDENTICAL, (), Answer.SAFE),
        (Verdict.EQUIVALENT, (), Answer.SAFE),
        (Verdict.IDENTICAL, ("InconsistentVersionWarning",), Answer.WARNING),
        (Verdict.DRIFT, (), Answer.DRIFT),
        (Verdict.LOAD_ERROR, (), Answer.BREAKS),
        (Verdict.PREDICT_ERROR, ("UserWarning",), Answer.BREAKS),
        (Verdict.CRASH, (), Answer.BREAKS),
        (Verdict.TIMEOUT, (), Answer.BREAKS),
        (Verdict.MEMORY, (), Answer.BREAKS),
        (Verdict.UNSTABLE, (), Answer.UNKNOWN),
        (Verdict.NOT_AVAILABLE, (), Answer.UNKNOWN),
        (Verdict.NOT_RUN, (), Answer.UNKNOWN),
    ],
)
def test_every_verdict_has_an_answer(verdict, warned, answer):
    assert answer_of(Judgement(verdict=verdict, warned=warned)) is answer


def test_nothing_but_a_pass_is_safe():
    safe = {verdict for verdict in Verdict if answer_of(Judgement(verdict=verdict)).safe}
    assert safe == {verdict for verdict in Verdict if verdict.passes}


def test_exit_codes_are_those_of_the_worst_answer():
    by_answer = {answer: exit_code_of([result(Answer.SAFE), result(answer)]) for answer in Answer}
    assert by_answer == {
        Answer.SAFE: 0,
        Answer.WARNING: 0,
        Answer.UNKNOWN: 3,
        Answer.DRIFT: 1,
        Answer.BREAKS: 1,
    }
    assert exit_code_of([result(Answer.UNKNOWN), result(Answer.DRIFT)]) == 1
    assert exit_code_of([]) == 0


def test_python_counts_among_what_differs():
    assert changes_of(side(numpy="1", a="1"), side("3.12.1", numpy="2", a="1", b="3")) == {
        "b": ("", "3"),
        "numpy": ("1", "2"),
        "python": ("3.11.7", "3.12.1"),
    }
