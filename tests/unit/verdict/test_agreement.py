"""Metrics of tasks without a truth: agreement with the outputs before saving."""

from __future__ import annotations

import numpy as np
import pytest
from builders_verdict import TRUTH as EIGHT

from crossload.verdict import compute_metrics
from crossload.verdict.agreement import agreement_metrics

TRUTH = np.array([0, 0, 1, 1])


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
        "clustering", EIGHT, {"transform": np.array([[1.0, 5.0], [3.0, 2.0]])}, {}
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
