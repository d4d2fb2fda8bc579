"""Time and memory of a reading are bounded, and the bound says which it was."""

from __future__ import annotations

import pytest

from crossload import limits


def test_nothing_is_bounded_outside_of_a_reading():
    limits.check()
    assert limits.seconds_left(30) == 30


def test_time_that_is_over_ends_a_reading_at_every_call():
    with limits.allowed(0.0, limits.MEMORY), limits.bounded() as budget:
        for _ in range(2):
            with pytest.raises(limits.LimitReached, match="more than 0 s"):
                limits.check()
        assert budget.left == 0
        assert 0 < limits.seconds_left(30) <= 0.1
    limits.check()


def test_memory_that_is_spent_ends_a_reading(monkeypatch):
    used = [100 << 20]
    monkeypatch.setattr(limits, "resident_bytes", lambda: used[0])
    monkeypatch.setattr(limits, "_BETWEEN", -1.0)
    with limits.allowed(10, 50 << 20), limits.bounded():
        used[0] = 149 << 20
        limits.check()
        used[0] = 151 << 20
        with pytest.raises(limits.LimitReached, match="more than 50 MB of memory"):
            limits.check()


def test_a_reading_within_another_counts_as_its_own():
    with limits.bounded() as outer, limits.allowed(0.0, 0), limits.bounded() as inner:
        assert inner is outer
        limits.check()


def test_memory_of_this_process_is_known():
    before = limits.resident_bytes()
    block = b"x" * (64 << 20)
    grown = limits.resident_bytes() - before
    assert grown >= 0
    assert len(block) >> 20 == 64
    assert 1 << 20 < before < 1 << 40
