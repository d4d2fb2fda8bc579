"""Verdicts: what passes, what does not, and that a missing fact never passes."""

from __future__ import annotations

import numpy as np
import pytest
from builders_verdict import TRUTH, judge_of, verdict_of
from helpers import loaded, saved

from crossload.plan.frontier import Inference
from crossload.verdict import Verdict
from crossload.verdict.metrics import confusion


def test_bit_equal_outputs_are_identical():
    found = verdict_of({"predict": TRUTH}, {"predict": TRUTH})

    assert found.verdict is Verdict.IDENTICAL
    assert found.before["accuracy"] == 1.0


def test_outputs_within_tolerance_are_equivalent():
    before = {"predict": TRUTH, "predict_proba": np.linspace(0, 1, 8)}
    after = {"predict": TRUTH, "predict_proba": np.linspace(0, 1, 8) + 1e-9}

    found = verdict_of(before, after, outputs=("predict", "predict_proba"))

    assert found.verdict is Verdict.EQUIVALENT
    assert found.max_abs == pytest.approx(1e-9, rel=1e-3)


def test_one_changed_label_is_drift():
    changed = TRUTH.copy()
    changed[0] = 1

    found = verdict_of({"predict": TRUTH}, {"predict": changed}, metric=10.0)

    assert found.verdict is Verdict.DRIFT
    assert found.changed_labels == 1
    assert "1 labels changed" in found.reason


def test_permuted_predictions_are_drift_although_the_confusion_matrix_is_equal():
    before, after = np.array([0, 1, 0, 1, 0, 1, 0, 1]), np.array([1, 0, 0, 0, 1, 1, 0, 1])
    assert confusion("binary", TRUTH, {"predict": before}, {}) == confusion(
        "binary", TRUTH, {"predict": after}, {}
    )

    assert verdict_of({"predict": before}, {"predict": after}).verdict is Verdict.DRIFT


def test_a_high_accuracy_does_not_hide_a_fallen_recall():
    truth = np.array([1] * 20 + [0] * 980)
    good = truth.copy()
    bad = np.zeros_like(truth)
    bad[:2] = 1

    found = verdict_of({"predict": good}, {"predict": bad}, truth=truth, metric=0.05)

    assert found.after["accuracy"] > 0.98
    assert found.after["recall"] == pytest.approx(0.1)
    assert found.verdict is Verdict.DRIFT
    assert found.worst_metric == "recall"
    assert found.reason.startswith("recall 1 -> 0.1 (18 times its tolerance)")


def test_a_metric_that_rises_is_drift_too():
    worse = TRUTH.copy()
    worse[0] = 1

    found = verdict_of({"predict": worse}, {"predict": TRUTH})

    assert found.verdict is Verdict.DRIFT
    assert found.worst_drift > 0


def test_probabilities_beyond_tolerance_are_drift_although_labels_are_equal():
    before = {"predict_proba": np.array([[0.1, 0.9]] * 8)}
    after = {"predict_proba": np.array([[0.1001, 0.8999]] * 8)}

    found = verdict_of(before, after, outputs=("predict_proba",), metric=10.0)

    assert found.verdict is Verdict.DRIFT
    assert found.changed_labels == 0
    assert "16 of 16 values moved" in found.reason


def test_values_that_became_nan_are_drift():
    before = {"predict": np.array([1.0, 2.0])}
    after = {"predict": np.array([1.0, np.nan])}

    found = verdict_of(before, after, task="regression", truth=np.array([1.0, 2.0]))

    assert found.verdict is Verdict.DRIFT
    assert found.max_abs == float("inf")
    assert found.worst_drift == float("inf")


def test_another_shape_is_drift_and_named():
    found = verdict_of({"predict": np.zeros(4)}, {"predict": np.zeros((4, 1))}, task="transform")

    assert found.verdict is Verdict.DRIFT
    assert "shape (4,) became (4, 1)" in found.reason


def test_another_type_with_equal_values_is_equivalent_and_named():
    found = verdict_of({"predict": TRUTH.astype("int64")}, {"predict": TRUTH.astype("int32")})
    judge, cell = judge_of({"predict": TRUTH.astype("int64")}, {"predict": TRUTH.astype("int32")})

    found = judge.judge(cell, saved({"predict": "x"}), loaded({"predict": "y"}))

    assert found.verdict is Verdict.EQUIVALENT
    assert "type int64 became int32" in found.reason


