"""What a judgement carries beside its verdict: every reason, number and flag."""

from __future__ import annotations

import numpy as np
import pytest
from builders_judgement import ERROR, TRUTH, WARNING, judged, same

from crossload.config.spec import Tolerance
from crossload.verdict import Judge, Verdict


def test_what_is_not_there_says_whose_fault_it_is():
    arrays = same({"predict": TRUTH})

    assert judged(arrays, {"status": "na", "reason": "no skops"}).reason == "writer: no skops"
    assert judged(arrays, load={"status": "na", "reason": "no skops"}).reason == "reader: no skops"
    assert (
        judged(arrays, {"status": "error", "stage": "fit", **ERROR}).reason
        == "at fit: ValueError: first second line"
    )


@pytest.mark.parametrize(
    ("status", "stage"), [("error", "load"), ("error", "predict"), ("crash", "unknown")]
)
def test_failures_of_the_reader_keep_text_and_warnings(status, stage):
    found = judged(
        same({"predict": TRUTH}),
        load={"status": status, "stage": stage, "warnings": [WARNING, WARNING], **ERROR},
    )

    assert found.reason == "ValueError: first second line"
    assert found.warned == ("UserWarning",)


def test_an_environment_that_is_missing_gives_its_reason():
    judge = Judge({}, None, None, None)

    assert judge.judge(None, None, None, "w: no Python").reason == "w: no Python"


def test_identical_outputs_have_their_metrics_on_both_sides():
    found = judged(same({"predict": np.array([0, 1, 0, 0])}))

    assert found.before == found.after
    assert found.after["accuracy"] == 0.75
    assert (found.noise, found.max_abs, found.worst_metric, found.reason) == (0.0, 0.0, "", "")
    assert (found.state, found.optimizer, found.resumes) == ("unknown", "", "")


def test_drift_carries_distances_and_the_worst_metric():
    before, after = (
        {"predict_proba": np.array([0.1, 0.9, 0.2, 0.8])},
        {"predict_proba": np.array([0.1, 0.9, 0.2, 0.4])},
    )

    found = judged({"before": before, "after": after})

    assert found.verdict is Verdict.DRIFT
    assert (found.max_abs, found.max_rel) == (pytest.approx(0.4), pytest.approx(0.5))
    assert found.distances["predict_proba"].changed == 1
    assert found.changed_labels == 1
    assert found.worst_metric == "recall"
    assert found.worst_drift == -0.5
    assert found.worst_excess == pytest.approx(500)
    assert found.before["recall"] == 1.0
    assert found.after["recall"] == 0.5
    assert found.reason.startswith("recall 1 -> 0.5 (500 times its tolerance), ")
    assert "1 labels changed; predict_proba: 1 of 4 values moved, by 0.4 at most" in found.reason


def test_drifts_are_asked_while_the_run_goes_on():
    before = {"predict": TRUTH}

    assert judged({"before": before, "after": {"predict": 1 - TRUTH}}, asked=Judge.drifts) is True
    assert judged(same(before), asked=Judge.drifts) is False


def test_equivalent_outputs_say_how_near_they_are_and_in_what_form():
    before, after = {"predict": np.array([1.0, 2.0])}, {"predict": np.array([1.0, 2.0 + 1e-7])}

    found = judged({"before": before, "after": after}, task="transform")

    assert found.verdict is Verdict.EQUIVALENT
    assert found.reason == "outputs differ by 1e-07 at most"
    assert found.worst_metric == ""
    assert (found.worst_drift, found.worst_excess) == (0.0, 0.0)


def test_a_function_alone_is_judged_by_its_call():
    arrays = {
        "before": {"call": np.array([0.1, 0.9, 0.1, 0.9]), "extra": np.ones(2)},
        "after": {"call": np.zeros(4)},
    }

    found = judged(arrays, load={"outputs": {"call": "d"}})

    assert found.verdict is Verdict.IDENTICAL


