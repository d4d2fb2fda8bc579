"""Facts of this machine and process: cores, CPU seconds, the width of the terminal."""

from __future__ import annotations

import gc
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def pause_garbage_collection() -> Iterator[None]:
    """Switch the collector of reference cycles off for a block.

    For blocks that make millions of objects which all stay: the collector runs after so many new
    ones, and would look through all of them again and again.
    """
    # Without it, reference counting frees nearly everything still: https://docs.python.org/3/library/gc.html
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # blocks may be nested, and a program that embeds us may have switched it off itself
        if was:
            gc.enable()


def duration(seconds: float) -> str:
    """Write a time for people: 75 seconds are ``1m15s``."""
    whole = round(seconds)
    return f"{whole // 60}m{whole % 60:02d}s" if whole >= 60 else f"{whole}s"


def cores() -> int:
    """Count the cores that this process may use."""
    # os.cpu_count() counts those of the machine, of which a container or `taskset` may leave few;
    # os.process_cpu_count() needs Python 3.13 (https://github.com/python/cpython/issues/109649).
    # Windows and macOS have no sched_getaffinity.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


PARENT = "CROSSLOAD_PARENT"
"""Variable with the id of the process that must live as long as a run.

That is nox, which may be killed alone and could not end its children then.
"""


def parent_is_gone() -> bool:
    """Tell whether this process was started for another one that has ended."""
    wanted = os.environ.get(PARENT, "")
    # An orphan gets another parent on Unix; on Windows getppid stays the same for ever, and the
    # number may be that of another process by then: https://docs.python.org/3/library/os.html#os.getppid
    return os.name != "nt" and wanted.isdecimal() and os.getppid() != int(wanted)


def cpu_seconds() -> float:
    """Sum up the CPU seconds of this process and of all its children that ended.

    On Windows children count as zero: `os.times` does not know them there.
    """
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def timing(wall: float, cpu: float, count: int) -> str:
    """Compare the wall time of a run with the least that its work could take.

    Parameters
    ----------
    wall
        Seconds that passed.
    cpu
        CPU seconds of all processes.
    count
        Cores that were used.

    Returns
    -------
    str
        Both times, and how many times longer than ``cpu / count`` the run took. That ratio is left
        out below one CPU second, where starting the program is most of it.
    """
    ratio = f", wall {wall / (cpu / count):.2f} x CPU / {count}" if cpu > 1 else ""
    return f"all: {duration(wall)} wall, {duration(cpu)} CPU on {count} cores{ratio}"


NARROWEST = 40
"""Columns that texts are laid out for at least."""


def terminal_width() -> int:
    """Count the columns of the terminal, at least `NARROWEST`; 100 where there is none."""
    # COLUMNS=1 is a wish that no line with an indent can fulfil
    return max(NARROWEST, shutil.get_terminal_size((100, 24)).columns)
