"""Controls: artifacts damaged on purpose must be caught."""

from __future__ import annotations

from helpers import plan

from crossload.verdict import Control, Judgement, Verdict, tally


def control(verdict, expected="drift", says="", reason=""):
    cell = plan().cells[0]
    return Control(
        cell=cell, expected=expected, says=says, judgement=Judgement(verdict=verdict, reason=reason)
    )


def test_a_control_is_caught_only_by_the_verdict_and_the_words_it_must_get():
    assert control(Verdict.DRIFT).caught is True
    assert control(Verdict.DRIFT, says="recall", reason="recall 1 -> 0").caught is True
    assert control(Verdict.DRIFT, says="recall", reason="accuracy").caught is False
    assert control(Verdict.IDENTICAL).caught is False
    assert control(Verdict.LOAD_ERROR).caught is False
    assert control(Verdict.NOT_AVAILABLE).caught is None
    assert control(Verdict.NO_ENVIRONMENT).caught is None
    assert control(Verdict.NOT_RUN).caught is None


def test_controls_are_counted_and_a_missed_one_is_told():
    found = [control(Verdict.DRIFT), control(Verdict.IDENTICAL), control(Verdict.NOT_AVAILABLE)]

    assert tally(found) == (1, 2)
    assert "expected drift, got identical: no reason" in found[1].text
    assert "expected drift saying 'x', got" in control(Verdict.DRIFT, says="x").text
