"""Distances of outputs at their edges: forms, zeros, infinities."""

from __future__ import annotations

import numpy as np
import pytest

from crossload.verdict import compare
from crossload.verdict.compare import QUANTILES

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
