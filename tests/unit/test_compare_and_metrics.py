"""Distances and metrics at their edges: forms, zeros, infinities, classes that are missing."""

from __future__ import annotations

import numpy as np
import pytest

from crossload.verdict import compare, compute_metrics
from crossload.verdict.compare import QUANTILES
from crossload.verdict.metrics import agreement_metrics, confusion, labels_of, role_of
from crossload.verdict.reasons import plain_number

INF, NAN = float("inf"), float("nan")


def distance(before, after, atol=0.0, rtol=0.0):
    return compare(np.asarray(before), np.asarray(after), atol=atol, rtol=rtol)


def statistics(found):
    return (found.max_abs, found.mean_abs, found.median_abs, found.p99_abs)


def relatives(found):
    return (found.max_rel, found.mean_rel, found.median_rel, found.p99_rel)


def test_equal_arrays_have_no_distance_in_any_statistic():
    found = distance([2.0, -3.0], [2.0, -3.0])

    assert statistics(found) == relatives(found) == (0.0, 0.0, 0.0, 0.0)
    assert (found.changed, found.size, found.form) == (0, 2, "")


def test_relative_differences_are_relative_to_the_value_before():
    found = distance([2.0, 4.0, 10.0], [2.0, 5.0, 12.0])

    assert statistics(found) == (2.0, 1.0, 1.0, 2.0)
    assert relatives(found) == (0.25, pytest.approx(0.15), 0.2, 0.25)


def test_a_difference_of_exactly_the_tolerance_is_within():
    assert distance([0.0], [0.5], atol=0.5).within
    assert not distance([0.0], [0.5000001], atol=0.5).within
    assert distance([8.0], [10.0], rtol=0.25).within
    assert not distance([8.0], [10.1], rtol=0.25).within
    assert distance([-8.0], [-10.5], atol=0.5, rtol=0.25).within


def test_an_infinity_is_far_from_everything_else_at_any_tolerance():
    for before, after in ((INF, 1.0), (1.0, INF), (INF, -INF), (NAN, 1.0), (1.0, NAN)):
        found = distance([before], [after], atol=1e300, rtol=1.0)
        assert (found.max_abs, found.changed) == (INF, 1)


def test_large_values_do_not_warn():
    assert distance([1e308], [-1e308]).max_abs == INF


def test_complex_values_are_compared_as_such():
    found = distance([1 + 1j, 2 + 0j], [1 + 1j, 2 + 3j])

    assert (found.max_abs, found.changed) == (3.0, 1)
    assert distance([1.0], [1 + 2j]).max_abs == 2.0
    assert distance([1 + 2j], [1.0]).max_abs == 2.0


def test_narrow_floats_are_compared_wide():
    found = compare(
        np.array([1.0], dtype="float16"),
        np.array([1.0 + 2**-20], dtype="float64"),
        atol=0.0,
        rtol=0.0,
    )

    assert found.max_abs == 2**-20
    assert found.form == "type float16 became float64"


def test_whole_numbers_do_not_wrap_around():
    found = compare(
        np.array([0, 7], dtype="uint8"), np.array([255, 7], dtype="uint8"), atol=9.0, rtol=9.0
    )

    assert (found.max_abs, found.changed, found.size) == (255.0, 1, 2)
    assert found.max_rel == 255.0


def test_whole_numbers_that_became_floats_are_compared_by_value():
    found = distance([1, 2], [1.0, 2.5])

    assert (found.max_abs, found.changed) == (0.5, 1)
    assert found.form == "type int64 became float64"
    assert distance([1, 2], [1.0, 2.0]).within


def test_booleans_and_whole_numbers_compare_by_value():
    assert distance([True, False], [1, 0]).within
    assert distance([True, False], [True, True]).max_abs == 1.0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([1.0, 2.0], [1, 2]),
        (["a", "b"], [1, 2]),
        ([1, 2], ["a", "b"]),
        ([1.0, 2.0], ["1.0", "2.0"]),
    ],
)
def test_other_kinds_of_values_are_incomparable(before, after):
    found = distance(before, after, atol=100.0)

    assert statistics(found) == relatives(found) == (INF, INF, INF, INF)
    assert (found.changed, found.size) == (2, 2)
    assert found.form.startswith("type ")


def test_words_differ_or_not():
    found = distance(["a", "b", "c", "d"], ["a", "b", "c", "x"])

    assert (found.max_abs, found.mean_abs, found.changed) == (1.0, 0.25, 1)


