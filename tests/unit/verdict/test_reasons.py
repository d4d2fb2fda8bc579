"""Reasons in words: the worst metrics, numbers as people write them."""

from __future__ import annotations

import pytest

from crossload.verdict.reasons import metric_drifts, plain_number


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


def test_a_metric_that_appears_or_vanishes_moved_infinitely():
    assert metric_drifts({}, {"a": 1.0}, 0.5) == [("a", float("inf"), float("inf"))]
    assert metric_drifts({"a": float("nan")}, {"a": float("nan")}, 0.5) == []
    assert metric_drifts({"a": float("nan")}, {}, 0.5) == []


def test_metrics_above_one_are_relative_those_below_are_not():
    (loss,) = metric_drifts({"rmse": 4.0}, {"rmse": 5.0}, 0.125)
    (score,) = metric_drifts({"r2": 0.5}, {"r2": 0.75}, 0.125)
    (negative,) = metric_drifts({"r2": -4.0}, {"r2": -3.0}, 0.125)

    assert (loss.excess, score.excess, negative.excess) == (2.0, 2.0, 2.0)


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
