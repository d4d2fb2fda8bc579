"""The supervisor of children: the words for their end."""

from __future__ import annotations

from crossload.worker import supervise


def test_causes_are_told_in_words():
    assert supervise._cause_text("crash", -11) == "the process died of SIGSEGV"
    assert supervise._cause_text("crash", 3) == "the process ended by itself with exit code 3"
    assert supervise._cause_text("timeout", 5) == "no end after 5 s"