def test_outputs_that_are_missing_after_loading_are_no_pass():
    judge, cell = judge_of({"predict": TRUTH}, {}, outputs=("predict", "predict_proba"))

    found = judge.judge(
        cell, saved({"predict": "x", "predict_proba": "y"}), loaded({"predict": "x"})
    )

    assert found.verdict is Verdict.DRIFT
    assert "predict_proba" in found.reason


ERROR = {"error": {"type": "ValueError", "message": "no\nmore", "traceback": ""}}


@pytest.mark.parametrize(
    ("save", "load", "expected"),
    [
        (None, None, Verdict.NOT_RUN),
        (saved(), None, Verdict.NOT_RUN),
        (saved(status="na", reason="no"), None, Verdict.NOT_AVAILABLE),
        (saved(status="error", stage="save", **ERROR), None, Verdict.SAVE_ERROR),
        (saved(status="crash", **ERROR), None, Verdict.SAVE_ERROR),
        (saved(), loaded(status="na", reason="no"), Verdict.NOT_AVAILABLE),
        (saved(), loaded(status="error", stage="load", **ERROR), Verdict.LOAD_ERROR),
        (saved(), loaded(status="error", stage="verify", **ERROR), Verdict.LOAD_ERROR),
        (saved(), loaded(status="error", stage="predict", **ERROR), Verdict.PREDICT_ERROR),
        (saved(), loaded(status="crash", **ERROR), Verdict.CRASH),
        (saved(), loaded(status="timeout", **ERROR), Verdict.TIMEOUT),
        (saved(), loaded(status="memory", **ERROR), Verdict.MEMORY),
    ],
)
def test_what_did_not_end_well_never_passes(save, load, expected):
    judge, cell = judge_of({"predict": TRUTH}, {"predict": TRUTH})

    found = judge.judge(cell, save, load)

    assert found.verdict is expected
    assert found.verdict.passes is not True


def test_an_environment_that_is_not_there_goes_before_everything():
    judge, cell = judge_of({"predict": TRUTH}, {"predict": TRUTH})

    assert judge.judge(cell, saved(), loaded(), "no Python").verdict is Verdict.NO_ENVIRONMENT


def test_warnings_are_kept_beside_the_verdict():
    judge, cell = judge_of({"predict": TRUTH}, {"predict": TRUTH})
    warning = {"category": "InconsistentVersionWarning", "text": "...", "count": 1}

    found = judge.judge(cell, saved(), loaded(warnings=[warning]))

    assert found.verdict is Verdict.IDENTICAL
    assert found.warned == ("InconsistentVersionWarning",)


def test_the_reason_names_the_next_metrics_too():
    truth = np.array([1] * 20 + [0] * 980)
    bad = np.zeros_like(truth)
    bad[:2] = 1

    found = verdict_of({"predict": truth}, {"predict": bad}, truth=truth)

    assert found.reason.startswith(
        "recall 1 -> 0.1 (900 times its tolerance), f1 1 -> 0.1818, accuracy 1 -> 0.982;"
    )


def test_what_was_not_measured_is_inferred_from_two_that_agree():
    judge, _ = judge_of({"predict": TRUTH}, {"predict": TRUTH})
    inference = Inference(verdict="identical", witnesses=("sklearn-1.0", "sklearn-1.2"))

    found = judge.infer(inference)

    assert found.verdict is Verdict.INFERRED
    assert found.reason == "identical, as in sklearn-1.0 and sklearn-1.2"
    assert (found.inferred, found.witnesses) == ("identical", ("sklearn-1.0", "sklearn-1.2"))
    assert judge.infer(inference) is found


@pytest.mark.parametrize(("changed", "drifts"), [(0, False), (1, True)])
def test_a_load_that_went_well_may_have_drifted(changed, drifts):
    after = TRUTH.copy()
    after[0] = changed
    judge, cell = judge_of({"predict": TRUTH}, {"predict": after})

    assert judge.drifts(cell, saved({"predict": "x"}), loaded({"predict": "y"})) is drifts


def test_verdicts_have_ranks_and_sentences():
    assert Verdict.CRASH.severity > Verdict.IDENTICAL.severity
    assert Verdict.DRIFT.sentence
    assert Verdict.IDENTICAL.measured
    assert not Verdict.NOT_RUN.measured


