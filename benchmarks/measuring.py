"""CPU seconds, wall seconds and memory of a command with all that it starts."""

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
    """What a command has cost."""

    cpu: float
    wall: float
    peak_mb: float
    """Largest sum of the resident memory of all its processes, looked at four times a second."""
    output: str


def crossload(root: Path, *arguments: str) -> list[str]:
    """The command line of crossload in a project."""
    return [sys.executable, "-m", "crossload", "--root", str(root), *arguments]


def spend(command: Sequence[str], *, cwd: Path | None = None) -> Spent:
    """Run a command to its end.  Raises RuntimeError with its output if it fails."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON")
    }
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        cwd=cwd,
    )
    peak, ended = [0.0], threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, peak, ended))
    watcher.start()
    assert process.stdout is not None
    output = process.stdout.read()
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
