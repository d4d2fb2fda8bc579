"""Bounds of time and memory for reading files of others, which readers ask as they go.

A reader calls `check` once for each thing that a file makes it do: a step of a pickle, a block that
is unpacked, a field of a message, an entry of a folder.  Whoever starts the reading says with
`bounded` how much it may take.  Outside of it nothing is bounded.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from crossload.errors import CrossloadError

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 8.0
"""Seconds that looking at one file or folder may take, unless the user says otherwise; with the
start of the interpreter that is below ten."""

MEMORY = 800 << 20
"""Bytes that this process may grow by meanwhile; with the interpreter and the libraries that is
below one gigabyte."""

_BETWEEN = 0.005
"""Seconds between two looks at the memory: one costs some microseconds, a step of a reader less."""


class LimitReached(CrossloadError):
    """Reading a file took more time or memory than it may; the text says which."""


class Budget:
    """Holds how much time and memory one reading may still take.

    Parameters
    ----------
    seconds
        Time from now on.
    memory
        Bytes that this process may grow by from now on.
    """

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self.seconds, self.memory = seconds, memory
        self._end = time.monotonic() + seconds
        self._most = resident_bytes() + memory
        self._next_look = 0.0
        self._reached = ""

    @property
    def left(self) -> float:
        """Seconds that are left; zero when the time is over."""
        return max(0.0, self._end - time.monotonic())

    def check(self) -> None:
        """Raise `LimitReached` if the time is over or the memory spent.

        Once it was raised it is raised at each call: a reader that takes every error for damage
        cannot go on.
        """
        now = time.monotonic()
        if not self._reached and now > self._end:
            self._reached = f"looking at it takes more than {self.seconds:g} s"
        if not self._reached and now > self._next_look:
            self._next_look = now + _BETWEEN
            if resident_bytes() > self._most:
                self._reached = f"looking at it takes more than {self.memory >> 20} MB of memory"
        if self._reached:
            raise LimitReached(self._reached, hint=HINT)


HINT = "a limit was reached, so it is not loaded; --inspect-seconds and --inspect-memory raise it"
"""What to do about a file that was not read to its end."""

_current: ContextVar[Budget | None] = ContextVar("budget", default=None)
_allowed: ContextVar[tuple[float, int]] = ContextVar("allowed", default=(SECONDS, MEMORY))


@contextmanager
def allowed(seconds: float, memory: int) -> Iterator[None]:
    """Let each reading in a block take so many seconds, and bytes of memory."""
    token = _allowed.set((seconds, memory))
    try:
        yield
    finally:
        _allowed.reset(token)


@contextmanager
def bounded() -> Iterator[Budget]:
    """Bound all reading in a block by what is allowed.

    A bound that is set already stays, so that what a reader reads in turn counts as its own.
    """
    outer = _current.get()
    if outer is not None:
        yield outer
        return
    budget = Budget(*_allowed.get())
    token = _current.set(budget)
    try:
        yield budget
    finally:
        _current.reset(token)


def check() -> None:
    """Raise `LimitReached` if the reading that goes on has spent its time or memory."""
    budget = _current.get()
    if budget is not None:
        budget.check()


def seconds_left(most: float) -> float:
    """Give the seconds that a child of the reading may take: what is left, at most ``most``."""
    budget = _current.get()
    return most if budget is None else min(most, max(budget.left, 0.1))


if sys.platform == "linux":

    def resident_bytes() -> int:
        """Measure the memory of this process, without files that are mapped into it."""
        # statm counts pages: all, resident, shared with files
        # (https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html)
        # no file objects: this is called often, and perhaps at the end of the stack of recursion
        try:
            file = os.open("/proc/self/statm", os.O_RDONLY)
        except OSError:  # a sandbox without /proc
            return _peak_bytes()
        try:
            _, resident, shared, *_ = os.read(file, 200).split()
        finally:
            os.close(file)
        return (int(resident) - int(shared)) * _PAGE

else:

    def resident_bytes() -> int:
        """Measure the most memory that this process has had; zero where no system tells it."""
        return _peak_bytes()


def _peak_bytes() -> int:
    try:
        import resource  # noqa: PLC0415 - Windows does not have it
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # macOS counts bytes, all others kilobytes: https://man.freebsd.org/cgi/man.cgi?getrusage(2)
    return peak if sys.platform == "darwin" else peak << 10


def _page_size() -> int:
    try:
        import resource  # noqa: PLC0415 - as above
    except ImportError:
        return 4096
    return resource.getpagesize()


_PAGE = _page_size()
