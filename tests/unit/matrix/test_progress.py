"""Progress: what is said, and when."""

from __future__ import annotations

import io
import sys

import pytest
from builders_progress import CELLS, OK
from helpers import plan

from crossload.matrix.progress import LiveProgress, PlainProgress, failure_of, make_progress
from crossload.verdict import Verdict


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


def test_saves_are_counted(clock):
    progress = PlainProgress("m", io.StringIO(), clock=clock)
    progress.start(1000, CELLS)
    progress.saved()
    progress.saved()

    assert progress.status().startswith("2 saves, 0 of 1000 cells")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("terminal", "variables", "live"),
    [
        (True, {"TERM": "xterm"}, True),
        (False, {"TERM": "xterm"}, False),
        (True, {"TERM": "dumb"}, False),
        (True, {}, False),
        (True, {"TERM": "xterm", "NO_COLOR": ""}, False),
    ],
)
def test_a_live_table_is_for_terminals_that_can_draw_it(monkeypatch, terminal, variables, live):
    stream = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    for name in ("TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    progress = make_progress(plan())
    progress.note("a note")
    progress.close()

    assert isinstance(progress, LiveProgress) is live
    assert "[m] a note" in stream.getvalue()
