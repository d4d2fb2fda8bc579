"""Cells to settle, and a clock that is set by hand."""

from __future__ import annotations

from helpers import plan

CELLS = plan(tuple(f"1.{n}" for n in range(13))).cells[:1000]
OK = {"kind": "load", "status": "ok"}


class Clock:
    now = 0.0

    def __call__(self):
        return self.now
