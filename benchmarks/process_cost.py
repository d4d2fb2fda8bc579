"""Measure CPU seconds, wall seconds and memory of a command with all that it starts."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """The cost of a command, and what it printed."""

    cpu: float
    """Seconds of all its processes together."""
    wall: float
    peak_mb: float
    """Largest sum of the resident memory of all its processes, looked at four times a second."""
    output: str


def crossload(root: Path, *arguments: str) -> list[str]:
    """Give the command line of crossload in a project."""
    return [sys.executable, "-m", "crossload", "--root", str(root), *arguments]


def spend(command: Sequence[str], *, cwd: Path | None = None) -> Spent:
    """Run a command to its end.  Raises RuntimeError with its output if it fails."""
    # without PYTHONDONTWRITEBYTECODE and the like: each process would compile its imports again
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    began = time.perf_counter()
    output_to = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(command, **output_to, text=True, env=environment, cwd=cwd)
    peak, ended = [0.0], threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, peak, ended))
    watcher.start()
    assert process.stdout is not None
    output = process.stdout.read()
    # wait4 gives the usage of this child alone; getrusage(RUSAGE_CHILDREN) would sum up all so far
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    ended.set()
    watcher.join()
    if process.returncode:
        msg = f"{' '.join(command)} ended with {process.returncode}:\n{output[-3000:]}"
        raise RuntimeError(msg)
    return Spent(cpu=usage.ru_utime + usage.ru_stime, wall=wall, peak_mb=peak[0], output=output)


def _watch(pid: int, peak: list[float], ended: threading.Event) -> None:
    page = os.sysconf("SC_PAGE_SIZE") / 1e6
    while not ended.wait(0.25):
        parents, sizes = {}, {}
        for path in Path("/proc").glob("[0-9]*"):
            try:
                stat = (path / "stat").read_text().rsplit(")", 1)[1].split()
                sizes[int(path.name)] = int((path / "statm").read_text().split()[1]) * page
            except (OSError, IndexError):
                continue  # it ended meanwhile
            parents[int(path.name)] = int(stat[1])
        family = {pid}
        for _ in range(8):
            family |= {child for child, parent in parents.items() if parent in family}
        peak[0] = max(peak[0], sum(sizes.get(each, 0.0) for each in family))
