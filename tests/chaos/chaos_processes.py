"""Finds the processes of a run by what they do."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    import subprocess

    from chaos_project import Project


def parent(pid: int) -> int:
    """Give the parent of a process; 0 where it has ended."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def servers(project: Project) -> list[int]:
    """Find the pinned processes that have imported the libraries of an environment."""
    found = []
    for pid in project.processes():
        with suppress(OSError):
            if b"serve.py" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return [pid for pid in found if parent(pid) not in found]


def children(project: Project) -> list[int]:
    """Find the processes that save or load models."""
    of = set(servers(project))
    return [pid for pid in project.processes() if parent(pid) in of]


def isolated(project: Project) -> list[int]:
    """Find the processes that measure one doubtful cell again."""
    found = []
    for pid in servers(project):
        variables = Path(f"/proc/{pid}/environ")
        with suppress(OSError, ValueError):
            entries = variables.read_bytes().split(b"\0")
            home = next(Path(os.fsdecode(e[5:])) for e in entries if e.startswith(b"HOME="))
            jobs = sorted(home.rglob("*.json"), key=lambda path: path.stat().st_mtime)
            newest = [json.loads(path.read_text()) for path in jobs if "job" in path.name][-1:]
            if newest and newest[0].get("isolate"):
                found += [child for child in project.processes() if parent(child) == pid]
    return found


ROLES = {"server": servers, "child": children, "isolated": isolated}


def wait_for(
    role: str, project: Project, driver: subprocess.Popen[bytes], rng: random.Random
) -> int | None:
    """Wait until a run has a process of a role, and choose one; None where the run ends first."""
    # not the first one always: the later ones have something behind them
    delay = rng.uniform(0, 4)
    start = time.monotonic()
    while driver.poll() is None:
        if time.monotonic() - start >= delay and (found := ROLES[role](project)):
            return rng.choice(found)
        time.sleep(0.01)
    return None