def test_another_shape_is_infinitely_far_even_if_nothing_was_there():
    found = distance(np.zeros((0, 2)), np.zeros(3))

    assert (found.max_abs, found.changed, found.size) == (INF, 1, 1)
    assert found.form == "shape (0, 2) became (3,)"


def test_empty_arrays_are_equal():
    found = distance(np.zeros((0, 2)), np.zeros((0, 2)))

    assert statistics(found) == relatives(found) == (0.0, 0.0, 0.0, 0.0)
    assert found.within


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


TRUTH = np.array([0, 0, 1, 1])


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


def test_tasks_without_truth_have_no_metrics():
    assert compute_metrics("transform", TRUTH, {"transform": np.eye(4)}, {}) == {}
    assert compute_metrics("clustering", TRUTH, {"predict": TRUTH}, {}) == {}
    assert agreement_metrics("binary", {"predict": TRUTH}, {"predict": TRUTH}, {}) == {}


def cosine(before, after):
    return agreement_metrics(
        "transform", {"transform": np.asarray(before)}, {"transform": np.asarray(after)}, {}
    )["cosine"]


def test_the_cosine_is_that_of_the_worst_row():
    assert cosine([[1.0, 0.0], [0.0, 2.0]], [[1.0, 0.0], [2.0, 0.0]]) == 0.0
    assert cosine([[1.0, 0.0]], [[-3.0, 0.0]]) == -1.0
    assert cosine([[1, 1]], [[2, 0]]) == pytest.approx(np.sqrt(0.5))
    assert cosine([[0.5, 0.0]], [[0.5, 0.0]]) == 1.0


def test_rows_of_zeros_agree_with_rows_of_zeros_only():
    assert cosine([[0.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [1.0, 0.0]]) == 1.0
    assert cosine([[0.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]) == 0.0
    assert cosine([[0.0, 0.0]], [[0.0, 1.0]]) == 0.0


@pytest.mark.parametrize(
    ("before", "after"),
    [([["a"]], [["a"]]), ([[1.0]], [["a"]]), (np.zeros((0, 2)), np.zeros((0, 2)))],
)
def test_what_has_no_angle_has_no_cosine(before, after):
    assert np.isnan(cosine(before, after))


def test_tables_of_more_dimensions_are_compared_row_by_row():
    assert cosine(np.ones((2, 2, 2)), 3 * np.ones((2, 2, 2))) == pytest.approx(1.0)


def test_agreement_needs_labels_on_both_sides():
    labels, scores = {"predict": np.array([1, 1, -1, 1])}, {"decision_function": np.arange(4.0)}

    assert agreement_metrics("outlier", labels, scores, {}) == {}
    assert agreement_metrics("outlier", scores, labels, {}) == {}
    assert agreement_metrics("transform", {"transform": np.eye(2)}, {}, {}) == {}
    assert agreement_metrics("outlier", labels, {"predict": np.array([1, 1, -1, -1])}, {}) == {
        "label_agreement": 0.75
    }


@pytest.mark.parametrize(
    ("task", "name"), [("outlier", "label_agreement"), ("clustering", "adjusted_rand")]
)
def test_labels_of_another_length_do_not_agree(task, name):
    found = agreement_metrics(task, {"predict": np.array([1, 2])}, {"predict": np.array([1])}, {})

    assert list(found) == [name]
    assert np.isnan(found[name])


def test_quantiles_are_kept_of_numbers_and_not_of_labels():
    before = np.linspace(0, 1, 101)
    found = compare(before, before + np.linspace(0, 1, 101), atol=0, rtol=0)

    assert len(found.quantiles) == QUANTILES
    assert (found.quantiles[0], found.quantiles[-1], found.exact) == (0.0, found.max_abs, False)
    assert list(found.quantiles) == sorted(found.quantiles)
    labels = compare(np.array([0, 1, 2]), np.array([0, 1, 9]), atol=0, rtol=0)
    assert (labels.quantiles, labels.exact, labels.changed) == ((), True, 1)
    assert compare(before, np.full(101, np.nan), atol=0, rtol=0).quantiles == ()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2222.8, "2220"),
        (173.4, "173"),
        (1000.0, "1000"),
        (0.0856, "0.0856"),
        (1.1e-7, "1.1e-07"),
        (1e9, "1e+09"),
        (21.0, "21"),
    ],
)
def test_numbers_are_written_as_people_write_them(value, text):
    assert plain_number(value) == text
