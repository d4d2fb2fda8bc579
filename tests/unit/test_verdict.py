"""Verdicts: what passes, what does not, and that a missing fact never passes."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import RECIPE, loaded, plan, saved

from crossload.config.spec import Tolerance
from crossload.verdict import Control, Judge, Judgement, Verdict, compare, compute_metrics, tally
from crossload.verdict.metrics import agreement_metrics, confusion, labels_of
from crossload.verdict.reasons import metric_drifts
from crossload.worker import contract

TRUTH = np.array([0, 0, 0, 1, 1, 1, 0, 1])


def judge_of(before, after, *, task="binary", truth=TRUTH, metric=0.001, outputs=("predict",)):
    """A judge whose outputs ``before`` and ``after`` are the given ones, and the cell to ask it of."""
    recipe = contract.Recipe("forest", dict(RECIPE, task=task, outputs=list(outputs)), "r.py")
    made = plan()
    cell = next(cell for cell in made.cells if cell.case.recipe == "forest")
    case = type(cell.case)(
        **{name: getattr(cell.case, name) for name in cell.case.__slots__} | {"task": task}
    )
    arrays = {"before": before, "after": after}
    judge = Judge(
        {"forest": recipe},
        lambda _: Tolerance(metric=metric, atol=1e-6, rtol=1e-5),
        lambda *_: truth,
        arrays.__getitem__,
    )
    return judge, type(cell)(case, cell.writer, cell.reader)


def verdict_of(before, after, **more):
    judge, cell = judge_of(before, after, **more)
    names = list(before)
    same = dict.fromkeys(names, "same")
    other = {
        name: "same" if np.array_equal(before[name], after[name]) else "other" for name in names
    }
    return judge.judge(cell, saved(same), loaded(other))


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


def test_binary_metrics_are_those_of_the_positive_class():
    found = compute_metrics("binary", TRUTH, {"predict": np.array([0, 0, 1, 1, 1, 0, 0, 0])}, {})

    assert found["accuracy"] == pytest.approx(5 / 8)
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == pytest.approx(2 / 4)
    assert (found["tp"], found["fp"], found["fn"], found["tn"]) == (2, 1, 2, 3)
    assert "log_loss" not in found


def test_metrics_of_a_sigmoid_column():
    proba = np.array([[0.1], [0.2], [0.3], [0.9], [0.8], [0.7], [0.4], [0.6]])

    found = compute_metrics("binary", TRUTH, {"call": proba}, {})

    assert found["accuracy"] == 1.0
    assert found["log_loss"] == pytest.approx(0.2990, abs=1e-3)


def test_multiclass_metrics_are_macro_averages():
    truth = np.array([0, 1, 2, 2])

    found = compute_metrics("multiclass", truth, {"predict": np.array([0, 1, 2, 1])}, {})

    assert found["recall"] == pytest.approx((1 + 1 + 0.5) / 3)
    assert "tp" not in found


def test_regression_metrics():
    found = compute_metrics(
        "regression", np.array([1.0, 2.0, 3.0]), {"predict": np.array([1.0, 2.0, 5.0])}, {}
    )

    assert found["rmse"] == pytest.approx(np.sqrt(4 / 3))
    assert found["max_error"] == 2.0
    assert found["mae"] == pytest.approx(2 / 3)
    assert found["r2"] == pytest.approx(-1.0)


def test_outputs_of_another_length_have_no_metrics():
    assert np.isnan(compute_metrics("binary", TRUTH, {"predict": np.array([0, 1])}, {})["accuracy"])


def test_labels_come_from_probabilities_where_none_are_recorded():
    assert labels_of("multiclass", {"call": np.array([[0.1, 0.7, 0.2]])}, {}).tolist() == [1]
    assert labels_of("transform", {"transform": np.eye(2)}, {}) is None


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ([1.0, np.nan], [1.0, np.nan], 0),
        ([1.0, np.inf], [1.0, np.inf], 0),
        ([1.0, np.inf], [1.0, -np.inf], 1),
        ([1.0, np.nan], [1.0, 2.0], 1),
        ([1.0, 2.0], [1.0, 2.0 + 1e-7], 0),
        ([1.0, 2.0], [1.0, 2.1], 1),
        ([], [], 0),
    ],
)
def test_values_are_compared_one_by_one(before, after, changed):
    found = compare(np.array(before), np.array(after), atol=1e-6, rtol=1e-5)

    assert found.changed == changed
    assert found.within is (changed == 0)


def test_text_is_compared_exactly():
    found = compare(np.array(["a", "b"]), np.array(["a", "c"]), atol=1.0, rtol=1.0)

    assert found.changed == 1


def test_the_worst_metric_is_the_one_farthest_beyond_its_tolerance():
    def worst(before, after, tolerance):
        return metric_drifts(before, after, tolerance)[0]

    assert worst({"a": 1.0, "b": 1.0}, {"a": 0.5, "b": 0.9}, 0.01) == ("a", -0.5, 50.0)
    assert worst({"tp": 5.0}, {"tp": 4.0}, 100.0) == ("tp", -1.0, float("inf"))
    assert worst({"tp": 5.0, "recall": 1.0}, {"tp": 4.0, "recall": 0.8}, 0.1)[0] == "recall"
    assert worst({"tp": 5.0, "recall": 1.0}, {"tp": 4.0, "recall": 0.99}, 0.1)[0] == "recall"
    assert worst({"rmse": 50.0}, {"rmse": 51.0}, 0.1) == ("rmse", 1.0, pytest.approx(0.2))
    assert worst({"a": 1.0}, {"a": float("nan")}, 0.1) == ("a", float("inf"), float("inf"))
    assert worst({"a": 1.0}, {}, 0.1) == ("a", float("inf"), float("inf"))
    assert metric_drifts({"a": 1.0}, {"a": 1.0}, 0.0) == []


def test_the_reason_names_the_next_metrics_too():
    truth = np.array([1] * 20 + [0] * 980)
    bad = np.zeros_like(truth)
    bad[:2] = 1

    found = verdict_of({"predict": truth}, {"predict": bad}, truth=truth)

    assert found.reason.startswith(
        "recall 1 -> 0.1 (900 times its tolerance), f1 1 -> 0.1818, accuracy 1 -> 0.982;"
    )


def test_every_verdict_has_a_symbol_and_a_severity_of_its_own_rank():
    symbols = [verdict.symbol for verdict in Verdict]

    assert len(set(symbols)) == len(symbols)
    assert max(Verdict, key=lambda verdict: verdict.severity) is Verdict.DRIFT
    assert all(verdict.severity < 0 for verdict in Verdict if verdict.passes is None)


def test_multiclass_metrics_are_there_for_each_class():
    truth = np.array([0, 1, 2, 2])

    found = compute_metrics("multiclass", truth, {"predict": np.array([0, 1, 2, 1])}, {})

    assert (found["recall[0]"], found["recall[1]"], found["recall[2]"]) == (1.0, 1.0, 0.5)
    assert found["precision[1]"] == 0.5


def test_the_area_under_the_roc_curve():
    scores = np.array([-1.0, -0.5, -0.2, 0.3, 0.9, 0.1, -0.9, 0.2])

    assert compute_metrics("binary", TRUTH, {"decision_function": scores}, {})["roc_auc"] == 1.0
    assert compute_metrics("binary", TRUTH, {"decision_function": -scores}, {})["roc_auc"] == 0.0
    assert "roc_auc" not in compute_metrics("binary", TRUTH, {"predict": TRUTH}, {})
    many = compute_metrics("multiclass", np.array([0, 1, 2]), {"predict_proba": np.eye(3)}, {})
    assert many["roc_auc"] == 1.0


def test_clusters_are_compared_up_to_their_names():
    labels, renamed = np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0])

    found = agreement_metrics("clustering", {"predict": labels}, {"predict": renamed}, {})

    assert found == {"adjusted_rand": 1.0}
    assert (
        agreement_metrics(
            "clustering", {"predict": labels}, {"predict": np.array([0, 1, 0, 1])}, {}
        )["adjusted_rand"]
        < 0
    )


def test_inertia_comes_from_the_distances_to_the_centres():
    assert compute_metrics(
        "clustering", TRUTH, {"transform": np.array([[1.0, 5.0], [3.0, 2.0]])}, {}
    ) == {"inertia": 5.0}


def test_outliers_and_transformers_agree_with_what_was_before():
    assert agreement_metrics(
        "outlier", {"predict": np.array([1, -1])}, {"predict": np.array([1, 1])}, {}
    ) == {"label_agreement": 0.5}
    turned = agreement_metrics(
        "transform", {"transform": np.eye(2)}, {"transform": np.eye(2)[::-1]}, {}
    )
    assert turned == {"cosine": 0.0}
    assert agreement_metrics(
        "transform", {"transform": np.eye(2)}, {"transform": 2 * np.eye(2)}, {}
    ) == {"cosine": 1.0}
    assert np.isnan(
        agreement_metrics("transform", {"transform": np.eye(2)}, {"transform": np.eye(3)}, {})[
            "cosine"
        ]
    )


def test_distances_have_mean_median_and_percentile():
    before = np.zeros(100)
    after = np.zeros(100)
    after[:60] = np.arange(1, 61)

    found = compare(before, after, atol=0.5, rtol=0.0)

    assert (found.max_abs, found.mean_abs, found.median_abs, found.p99_abs) == (
        60.0,
        18.3,
        11.0,
        60.0,
    )
    assert found.max_rel == float("inf")
    assert found.changed == 60


def with_extras(before, after, states=None, **record):
    """Judge with a state of the model beside the outputs."""
    arrays = {
        "before": before,
        "after": after,
        "again": record.pop("again", before),
        "train": record.pop("train", before),
    }
    recipe = contract.Recipe("forest", dict(RECIPE, outputs=list(before)), "r.py")
    cell = next(cell for cell in plan().cells if cell.case.recipe == "forest")
    judge = Judge(
        {"forest": recipe},
        lambda _: Tolerance(metric=0.001, atol=1e-6, rtol=0.0),
        lambda _, part: TRUTH if part == "y_test" else np.array([1, 1, 1, 1, 0, 0, 0, 0]),
        arrays.__getitem__,
        (states or {}).__getitem__,
    )
    digests = [
        {name: str(array.tobytes()) for name, array in each.items()} for each in (before, after)
    ]
    names = {"state": "s1"} if states else {}
    return judge.judge(
        cell,
        saved(digests[0], **names, **record),
        loaded(digests[1], **({"state": "s2"} if states else {})),
    )


def proba(shift=0.0):
    return {"predict_proba": np.linspace(0.01, 0.98, 8) + shift}


def test_equal_state_and_other_outputs_are_numerics():
    found = with_extras(
        proba(), proba(1e-9), {"s1": {"weights[0]": "a"}, "s2": {"weights[0]": "a"}}
    )

    assert found.verdict is Verdict.EQUIVALENT
    assert found.state == "equal"
    assert found.reason.endswith("state equal: numerics")


def test_equal_state_and_drift_is_another_computation():
    found = with_extras(
        proba(), proba(0.01), {"s1": {"weights[0]": "a"}, "s2": {"weights[0]": "a"}}
    )

    assert found.verdict is Verdict.DRIFT
    assert found.reason.endswith("state equal: the library computes otherwise")


def test_other_state_is_damage_and_counted():
    before = {"weights[0]": "a", "weights[1]": "b", "weights[2]": "c"}
    found = with_extras(proba(), proba(0.01), {"s1": before, "s2": before | {"weights[1]": "x"}})

    assert found.verdict is Verdict.DRIFT
    assert found.state == "differs"
    assert found.reason.endswith("1 of 3 arrays differ (weights[1]): damage")


def test_arrays_that_moved_are_another_layout():
    found = with_extras(proba(), proba(1e-9), {"s1": {"coef_": "a"}, "s2": {"coefs_": "a"}})

    assert found.state == "layout"
    assert "1 arrays are gone (coef_); 1 arrays are new (coefs_): other layout" in found.reason


def test_a_format_that_shows_no_state_leaves_it_unknown():
    assert with_extras(proba(), proba(1e-9)).state == "unknown"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({"optimizer[0]": "m", "optimizer[1]": "v"}, "kept"),
        ({"optimizer[1]": "m", "optimizer[0]": "v"}, "kept"),
        ({"optimizer[0]": "m", "optimizer[1]": "w"}, "changed"),
        ({"optimizer[0]": "m"}, "lost"),
        ({}, "lost"),
    ],
)
def test_the_optimizer_is_told_apart_from_the_model(after, expected):
    before = {"weights[0]": "a", "optimizer[0]": "m", "optimizer[1]": "v"}

    found = with_extras(proba(), proba(), {"s1": before, "s2": {"weights[0]": "a"} | after})

    assert found.verdict is Verdict.IDENTICAL
    assert found.state == "equal"
    assert found.optimizer == expected


def test_the_noise_of_the_writer_is_allowed_to_the_reader():
    found = with_extras(proba(), proba(8e-7), noise="again", again=proba(9e-7))

    assert found.verdict is Verdict.EQUIVALENT
    assert found.noise == pytest.approx(9e-7)


def test_a_writer_that_does_not_repeat_itself_is_unstable_even_if_the_reader_agrees():
    found = with_extras(proba(), proba(), noise="again", again=proba(0.1))

    assert found.verdict is Verdict.UNSTABLE
    assert found.verdict.passes is False
    assert found.noise == pytest.approx(0.1)


def test_the_gap_between_training_and_held_out_rows_is_recorded():
    perfect, other = {"predict": TRUTH}, {"predict": np.array([1, 1, 1, 1, 0, 0, 0, 0])}

    found = with_extras(
        {"predict": 1 - TRUTH}, {"predict": 1 - TRUTH}, kept_train="train", train=other
    )

    assert found.gap == 1.0
    assert np.isnan(with_extras(perfect, perfect).gap)


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


@pytest.mark.parametrize(
    ("loaded_facts", "optimizer", "expected"),
    [
        ({"resumed": "same"}, {"optimizer[0]": "m"}, "yes"),
        ({"resumed": "close"}, {"optimizer[0]": "m"}, "yes"),
        ({"resumed": "far"}, {"optimizer[0]": "m"}, "no"),
        ({"resumed": "far"}, {}, "lost optimizer state"),
        ({"resumed": "far"}, {"optimizer[0]": "x"}, "lost optimizer state"),
        ({"resume_error": "RuntimeError: You must compile your model"}, {}, "lost compiled loss"),
        ({"resume_error": "ValueError: no"}, {}, "no: ValueError: no"),
        ({}, {}, ""),
    ],
)
def test_whether_training_goes_on_is_told_and_what_was_lost(loaded_facts, optimizer, expected):
    arrays = {
        "before": {"predict": TRUTH},
        "after": {"predict": TRUTH},
        "same": {"resumed": np.array([0.5, 0.4])},
        "close": {"resumed": np.array([0.5, 0.400001])},
        "far": {"resumed": np.array([0.5, 0.45])},
    }
    states = {"s1": {"weights[0]": "a", "optimizer[0]": "m"}, "s2": {"weights[0]": "a"} | optimizer}
    cell = next(cell for cell in plan().cells if cell.case.recipe == "forest")
    recipe = contract.Recipe("forest", RECIPE, "r.py")
    judge = Judge(
        {"forest": recipe},
        lambda _: Tolerance(metric=0.1),
        lambda *_: TRUTH,
        arrays.__getitem__,
        states.__getitem__,
    )

    found = judge.judge(cell, saved(resumed="same", state="s1"), loaded(state="s2", **loaded_facts))

    assert found.verdict is Verdict.IDENTICAL
    assert found.resumes == expected
