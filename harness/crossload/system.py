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
def without_garbage_collection() -> Iterator[None]:
    """Collect no garbage: millions of new objects that all stay would be looked through again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def duration(seconds: float) -> str:
    """``75`` seconds as ``1m15s``."""
    whole = round(seconds)
    return f"{whole // 60}m{whole % 60:02d}s" if whole >= 60 else f"{whole}s"


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


PARENT = "CROSSLOAD_PARENT"
"""Variable with the process that must live as long as a run: nox, which may be killed by itself."""


def parent_is_gone() -> bool:
    """Whether this process was started for another one that has ended."""
    wanted = os.environ.get(PARENT, "")
    return os.name != "nt" and wanted.isdecimal() and os.getppid() != int(wanted)


def cpu_seconds() -> float:
    """CPU seconds of this process and of all children that ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def timing(wall: float, cpu: float, count: int) -> str:
    """Wall time against the limit of the work that was done."""
    ratio = f", wall {wall / (cpu / count):.2f} x CPU / {count}" if cpu > 1 else ""
    return f"all: {duration(wall)} wall, {duration(cpu)} CPU on {count} cores{ratio}"


def terminal_width() -> int:
    """Columns of the terminal, 100 where there is none."""
    return shutil.get_terminal_size((100, 24)).columns
