"""Facts of the machine, written for people."""

from __future__ import annotations

import gc
import os

import pytest

from crossload.system import (
    PARENT,
    cores,
    cpu_seconds,
    duration,
    parent_is_gone,
    pause_garbage_collection,
    terminal_width,
    timing,
)


def test_durations_read_well():
    assert [duration(seconds) for seconds in (0.4, 59.4, 75, 3600)] == [
        "0s",
        "59s",
        "1m15s",
        "60m00s",
    ]


@pytest.fixture
def collecting():
    """Switch the collector on, and leave it as it was."""
    was = gc.isenabled()
    gc.enable()
    yield
    (gc.enable if was else gc.disable)()


def test_the_collector_pauses_for_a_block(collecting):
    with pause_garbage_collection():
        assert not gc.isenabled()
        with pause_garbage_collection():
            assert not gc.isenabled()
        assert not gc.isenabled()

    assert gc.isenabled()


def test_the_collector_goes_on_after_an_error(collecting):
    with pytest.raises(ZeroDivisionError), pause_garbage_collection():
        raise ZeroDivisionError

    assert gc.isenabled()


def test_a_collector_that_somebody_switched_off_stays_off(collecting):
    gc.disable()
    with pause_garbage_collection():
        pass

    assert not gc.isenabled()


def test_cores_are_those_that_this_process_may_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert cores() == 3

    # as on macOS and Windows
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert cores() == 8
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1


@pytest.mark.parametrize(
    ("value", "gone"),
    [(str(os.getppid()), False), (str(os.getpid()), os.name != "nt"), ("", False), ("nox", False)],
    ids=["parent", "another process", "nobody", "no number"],
)
def test_an_orphan_notices_that_its_parent_is_gone(monkeypatch, value, gone):
    monkeypatch.setenv(PARENT, value)

    assert parent_is_gone() is gone


def test_who_was_started_for_nobody_is_no_orphan(monkeypatch):
    monkeypatch.delenv(PARENT, raising=False)

    assert not parent_is_gone()


def test_cpu_seconds_only_grow():
    before = cpu_seconds()
    sum(range(100_000))

    assert 0 < before <= cpu_seconds()


def test_a_run_is_compared_with_the_least_that_it_could_take():
    assert timing(90, 120, 2) == "all: 1m30s wall, 2m00s CPU on 2 cores, wall 1.50 x CPU / 2"
    assert timing(3, 0.9, 4) == "all: 3s wall, 1s CPU on 4 cores"


def test_the_width_is_that_of_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "72")

    assert terminal_width() == 72
