"""Answers in words and as JSON."""

from __future__ import annotations

import json

from builders_models import (
    full,
    result,
)

from crossload.models.render import summary, to_dict, to_text
from crossload.models.result import Answer
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
