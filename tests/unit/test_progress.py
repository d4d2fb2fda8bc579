"""Progress: what is said, and when."""

from __future__ import annotations

import io

import pytest

from crossload.progress import PlainProgress, duration


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_durations_read_well():
    assert [duration(seconds) for seconds in (0.4, 59.4, 75, 3600)] == ["0s", "59s", "1m15s", "60m00s"]


def test_lines_come_now_and_then_with_rate_and_time_left(clock):
    stream = io.StringIO()
    progress = PlainProgress("m", stream, clock=clock)
    progress.start(1000, 200)
    progress.settled(1)
    for _ in range(4):
        clock.now += 5
        progress.settled(50)

    assert stream.getvalue().splitlines() == [
        "[m] 1000 cells (controls included), 200 known from before, 800 without an outcome",
        "[m] 0 saves, 301 of 1000 cells, 10 a second, 1m10s left",
        "[m] 0 saves, 401 of 1000 cells, 10 a second, 1m00s left",
    ]


def test_time_left_is_not_guessed_from_a_few_cells(clock):
    progress = PlainProgress("m", io.StringIO(), clock=clock)
    progress.start(1000, 0)
    progress.settled(1)
    clock.now += 30
    progress.settled(5)

    assert "left" not in progress.status()


def test_notes_are_said_at_once_each_line_marked(clock):
    stream = io.StringIO()
    PlainProgress("m", stream, clock=clock).note("one\ntwo")

    assert stream.getvalue() == "[m] one\n[m] two\n"