@pytest.mark.parametrize(
    ("given", "missing"),
    [({}, "extra, predict"), ({"predict": "d"}, "extra"), ({"other": "d"}, "extra, predict")],
)
def test_outputs_that_are_missing_are_named(given, missing):
    found = judged(same({"predict": TRUTH, "extra": np.ones(2)}), load={"outputs": given})

    assert found.verdict is Verdict.DRIFT
    assert found.reason == f"outputs are missing after loading: {missing}"


def test_a_surplus_output_is_no_pass_either():
    found = judged(same({"predict": TRUTH}), load={"outputs": {"predict": "d", "more": "d"}})

    assert found.reason == "outputs are missing after loading: all"


def test_a_tolerance_of_nothing_allows_nothing():
    strict = Tolerance(metric=0.0, atol=0.0, rtol=0.0)
    before = {"predict": np.array([1.0, 2.0, 3.0, 5.0])}
    after = {"predict": np.array([1.0, 2.0, 3.0, 5.0 + 1e-9])}

    assert (
        judged({"before": before, "after": after}, task="regression", tolerance=strict).verdict
        is Verdict.DRIFT
    )
    assert (
        judged({"before": before, "after": after}, task="transform", tolerance=Tolerance()).verdict
        is Verdict.DRIFT
    )
    noisy = same(before) | {"again": after}
    assert (
        judged(noisy, {"noise": "again"}, task="transform", tolerance=Tolerance()).verdict
        is Verdict.UNSTABLE
    )


def test_tasks_without_truth_compare_with_what_was_before():
    found = judged(
        {"before": {"transform": np.eye(2)}, "after": {"transform": np.eye(2)[::-1]}},
        task="transform",
    )

    assert (found.before, found.after) == ({"cosine": 1.0}, {"cosine": 0.0})
    assert found.reason.startswith(
        "cosine 1 -> 0 (1000 times its tolerance); transform: 4 of 4 values moved"
    )


def test_labels_that_are_no_classes_are_not_counted():
    before, after = {"predict": np.array([1.0, 2.0])}, {"predict": np.array([1.5, 2.0])}

    found = judged({"before": before, "after": after}, task="regression")

    assert found.changed_labels == 0


def test_labels_of_another_number_of_rows_have_all_changed():
    found = judged({"before": {"predict": TRUTH}, "after": {"predict": TRUTH[:2]}})

    assert found.changed_labels == 4
    assert found.verdict is Verdict.DRIFT


def test_a_load_error_names_the_class_that_is_lost():
    error = {"type": "ValueError", "message": "Unknown layer: 'Cast'", "traceback": ""}

    found = judged(
        same({"predict": TRUTH}), load={"status": "error", "stage": "load", "error": error}
    )

    assert found.lost == "class Cast"


def rmse_moved(by, allowed):
    """Judge a regression whose outputs may move freely, and whose largest error moves by ``by``."""
    before, after = (
        {"predict": np.array([0.0, 1.0, 0.0, 1.0])},
        {"predict": np.array([0.0, 1.0, 0.0, 1.0 + by])},
    )

    return judged(
        {"before": before, "after": after},
        task="regression",
        tolerance=Tolerance(metric=allowed, atol=9.0, rtol=0.0),
    )


@pytest.mark.parametrize(
    ("by", "expected"), [(0.25, Verdict.EQUIVALENT), (0.375, Verdict.DRIFT), (0.5, Verdict.DRIFT)]
)
def test_a_metric_just_beyond_its_tolerance_is_drift_even_if_all_outputs_are_within(by, expected):
    found = rmse_moved(by, 0.25)

    assert found.verdict is expected
    assert found.worst_metric == "max_error"
    assert found.worst_excess == pytest.approx(by / 0.25)


def test_without_a_tolerance_for_metrics_none_may_move():
    assert rmse_moved(1e-9, 0.0).verdict is Verdict.DRIFT
    assert "(no change allowed), " in rmse_moved(1e-9, 0.0).reason


def test_changed_labels_are_told_once():
    found = judged({"before": {"predict": TRUTH}, "after": {"predict": 1 - TRUTH}})

    assert "4 labels changed" in found.reason
    assert "predict:" not in found.reason
