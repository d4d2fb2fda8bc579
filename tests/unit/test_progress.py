"""Progress: what is said, and when."""

from __future__ import annotations

import io
import re

import pytest
from helpers import plan
from rich.console import Console

from crossload.matrix.progress import LiveProgress, PlainProgress, failure_of
from crossload.system import duration
from crossload.verdict import Verdict

CELLS = plan(tuple(f"1.{n}" for n in range(13))).cells[:1000]
OK = {"kind": "load", "status": "ok"}


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_durations_read_well():
    assert [duration(seconds) for seconds in (0.4, 59.4, 75, 3600)] == [
        "0s",
        "59s",
        "1m15s",
        "60m00s",
    ]


def test_lines_come_now_and_then_with_rate_and_time_left(clock):
    stream = io.StringIO()
    progress = PlainProgress("m", stream, clock=clock)
    progress.start(1000, CELLS[:800])
    progress.settled(CELLS[:1], OK)
    for _ in range(4):
        clock.now += 5
        progress.settled(CELLS[:50], OK)

    assert stream.getvalue().splitlines() == [
        "[m] 1000 cells (controls included), 200 known from before, 800 without an outcome",
        "[m] 0 saves, 301 of 1000 cells, 10 a second, 1m10s left",
        "[m] 0 saves, 401 of 1000 cells, 10 a second, 1m00s left",
    ]


def test_time_left_is_not_guessed_from_a_few_cells(clock):
    progress = PlainProgress("m", io.StringIO(), clock=clock)
    progress.start(1000, CELLS)
    progress.settled(CELLS[:1], OK)
    clock.now += 30
    progress.settled(CELLS[:5], OK)

    assert "left" not in progress.status()


def test_notes_are_said_at_once_each_line_marked(clock):
    stream = io.StringIO()
    PlainProgress("m", stream, clock=clock).note("one\ntwo")

    assert stream.getvalue() == "[m] one\n[m] two\n"


@pytest.mark.parametrize(
    ("record", "verdict"),
    [
        (OK, None),
        ({"kind": "load", "status": "na"}, None),
        ({"kind": "load", "status": "crash"}, Verdict.CRASH),
        ({"kind": "load", "status": "error", "stage": "predict"}, Verdict.PREDICT_ERROR),
        ({"kind": "load", "status": "error", "stage": "load"}, Verdict.LOAD_ERROR),
        ({"kind": "save", "status": "error", "stage": "save"}, Verdict.SAVE_ERROR),
        ({"kind": "save", "status": "timeout"}, Verdict.TIMEOUT),
    ],
)
def test_failures_are_told_before_they_are_judged(record, verdict):
    assert failure_of(record) is verdict


def test_failures_so_far_are_counted_without_controls(clock):
    progress = PlainProgress("m", io.StringIO(), clock=clock, controls=frozenset({"ridge"}))
    forests = [cell for cell in CELLS if cell.case.recipe == "forest"]
    ridges = [cell for cell in CELLS if cell.case.recipe == "ridge"]
    progress.start(len(CELLS), CELLS)
    progress.settled(forests[:3], {"kind": "load", "status": "crash"})
    progress.settled(ridges[:3], {"kind": "load", "status": "crash"})
    progress.settled(forests[3:10], OK)
    progress.drifted(forests[3:5])

    assert "13 of 1000 cells" in progress.status()
    assert "5 failed so far" in progress.status()


def live(width, height, cells):
    console = Console(
        file=io.StringIO(),
        width=width,
        height=height,
        force_terminal=True,
        highlight=False,
        markup=False,
    )
    ids = list(dict.fromkeys(cell.writer for cell in cells))
    progress = LiveProgress("m", ids, console=console)
    progress.close()  # what it shows is asked for; it need not draw it by itself
    return progress, console, ids


def lines_of(progress, console):
    with console.capture() as capture:
        console.print(progress._render())
    return [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in capture.get().splitlines()]


def test_the_live_map_fills(clock):
    cells = plan(("1.0", "1.1")).cells
    progress, console, ids = live(80, 24, cells)
    pair = [cell for cell in cells if (cell.writer, cell.reader) == (ids[0], ids[1])]
    other = [cell for cell in cells if (cell.writer, cell.reader) == (ids[1], ids[0])]
    same = [cell for cell in cells if (cell.writer, cell.reader) == (ids[0], ids[0])]
    progress.start(len(cells), [*pair, *other, *same])
    progress.settled(pair[:3], OK)
    assert progress.map.square(*ids) == ("▄", "yellow")
    progress.settled(pair[3:], OK)
    assert progress.map.square(*ids) == ("=", "green")
    progress.drifted(pair[:2])
    progress.settled(other[:1], {"kind": "load", "status": "crash"})

    lines = lines_of(progress, console)
    assert lines[1].split() == [ids[0], "!", "2"]
    assert lines[2].split() == [ids[1], "X", "1", "·"]
    assert any("3 failed so far" in line for line in lines)


@pytest.mark.parametrize(("versions", "width"), [(9, 80), (9, 120), (2, 80)])
def test_the_live_map_fits(versions, width):
    cells = plan(tuple(f"1.{n}.0" for n in range(versions))).cells
    progress, console, ids = live(width, 40, cells)
    progress.start(len(cells), cells)
    progress.settled(cells, {"kind": "load", "status": "crash"})
    lines = lines_of(progress, console)
    assert sum(any(each in line for each in ids) for line in lines) == len(ids)
    assert max(map(len, lines)) <= width


def test_a_map_that_does_not_fit_leaves_the_line():
    cells = plan(tuple(f"1.{n}.0" for n in range(12))).cells
    progress, console, _ = live(60, 10, cells)
    progress.start(len(cells), cells)
    assert len(lines_of(progress, console)) == 2
