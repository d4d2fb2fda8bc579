"""Answers in words and as JSON."""

from __future__ import annotations

import json

from builders_models import (
    CAUSE,
    full,
    result,
    side,
)

from crossload.models.render import reason_of, summary, to_dict, to_text
from crossload.models.result import Answer, OtherWay
from crossload.verdict import Judgement, Verdict


def test_the_answer_is_the_first_line():
    text = to_text(full(), width=80)

    assert text.splitlines()[0] == "BREAKS  model.joblib: scikit-learn 1.2.2 -> 1.9.1"
    assert "loading raises ValueError: broken" in text
    assert "numpy 1.24.3 -> 2.4.0" in text


def test_metrics_are_told_where_there_were_labels_and_their_lack_where_there_were_none():
    with_labels = full(
        Answer.DRIFT,
        Verdict.DRIFT,
        before={"recall": 0.98, "tp": 9.0},
        after={"recall": 0.12, "tp": 1.0},
        labels=True,
    )
    without = full(Answer.SAFE, Verdict.IDENTICAL)

    assert "recall 0.98 -> 0.12" in to_text(with_labels, width=100)
    assert "no labels, so no metrics" in " ".join(to_text(without, width=100).split())


def test_nothing_of_a_file_reaches_the_terminal_as_a_control_code():
    hostile = full(
        reason="x\x1b[31m\nSAFE  model",
        path="a\x1b]0;t\x07.joblib",
        warnings=[{"category": "W\x1b", "text": "a\nb\x1b[0m", "count": 2}],
    )

    text = to_text(hostile, width=80)

    assert "\x1b" not in text
    assert not any(line.startswith("SAFE") for line in text.splitlines())
    assert all(len(line) <= 80 for line in text.splitlines())


def test_json_has_no_infinities():
    judged = Judgement(
        verdict=Verdict.DRIFT, before={"r2": 0.9}, after={"r2": float("nan")}, max_abs=float("inf")
    )
    found = to_dict(result(Answer.DRIFT, judgement=judged))

    assert json.loads(json.dumps(found, allow_nan=False))["metrics"]["r2"] == {
        "before": 0.9,
        "after": None,
    }


def test_a_summary_counts_the_worst_first():
    assert summary([full(), result(), result()]) == "3 models: 1 BREAKS, 2 SAFE"


def test_a_reason_depends_on_how_far_the_answers_differ():
    near = result(judgement=Judgement(verdict=Verdict.EQUIVALENT), reason="1e-9 at most")

    assert reason_of(near) == "within tolerance: 1e-9 at most"
    assert reason_of(result(judgement=Judgement(verdict=Verdict.IDENTICAL))) == (
        "every answer is bit-equal"
    )
    assert reason_of(result(Answer.UNKNOWN, reason="x" * 300)).endswith("x \u2026 " + "x" * 93)


def test_a_known_cause_is_told_with_its_remedy_and_link():
    lines = to_text(full(cause=CAUSE), width=100).splitlines()
    assert "  cause    the trees changed (https://host/x)" in lines
    assert "  remedy   retrain" in lines
    assert not any(line.startswith("  next") for line in lines)
    assert to_dict(full(cause=CAUSE))["advice"] == {
        "id": "trees",
        "cause": "the trees changed",
        "remedy": "retrain",
        "link": "https://host/x",
    }


def test_the_state_of_a_drift_and_other_ways_are_evidence():
    judged = Judgement(verdict=Verdict.DRIFT, state="differs")
    other = OtherWay(way="savedmodel-tfsm", answer=Answer.BREAKS, reason="no layer")

    text = " ".join(to_text(full(Answer.DRIFT), width=100).split())
    drift = result(Answer.DRIFT, judgement=judged, hint="look", other_ways=[other], notes=["n"])
    more = " ".join(to_text(drift, width=100).split())

    assert "state" not in text
    assert "state stored values differ: the model itself was changed by loading" in more
    assert "also loaded as savedmodel-tfsm: BREAKS, no layer" in more
    assert "try look" in more
    assert "note n" in more


def test_equal_environments_are_not_compared():
    same = result(writer=side(numpy="2.0"), reader=side(numpy="2.0"))

    assert "differs" not in to_text(same)


def test_metrics_that_are_not_defined_are_none_and_those_of_classes_left_out():
    judged = Judgement(
        verdict=Verdict.IDENTICAL,
        before={"r2": float("nan"), "mae": 12345.678, "recall[cat]": 1.0, "own": 0.25},
    )

    text = to_text(result(judgement=judged), width=100)

    assert "metrics  r2 none, mae 12300, own 0.25" in text
    classes = Judgement(verdict=Verdict.IDENTICAL, before={"recall[cat]": 1.0})
    assert "none for this kind of model" in to_text(result(judgement=classes))


def test_of_many_changes_those_of_both_sides_come_first():
    before = {f"p{index}": "1" for index in range(10)} | {"gone": "1"}
    after = {f"p{index}": "2" for index in range(10)}

    text = to_text(result(writer=side(**before), reader=side(**after), source="the file"))

    found = " ".join(text.split())
    assert "differs p0 1 -> 2" in found
    assert found.endswith("p7 1 -> 2 and 3 more")


def test_json_names_both_sides_without_those_that_are_not_known():
    found = to_dict(full())

    assert found["writer"]["packages"] == {"numpy": "1.24.3"}
    assert "writer" not in to_dict(result())
