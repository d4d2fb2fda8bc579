"""Texts of libraries without what differs from run to run, and cut in the middle."""

from __future__ import annotations

import pytest

from crossload.worker.texts import shortened, without_run


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[1m\x1b[31mError\x1b[0m", "Error"),
        ("\x1b]8;;https://a.b\x07link\x1b]8;;\x07", "link"),
        (
            "[16:22:31] /src/c_api.cc:12: Check",
            "[<time>] /src/c_api.cc:12: Check",
        ),
        ("at 2026-11-27T16:22:31.5+01:00, done", "at <time>, done"),
        ("W1127 16:22:31.123456  4711 file.cc:12] x", "W <time> file.cc:12] x"),
        ("pid: 4711, process id 12", "pid: <number>, process id <number>"),
        ("/proc/4711/maps", "/proc/<number>/maps"),
        ("thread 140234567890", "thread <number>"),
        ("a ratio of 10:20, version 1.2.3", "a ratio of 10:20, version 1.2.3"),
        ("expected 12 processes, 3 threads", "expected 12 processes, 3 threads"),
    ],
)
def test_what_differs_from_run_to_run_is_a_word(text, expected):
    assert without_run(text) == expected
    assert without_run(expected) == expected


def test_a_short_text_stays_and_a_long_one_keeps_both_ends():
    assert shortened("abc", 3) == "abc"

    found = shortened("head" + "x" * 500 + "tail", 100)

    assert len(found) == 100
    assert found.startswith("headxx")
    assert found.endswith("xxtail")
    assert " ... " in found
