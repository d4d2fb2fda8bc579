"""The values of options: what is a number or a time, and what is refused."""

from __future__ import annotations

import argparse

import pytest

from crossload.cli.option_values import positive_int, seconds


def test_whole_numbers_from_one_are_taken():
    assert [positive_int(text) for text in ("1", "12")] == [1, 12]


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "", "two", "²"])
def test_what_is_no_whole_number_from_one_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="a whole number of at least 1"):
        positive_int(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", 90),
        ("90", 90),
        ("10m", 600),
        ("1h", 3600),
        ("1h30m", 5400),
        ("1h1m1s", 3661),
        ("0.5h", 1800),
        (" 2m ", 120),
    ],
)
def test_times_are_taken_with_or_without_units(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "0", "0s", "1.2.3", "-5", "5 minutes", "1m1h", "s", "."])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="a time such as 90s, 10m or 1h30m"):
        seconds(text)
