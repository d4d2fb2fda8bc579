"""Facts of the machine, written for people."""

from __future__ import annotations

from crossload.system import duration


def test_durations_read_well():
    assert [duration(seconds) for seconds in (0.4, 59.4, 75, 3600)] == [
        "0s",
        "59s",
        "1m15s",
        "60m00s",
    ]
