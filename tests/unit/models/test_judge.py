"""Labels of users against what their models predict."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from helpers import loaded, saved

from crossload.config import Tolerance
from crossload.errors import ConfigError
from crossload.models.judge import judge, task_of
from crossload.verdict import Verdict

MODEL = SimpleNamespace(way="joblib")


def judge_outputs(before, after, truth, task="classifier"):
    arrays = {"before": {"predict": np.array(before)}, "after": {"predict": np.array(after)}}
    store = SimpleNamespace(blobs=SimpleNamespace(arrays=arrays.__getitem__, state={}.__getitem__))
    first = saved({"predict": "d1"}, tasks={"": task})
    second = loaded({"predict": "d1" if before == after else "d2"})
    return judge(
        MODEL, first, second, store, None if truth is None else np.array(truth), Tolerance()
    )


def test_without_labels_predictions_alone_are_compared():
    assert judge_outputs([0, 1, 1], [0, 1, 1], None).verdict is Verdict.IDENTICAL
    assert judge_outputs([0, 1, 1], [0, 1, 0], None).changed_labels == 1


@pytest.mark.parametrize("truth", [[0, 1, 1, 0], [0.0, 1.0, 1.0, 0.0], [False, True, True, False]])
def test_two_classes_that_are_numbers_are_binary_whatever_type_the_labels_have(truth):
    found = judge_outputs([0, 1, 1, 0], [0, 1, 0, 0], truth)

    assert found.verdict is Verdict.DRIFT
    assert (found.before["recall"], found.after["recall"]) == (1.0, 0.5)
    assert (found.before["tp"], found.after["tp"]) == (2.0, 1.0)


def test_labels_between_whole_numbers_meet_predictions_that_are_recorded_as_text():
    found = judge_outputs(["0.5", "1.5", "0.5"], ["0.5", "1.5", "1.5"], [0.5, 1.5, 0.5])

    assert (found.before["accuracy"], found.after["accuracy"]) == (1.0, pytest.approx(2 / 3))


def test_regressions_have_their_own_metrics():
    found = judge_outputs([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], [1.0, 2.0, 3.0], "regressor")

    assert found.before["r2"] == 1.0
    assert found.worst_metric in ("r2", "mae", "rmse", "max_error")


@pytest.mark.parametrize(
    ("predicted", "truth"), [(["a", "b"], [0, 1]), ([0, 1], ["a", "b"]), ([0, 1], [0, 1, 1])]
)
def test_labels_of_another_kind_or_number_are_bad_input(predicted, truth):
    with pytest.raises(ConfigError, match="--target"):
        judge_outputs(predicted, predicted, truth)


def task(arrays, truth, tasks=None):
    store = SimpleNamespace(blobs=SimpleNamespace(arrays=lambda _kept: arrays))
    return task_of({"kept": "k", "tasks": tasks or {"": "classifier"}}, store, truth)


@pytest.mark.parametrize(
    ("output", "truth", "expected"),
    [
        (np.eye(3), np.array([0, 1, 2]), "multiclass"),
        (np.eye(3), np.array([0.0, 1.0, 2.0]), "multiclass"),
        (np.ones((2, 1)), np.array([0, 1]), "binary"),
        (np.ones((2, 1)), np.array([0.5, 1.5]), "regression"),
        (np.ones((2, 2)), np.array([0.5, 1.5]), "regression"),
    ],
)
def test_the_labels_tell_what_a_network_is_for(output, truth, expected):
    assert task({"call": output}, truth, {"": "network"}) == expected


@pytest.mark.parametrize(
    ("arrays", "truth", "tasks"),
    [
        ({"predict": np.array([0, 1])}, None, None),
        ({"predict": np.array([0, 1])}, np.array([0, 1]), {"a": "classifier", "b": "classifier"}),
        ({"transform": np.ones((2, 2))}, np.array([0, 1]), {"": "transformer"}),
        ({"predict": np.ones((2, 2))}, np.array([0, 1]), {"": "regressor"}),
    ],
)
def test_without_labels_for_one_column_of_predictions_there_are_no_metrics(arrays, truth, tasks):
    assert task(arrays, truth, tasks) == "object"


def test_a_model_that_predicts_nothing_keeps_its_labels_unused():
    arrays = {"before": {"decision_function": np.array([0.5, -0.5])}}
    store = SimpleNamespace(blobs=SimpleNamespace(arrays=arrays.__getitem__, state={}.__getitem__))
    first = saved({"decision_function": "d1"}, tasks={"": "classifier"})

    found = judge(
        MODEL,
        first,
        loaded({"decision_function": "d1"}, kept="before"),
        store,
        np.array([0, 1]),
        Tolerance(),
    )

    assert (found.verdict, found.before) == (Verdict.IDENTICAL, {})
