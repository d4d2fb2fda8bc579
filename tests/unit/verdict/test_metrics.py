"""Metrics of classification and regression at their edges: other forms, missing classes."""

from __future__ import annotations

import numpy as np
import pytest
from builders_verdict import TRUTH as EIGHT

from crossload.verdict import compute_metrics
from crossload.verdict.metrics import confusion, labels_of, role_of

INF, NAN = float("inf"), float("nan")


TRUTH = np.array([0, 0, 1, 1])


@pytest.mark.parametrize(
    ("output", "task", "roles", "expected"),
    [
        ("predict", "binary", {}, "labels"),
        ("predict", "regression", {}, "values"),
        ("predict_proba", "binary", {}, "proba"),
        ("decision_function", "outlier", {}, "score"),
        ("transform", "transform", {}, "values"),
        ("call", "binary", {}, "proba"),
        ("call", "multiclass", {}, "proba"),
        ("call", "regression", {}, "values"),
        ("call", "outlier", {}, "score"),
        ("anything", "binary", {}, "values"),
        ("anything", "binary", {"anything": "labels"}, "labels"),
    ],
)
def test_roles_come_from_the_recipe_then_the_name_and_task(output, task, roles, expected):
    assert role_of(output, task, roles) == expected


def test_a_probability_of_exactly_one_half_is_class_zero():
    assert labels_of("binary", {"call": np.array([0.5, 0.5000001])}, {}).tolist() == [0, 1]


def test_labels_of_a_column_are_flat_and_other_tasks_have_none():
    assert labels_of("binary", {"predict": np.array([[0], [1]])}, {}).tolist() == [0, 1]
    assert labels_of("regression", {"call": np.array([0.4])}, {}) is None
    assert labels_of("clustering", {"predict_proba": np.eye(2)}, {}) is None


def test_a_model_that_never_finds_the_positive_class_has_zeros_not_warnings():
    found = compute_metrics("binary", TRUTH, {"predict": np.zeros(4, dtype=int)}, {})

    assert (found["precision"], found["recall"], found["f1"], found["accuracy"]) == (
        0.0,
        0.0,
        0.0,
        0.5,
    )
    assert (found["tp"], found["fp"], found["fn"], found["tn"]) == (0.0, 0.0, 2.0, 2.0)


def test_a_class_that_is_never_predicted_has_zeros_for_itself():
    found = compute_metrics("multiclass", np.array([0, 1, 2]), {"predict": np.array([0, 1, 1])}, {})

    assert (found["precision[2]"], found["recall[2]"], found["f1[2]"]) == (0.0, 0.0, 0.0)
    assert found["recall[0]"] == found["recall[1]"] == found["precision[0]"] == 1.0
    assert found["f1[1]"] == pytest.approx(2 / 3)
    assert found["precision"] == pytest.approx(0.5)


def test_the_confusion_matrix_has_rows_of_true_classes():
    found = confusion("multiclass", np.array([0, 1, 2, 2]), {"predict": np.array([0, 2, 2, 1])}, {})

    assert found == [[1, 0, 0], [0, 0, 1], [0, 1, 1]]


def test_there_is_no_confusion_matrix_of_foreign_labels_other_lengths_or_other_tasks():
    assert confusion("binary", TRUTH, {"predict": np.array([0, 1, 2, 1])}, {}) is None
    assert confusion("binary", TRUTH, {"predict": np.array([0, 1])}, {}) is None
    assert (
        confusion("binary", TRUTH, {"decision_function": np.array([0.1, 0.2, 0.3, 0.4])}, {})
        is None
    )
    assert confusion("clustering", TRUTH, {"predict": TRUTH}, {}) is None
    assert confusion("binary", TRUTH, {"predict": np.zeros(4, dtype=int)}, {}) == [[2, 0], [2, 0]]


@pytest.mark.parametrize(
    ("task", "proba"),
    [
        ("binary", np.array([[0.1], [0.2]])),
        ("binary", np.array([[0.1, 0.8, 0.1]] * 4)),
        ("binary", np.array([[NAN], [0.2], [0.3], [0.4]])),
        ("multiclass", np.array([[0.5, 0.5]] * 4)),
    ],
)
def test_probabilities_of_another_form_have_no_loss_and_no_area(task, proba):
    truth = TRUTH if task == "binary" else np.array([0, 1, 2, 2])

    found = compute_metrics(task, truth, {"predict_proba": proba}, {})

    assert np.isnan(found["log_loss"])
    assert np.isnan(found["roc_auc"])


