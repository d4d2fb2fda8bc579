"""Squares: a gap never looks like a pass."""

from __future__ import annotations

import pytest

from crossload.report.view_types import Square, compatibility
from crossload.verdict import GAPS, Verdict


@pytest.mark.parametrize("gap", GAPS)
def test_a_square_with_a_gap_never_shows_as_passed(gap):
    square = Square(counts={Verdict.IDENTICAL: 9, gap: 1})

    assert square.worst is gap
    assert not square.worst.passes


def test_the_worst_of_a_square_is_a_failure_if_there_is_one():
    square = Square(
        counts={Verdict.IDENTICAL: 9, Verdict.NOT_RUN: 1, Verdict.LOAD_ERROR: 1, Verdict.DRIFT: 1}
    )

    assert square.worst is Verdict.DRIFT
    assert (square.passed, square.failed, square.planned) == (9, 2, 12)


def test_what_does_not_exist_does_not_spoil_a_pass():
    assert (
        Square(counts={Verdict.IDENTICAL: 1, Verdict.NOT_AVAILABLE: 5}).worst is Verdict.IDENTICAL
    )


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({}, "no such version"),
        ({Verdict.IDENTICAL: 3, Verdict.NOT_AVAILABLE: 2}, "full"),
        ({Verdict.IDENTICAL: 3, Verdict.DRIFT: 1}, "3 of 4"),
        ({Verdict.IDENTICAL: 3, Verdict.NOT_RUN: 1}, "3 of 3, 1 not measured"),
        ({Verdict.NO_ENVIRONMENT: 1}, "not measured"),
        ({Verdict.NOT_AVAILABLE: 1}, "nothing in common"),
    ],
)
def test_compatibility_is_full_only_if_everything_was_measured_and_passed(counts, expected):
    assert compatibility(Square(counts=counts)) == expected


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ({Verdict.IDENTICAL: 3}, "="),
        ({Verdict.NOT_RUN: 1}, "."),
        ({Verdict.LOAD_ERROR: 12, Verdict.IDENTICAL: 1}, "L 12"),
        ({Verdict.LOAD_ERROR: 9, Verdict.DRIFT: 3, Verdict.NOT_RUN: 1}, "! 3/12"),
        ({Verdict.CRASH: 1, Verdict.DRIFT: 1}, "! 1/2"),
    ],
)
def test_a_square_counts_its_worst_verdict_and_then_all_failures(counts, text):
    assert Square(counts=counts).text == text
