"""What a judgement carries beside its verdict: every reason, number and flag."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import RECIPE, loaded, plan, saved

from crossload.config.spec import Tolerance
from crossload.plan import Case, Cell
from crossload.verdict import Judge, Verdict
from crossload.verdict.reasons import lost_class, metric_drifts
from crossload.worker import contract

TRUTH = np.array([0, 1, 0, 1])
TRAIN = np.array([1, 1, 1, 0])
ERROR = {"error": {"type": "ValueError", "message": "first\n  second   line", "traceback": ""}}
WARNING = {"category": "UserWarning", "text": "t", "count": 1}


def judged(arrays, save=None, load=None, *, task="binary", tolerance=None, states=None, asked=None):
    """Judge one cell whose outputs, by the names of their files, are the given ones."""
    recipe = contract.Recipe(
        "forest", dict(RECIPE, task=task, outputs=list(arrays["before"])), "r.py"
    )
    first = next(cell for cell in plan().cells if cell.case.recipe == "forest")
    case = type(first.case)(
        **{name: getattr(first.case, name) for name in first.case.__slots__} | {"task": task}
    )
    cell = type(first)(case, first.writer, first.reader)
    parts = {"y_test": TRUTH, "y_train": TRAIN}

    def truth(name, part):
        assert name == "iris"
        return parts[part]

    def allowed(of):
        assert of is case
        return tolerance or Tolerance(metric=0.001, atol=1e-6, rtol=0.0)

    judge = Judge(
        {"forest": recipe}, allowed, truth, arrays.__getitem__, (states or {}).__getitem__
    )
    same = dict.fromkeys(arrays["before"], "d")
    other = {
        name: "d" if np.array_equal(array, arrays["after"].get(name)) else "e"
        for name, array in arrays["before"].items()
    }
    save = saved(same) | (save or {})
    load = loaded(other) | (load or {})
    return (asked or Judge.judge)(judge, cell, save, load)


def same(outputs):
    return {"before": outputs, "after": outputs}


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


def test_an_unstable_writer_shows_its_metrics_and_noise():
    arrays = same({"predict_proba": np.array([0.1, 0.9, 0.1, 0.9])}) | {
        "again": {"predict_proba": np.array([0.3, 0.9, 0.1, 0.9])}
    }

    found = judged(arrays, {"noise": "again"})

    assert found.verdict is Verdict.UNSTABLE
    assert found.reason == "two predictions of the writer itself differ by 0.2 at most"
    assert found.before["accuracy"] == found.after["accuracy"] == 1.0
    assert found.noise == pytest.approx(0.2)


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


def test_the_noise_that_is_tolerated_is_recorded_with_a_pass():
    arrays = same({"predict_proba": np.array([0.1, 0.9])}) | {
        "again": {"predict_proba": np.array([0.1 + 5e-7, 0.9])}
    }

    assert judged(arrays, {"noise": "again"}).noise == pytest.approx(5e-7)


def test_tasks_without_truth_compare_with_what_was_before():
    found = judged(
        {"before": {"transform": np.eye(2)}, "after": {"transform": np.eye(2)[::-1]}},
        task="transform",
    )

    assert (found.before, found.after) == ({"cosine": 1.0}, {"cosine": 0.0})
    assert found.reason.startswith(
        "cosine 1 -> 0 (1000 times its tolerance); transform: 4 of 4 values moved"
    )


def test_the_gap_is_the_training_score_minus_the_held_out_score():
    arrays = same({"predict": np.array([0, 1, 0, 0])}) | {"train": {"predict": TRAIN}}

    assert judged(arrays, {"kept_train": "train"}).gap == pytest.approx(0.25)
    assert np.isnan(judged(arrays).gap)
    regression = same({"predict": np.array([0.0, 1.0, 0.0, 0.0])}) | {
        "train": {"predict": TRAIN.astype(float)}
    }
    assert judged(regression, {"kept_train": "train"}, task="regression").gap == pytest.approx(1.0)
    assert np.isnan(
        judged(same({"predict": TRUTH}), {"kept_train": "before"}, task="clustering").gap
    )


def test_a_state_on_one_side_only_is_unknown():
    states = {"s": {"weights[0]": "a"}}

    assert judged(same({"predict": TRUTH}), {"state": "s"}, states=states).state == "unknown"
    assert judged(same({"predict": TRUTH}), {}, {"state": "s"}, states=states).state == "unknown"
    assert (
        judged(same({"predict": TRUTH}), {"state": "s"}, {"state": "s"}, states=states).state
        == "equal"
    )


def test_an_answer_is_computed_once_for_each_pair_of_outputs():
    asked = []

    class Arrays(dict):
        def __getitem__(self, name):
            asked.append(name)
            return {"predict": TRUTH if name == "before" else 1 - TRUTH}

    recipe = contract.Recipe("forest", RECIPE, "r.py")
    judge = Judge({"forest": recipe}, lambda _: Tolerance(), lambda *_: TRUTH, Arrays().__getitem__)
    cell = next(cell for cell in plan().cells if cell.case.recipe == "forest")
    for _ in range(3):
        judge.judge(cell, saved({"predict": "a"}), loaded({"predict": "b"}))

    assert len(asked) == 6  # metrics, confusion and distances, each asked once


def test_labels_that_are_no_classes_are_not_counted():
    before, after = {"predict": np.array([1.0, 2.0])}, {"predict": np.array([1.5, 2.0])}

    found = judged({"before": before, "after": after}, task="regression")

    assert found.changed_labels == 0


def test_labels_of_another_number_of_rows_have_all_changed():
    found = judged({"before": {"predict": TRUTH}, "after": {"predict": TRUTH[:2]}})

    assert found.changed_labels == 4
    assert found.verdict is Verdict.DRIFT


def test_a_metric_that_appears_or_vanishes_moved_infinitely():
    assert metric_drifts({}, {"a": 1.0}, 0.5) == [("a", float("inf"), float("inf"))]
    assert metric_drifts({"a": float("nan")}, {"a": float("nan")}, 0.5) == []
    assert metric_drifts({"a": float("nan")}, {}, 0.5) == []


def test_metrics_above_one_are_relative_those_below_are_not():
    (loss,) = metric_drifts({"rmse": 4.0}, {"rmse": 5.0}, 0.125)
    (score,) = metric_drifts({"r2": 0.5}, {"r2": 0.75}, 0.125)
    (negative,) = metric_drifts({"r2": -4.0}, {"r2": -3.0}, 0.125)

    assert (loss.excess, score.excess, negative.excess) == (2.0, 2.0, 2.0)


def test_what_the_writer_does_not_repeat_in_a_fresh_process_is_not_asked_of_readers():
    before = {"predict_proba": np.array([0.1, 0.9])}
    arrays = {"before": before, "after": {"predict_proba": np.array([0.1, 0.9 + 1.5e-6])}}
    arrays["diagonal"] = {"predict_proba": np.array([0.1, 0.9 + 9e-7])}
    near = loaded({"predict_proba": "x"}, kept="diagonal")

    def asked(diagonal, writer="sklearn-1.0"):
        def ask(judge, cell, save, load):
            other = type(cell)(cell.case, writer, "sklearn-1.1")
            return judge.judge(other, save, load, "", diagonal)

        return judged(arrays, tolerance=Tolerance(metric=0.1, atol=1e-6, rtol=0.0), asked=ask)

    assert asked(None).verdict is Verdict.DRIFT
    found = asked(near)
    assert (found.verdict, found.noise) == (Verdict.DRIFT, pytest.approx(9e-7))
    arrays["diagonal"] = {"predict_proba": np.array([0.1 + 1e-6, 0.9])}
    assert asked(near | {"status": "error"}).noise == 0.0
    assert asked(near, writer="sklearn-1.1").noise == 0.0


def test_a_diagonal_beyond_the_tolerance_is_drift_not_noise():
    before = {"predict_proba": np.array([0.1, 0.9])}
    arrays = {"before": before, "after": {"predict_proba": np.array([0.1, 0.95])}}

    def ask(judge, cell, save, load):
        other = type(cell)(cell.case, "sklearn-1.0", "sklearn-1.1")
        return judge.judge(other, save, load, "", load)

    found = judged(arrays, asked=ask)

    assert (found.verdict, found.noise) == (Verdict.DRIFT, 0.0)


@pytest.mark.parametrize(
    ("reason", "custom", "expected"),
    [
        ("ValueError: Unknown layer: 'Scale'. Please ensure", True, "custom class Scale"),
        ("ValueError: Unknown layer: 'Cast'. Please ensure", False, "class Cast"),
        ("TypeError: Could not locate class 'Functional'. Make sure", False, "class Functional"),
        (
            "AttributeError: Can't get attribute '_RemainderColsList' on <module",
            False,
            "class _RemainderColsList",
        ),
        ("ValueError: node array", True, ""),
    ],
)
def test_a_class_that_the_reader_lacks_is_named(reason, custom, expected):
    assert lost_class(reason, custom=custom) == expected


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


def test_a_diagonal_that_failed_gives_no_noise():
    before = {"predict_proba": np.array([0.1, 0.9])}
    arrays = {
        "before": before,
        "after": before,
        "diagonal": {"predict_proba": np.array([0.1 + 9e-7, 0.9])},
    }
    failed = loaded({"predict_proba": "x"}, kept="diagonal", status="error")

    def ask(judge, cell, save, load):
        return judge.judge(
            type(cell)(cell.case, "sklearn-1.0", "sklearn-1.1"), save, load, "", failed
        )

    assert judged(arrays, asked=ask).noise == 0.0


def test_the_noise_of_one_output_does_not_excuse_another():
    arrays = {
        "before": {"predict": np.array([1e6, 1e6]), "predict_proba": np.array([0.9, 0.1])},
        "again": {"predict": np.array([1e6 + 9, 1e6]), "predict_proba": np.array([0.9, 0.1])},
        "after": {"predict": np.array([1e6, 1e6]), "predict_proba": np.array([0.1, 0.9])},
    }
    digests = {"predict": "d1", "predict_proba": "d2"}
    spec = dict(RECIPE, task="object", outputs=["predict", "predict_proba"])
    judge = Judge(
        {"forest": contract.Recipe("forest", spec, "r.py")},
        lambda _: Tolerance(metric=0.001, atol=1e-6, rtol=1e-5),
        lambda *_: np.array([0, 1]),
        arrays.__getitem__,
    )
    case = Case(
        recipe="forest", format="pickle", saver="pickle", family="f", task="object", data="iris"
    )

    found = judge.judge(
        Cell(case, "a", "b"),
        saved(digests, noise="again"),
        loaded({"predict": "d1", "predict_proba": "d3"}),
    )

    assert found.verdict is Verdict.DRIFT
    assert found.noise == 9