COUNTS = np.array([[40.0, 2.0]] * 3 + [[1.0, 51.0]] * 3 + [[7.0, 0.0], [0.0, 9.0]])
PROBA = COUNTS / COUNTS.sum(axis=1, keepdims=True)
BOTH = ("predict", "predict_proba")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (PROBA, COUNTS, "after loading (values from 0 to 51)"),
        (COUNTS, PROBA, "before saving (values from 0 to 51)"),
        (COUNTS, COUNTS + 1, "before saving and after loading (values from 1 to 52)"),
    ],
)
def test_counts_in_place_of_probabilities_are_named_and_have_no_log_loss(before, after, words):
    found = verdict_of(
        {"predict": TRUTH, "predict_proba": before},
        {"predict": TRUTH, "predict_proba": after},
        outputs=BOTH,
    )

    assert found.verdict is Verdict.DRIFT
    assert found.reason.startswith(f"predict_proba gives no probabilities {words}")
    assert "log_loss" not in found.before | found.after
    assert found.worst_metric != "log_loss"
    assert np.isfinite(found.worst_drift)


def test_codes_of_labels_are_no_distance():
    before = {"predict": TRUTH, "predict_proba": PROBA}
    after = {"predict": TRUTH + 5, "predict_proba": PROBA + 1e-3}

    found = verdict_of(before, after, outputs=BOTH)

    assert found.changed_labels == 8
    assert found.max_abs == pytest.approx(1e-3)


def test_predictions_of_a_regression_are_a_distance():
    found = verdict_of(
        {"predict": np.array([1.0, 2.0])},
        {"predict": np.array([1.0, 2.5])},
        task="regression",
        truth=np.array([1.0, 2.0]),
    )

    assert found.max_abs == 0.5


WORDS = np.array(["no", "yes"])[TRUTH]


@pytest.mark.parametrize("task", ["binary", "multiclass"])
@pytest.mark.parametrize("truth", [WORDS, TRUTH], ids=["truth-text", "truth-numbers"])
@pytest.mark.parametrize(
    "after",
    [
        {"predict": np.where(TRUTH == 1, "maybe", "no"), "predict_proba": PROBA},
        {"predict": TRUTH, "predict_proba": PROBA},
        {"predict": WORDS, "predict_proba": np.array(["a"] * 8)},
        {"predict": WORDS[:3], "predict_proba": PROBA[:3]},
    ],
    ids=["third-label", "numbers", "text-as-probabilities", "fewer-rows"],
)
def test_labels_that_are_texts_are_judged_and_end_nothing(task, truth, after):
    before = {"predict": WORDS, "predict_proba": PROBA}

    found = verdict_of(before, after, task=task, truth=truth, outputs=BOTH)

    assert found.verdict is Verdict.DRIFT
    assert found.reason


def test_metrics_of_text_labels_are_those_of_their_codes():
    before = {"predict": WORDS, "predict_proba": PROBA}
    worse = WORDS.copy()
    worse[0] = "yes"
    found = verdict_of(
        before, {"predict": worse, "predict_proba": PROBA}, truth=WORDS, outputs=BOTH
    )
    codes = TRUTH.copy()
    codes[0] = 1
    numbers = verdict_of(
        {"predict": TRUTH, "predict_proba": PROBA},
        {"predict": codes, "predict_proba": PROBA},
        outputs=BOTH,
    )

    assert found.after == numbers.after
    assert found.changed_labels == 1
    assert found.confusion == numbers.confusion
    assert found.classes == ("no", "yes")


def test_probabilities_alone_name_text_classes_in_their_order():
    found = verdict_of(
        {"predict_proba": PROBA},
        {"predict_proba": PROBA[:, ::-1]},
        truth=WORDS,
        outputs=("predict_proba",),
    )

    assert (found.before["accuracy"], found.after["accuracy"]) == (1.0, 0.0)


def test_an_output_that_the_writer_did_not_record_is_missing_and_no_fault():
    judge, cell = judge_of({"predict": TRUTH}, {"call": TRUTH})

    found = judge.judge(cell, saved({"predict": "x"}), loaded({"call": "x"}))

    assert found.verdict is Verdict.DRIFT
    assert "outputs are missing after loading: predict" in found.reason


def test_a_predict_error_names_what_failed_and_what_works():
    judge, cell = judge_of({"predict": TRUTH}, {})
    record = loaded(
        status="error",
        stage="predict",
        failed_outputs=["predict_proba"],
        given_outputs=["predict"],
        **ERROR,
    )

    found = judge.judge(cell, saved(), record)

    assert found.verdict is Verdict.PREDICT_ERROR
    assert found.reason == (
        "ValueError: no more; outputs that fail: predict_proba; outputs that work: predict"
    )
    record["given_outputs"] = []
    assert judge.judge(cell, saved(), record).reason == "ValueError: no more"
