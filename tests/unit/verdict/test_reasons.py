"""Reasons in words: the worst metrics, lost classes, numbers as people write them."""

from __future__ import annotations

import pytest

from crossload.verdict.reasons import encodable, error_text, lost_class, metric_drifts, plain_number


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


SHA = "0a39eca1bf5b32517f231364aedcf161ad6e6d796c00b73cc39ddaaeb3a2919e"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"filepath=<artifacts>/{SHA}/model.", "filepath=<artifacts>/<digest>/model."),
        (f"md5 {SHA[:32]}", "md5 <digest>"),
        ("<scratch>/tmpk3_x9abq/a.npy", "<scratch>/<temporary>/a.npy"),
        ("<Scale object at 0x7f3a5c001230>", "<Scale object at 0x...>"),
        ("the value deadbeef of layer tmp", "the value deadbeef of layer tmp"),
        ("tmpfile12 and 0x12", "tmpfile12 and 0x12"),
        ("half \ud800", "half ?"),
    ],
)
def test_what_differs_from_run_to_run_is_a_word(text, expected):
    assert encodable(text) == expected


def test_no_digest_is_cut_in_the_middle_and_left():
    error = {"type": "ValueError", "message": "x" * 380 + f" {SHA}"}

    assert SHA[:8] not in error_text({"error": error})
