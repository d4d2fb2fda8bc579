"""Says how far a run is: a live bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

_LINE_EVERY = 10.0


def duration(seconds: float) -> str:
    """``75`` seconds as ``1m15s``."""
    whole = round(seconds)
    return f"{whole // 60}m{whole % 60:02d}s" if whole >= 60 else f"{whole}s"


class PlainProgress:
    """Counts cells; subclasses show the count in another way.  Called from worker threads."""

    def __init__(self, name: str, stream: TextIO | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._stream = stream if stream is not None else sys.stderr
        self._clock = clock
        self._lock = threading.Lock()
        self._total = self._done = self._saves = 0
        self._began = self._last = clock()
        self._first: tuple[float, int] | None = None
        """When cells began to settle in numbers, and how many were done then: saves come first and settle few."""

    def note(self, text: str) -> None:
        """Say something at once."""
        with self._lock:
            self._write(text)

    def start(self, total: int, reused: int) -> None:
        """``total`` cells are selected, ``reused`` of them have outcomes already."""
        with self._lock:
            self._total, self._done = total, reused
            self._began = self._last = self._clock()
            kept = f", {reused} known from before" if reused else ""
            self._write(f"{total} cells (controls included){kept}, {total - reused} without an outcome")

    def saved(self) -> None:
        """A case was saved."""
        with self._lock:
            self._saves += 1
            self._tick()

    def settled(self, cells: int) -> None:
        """Cells have outcomes now."""
        with self._lock:
            self._done += cells
            if self._first is None and cells:
                self._first = (self._clock(), self._done)
            self._tick()

    def status(self) -> str:
        """Rate and time left."""
        began, done = self._first or (self._began, self._done)
        spent = self._clock() - began
        rate = (self._done - done) / spent if spent > 1 else 0.0
        # the first loads come while most cells still wait for their writers: their rate says nothing yet
        enough = self._done - done > 0.03 * (self._total - done)
        left = f", {duration((self._total - self._done) / rate)} left" if rate > 0 and enough else ""
        speed = f", {rate:.0f} a second" if rate >= 1 else ""
        return f"{self._saves} saves, {self._done} of {self._total} cells{speed}{left}"

    def close(self) -> None:
        """The run is over."""

    def _tick(self) -> None:
        now = self._clock()
        if now - self._last >= _LINE_EVERY:
            self._last = now
            self._write(self.status())

    def _write(self, text: str) -> None:
        self._stream.write("".join(f"[{self._name}] {line}\n" for line in text.splitlines()))
        self._stream.flush()


class LiveProgress(PlainProgress):
    """A bar of rich that redraws itself."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        from rich.console import Console  # noqa: PLC0415 - only for a terminal
        from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

        self._console = Console(stderr=True, highlight=False, markup=False)
        self._bar = Progress(
            TextColumn(f"[{name}]", markup=False),
            BarColumn(),
            TextColumn("{task.description}", markup=False),
            console=self._console,
            transient=True,
        )
        self._task = self._bar.add_task("", total=None)
        self._bar.start()

    def close(self) -> None:
        self._bar.stop()

    def _tick(self) -> None:
        self._bar.update(self._task, total=self._total, completed=self._done, description=self.status())

    def _write(self, text: str) -> None:
        for line in text.splitlines():
            self._console.print(f"[{self._name}] {line}")


def make_progress(name: str) -> PlainProgress:
    """A live bar where somebody sees it, lines where a file or a program reads."""
    if sys.stderr.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM", "dumb") != "dumb":
        return LiveProgress(name)
    return PlainProgress(name)