def test_the_loss_is_that_of_the_true_class():
    proba = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6]])

    found = compute_metrics("binary", TRUTH, {"predict_proba": proba}, {})

    assert found["log_loss"] == pytest.approx(-np.log([0.9, 0.8, 0.7, 0.6]).mean())
    assert compute_metrics("binary", TRUTH, {"call": proba[:, 1]}, {})["log_loss"] == pytest.approx(
        found["log_loss"]
    )
    assert compute_metrics("binary", TRUTH, {"call": proba[:, 1:]}, {})["roc_auc"] == 1.0


def test_certainty_of_the_wrong_class_has_a_finite_loss():
    found = compute_metrics(
        "binary", TRUTH, {"predict_proba": np.array([[0.0, 1.0]] * 2 + [[1.0, 0.0]] * 2)}, {}
    )

    assert 30 < found["log_loss"] < 40
    assert found["roc_auc"] == 0.0


def test_the_area_of_several_classes_is_the_mean_of_each_against_the_rest():
    truth = np.array([0, 1, 2, 0])
    proba = np.array([[0.6, 0.3, 0.1], [0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.2, 0.4, 0.4]])

    found = compute_metrics("multiclass", truth, {"predict_proba": proba}, {})

    assert found["roc_auc"] == pytest.approx((0.75 + 0.5 + 1.0) / 3)


def test_probabilities_go_before_scores():
    outputs = {
        "decision_function": np.array([4.0, 3.0, 2.0, 1.0]),
        "predict_proba": np.array([0.1, 0.2, 0.8, 0.9]),
    }

    assert compute_metrics("binary", TRUTH, outputs, {})["roc_auc"] == 1.0


def test_one_class_alone_has_no_area():
    assert np.isnan(
        compute_metrics(
            "binary", np.zeros(3, dtype=int), {"decision_function": np.arange(3.0)}, {}
        )["roc_auc"]
    )


@pytest.mark.parametrize(
    "values", [np.array([1.0, NAN]), np.array([1.0, INF]), np.array([1.0]), None]
)
def test_a_regression_that_cannot_be_scored_has_no_metrics(values):
    outputs = {} if values is None else {"predict": values}

    found = compute_metrics("regression", np.array([1.0, 2.0]), outputs, {})

    assert list(found) == ["r2", "mae", "rmse", "max_error"]
    assert all(np.isnan(value) for value in found.values())


def test_a_column_of_predictions_is_a_regression_too():
    found = compute_metrics(
        "regression", np.array([1.0, 2.0, 4.0]), {"call": np.array([[1.0], [2.0], [3.0]])}, {}
    )

    assert found["max_error"] == 1.0
    assert found["r2"] == pytest.approx(1 - 1 / (14 / 3))


def test_binary_metrics_are_those_of_the_positive_class():
    found = compute_metrics("binary", EIGHT, {"predict": np.array([0, 0, 1, 1, 1, 0, 0, 0])}, {})

    assert found["accuracy"] == pytest.approx(5 / 8)
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == pytest.approx(2 / 4)
    assert (found["tp"], found["fp"], found["fn"], found["tn"]) == (2, 1, 2, 3)
    assert "log_loss" not in found


def test_metrics_of_a_sigmoid_column():
    proba = np.array([[0.1], [0.2], [0.3], [0.9], [0.8], [0.7], [0.4], [0.6]])

    found = compute_metrics("binary", EIGHT, {"call": proba}, {})

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
    assert np.isnan(compute_metrics("binary", EIGHT, {"predict": np.array([0, 1])}, {})["accuracy"])


def test_labels_come_from_probabilities_where_none_are_recorded():
    assert labels_of("multiclass", {"call": np.array([[0.1, 0.7, 0.2]])}, {}).tolist() == [1]
    assert labels_of("transform", {"transform": np.eye(2)}, {}) is None


def test_multiclass_metrics_are_there_for_each_class():
    truth = np.array([0, 1, 2, 2])

    found = compute_metrics("multiclass", truth, {"predict": np.array([0, 1, 2, 1])}, {})

    assert (found["recall[0]"], found["recall[1]"], found["recall[2]"]) == (1.0, 1.0, 0.5)
    assert found["precision[1]"] == 0.5


def test_the_area_under_the_roc_curve():
    scores = np.array([-1.0, -0.5, -0.2, 0.3, 0.9, 0.1, -0.9, 0.2])

    assert compute_metrics("binary", EIGHT, {"decision_function": scores}, {})["roc_auc"] == 1.0
    assert compute_metrics("binary", EIGHT, {"decision_function": -scores}, {})["roc_auc"] == 0.0
    assert "roc_auc" not in compute_metrics("binary", EIGHT, {"predict": EIGHT}, {})
    many = compute_metrics("multiclass", np.array([0, 1, 2]), {"predict_proba": np.eye(3)}, {})
    assert many["roc_auc"] == 1.0
