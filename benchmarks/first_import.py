"""Print what the first import of a new environment costs, with and without another's byte code.

Builds the same environment three times from one lock of the project: the first compiles, the second
has links to what it compiled, the third has none. Usage:
``python benchmarks/first_import.py sklearn-1.5.2 sklearn.ensemble``.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from crossload.environments import Interpreters, read_lock
from crossload.environments.build import python_in
from crossload.environments.bytecode import keep_bytecode, link_bytecode
from crossload.environments.uv import clean_environment, run_uv

ROOT = Path(__file__).resolve().parents[1]


def children_seconds() -> float:
    """CPU seconds of all children that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Measure and print; give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("environment", help="id of a lock in matrix/locks")
    parser.add_argument("module", nargs="+", help="modules to import")
    chosen = parser.parse_args()
    lock = read_lock(ROOT / "matrix" / "locks" / f"{chosen.environment}.txt")
    if lock is None:
        parser.error(f"no lock of {chosen.environment!r} in matrix/locks")
    interpreter = Interpreters().get(lock.python)
    if interpreter is None:
        parser.error(f"Python {lock.python} is not installed here")
    code = "; ".join(f"import {module}" for module in chosen.module)
    # .nox is on the file system that environments are on: links need one
    (ROOT / ".nox").mkdir(exist_ok=True)
    with TemporaryDirectory(dir=ROOT / ".nox") as folder:
        top, store = Path(folder), Path(folder) / "bytecode"
        rows = []
        for name in ("compiles all", "links of another", "again without"):
            place = top / name.replace(" ", "-")
            run_uv(["venv", "--quiet", "--no-project", "--python", interpreter.path, str(place)])
            sync = ["pip", "sync", "--quiet", "--require-hashes", "--python", str(python_in(place))]
            run_uv([*sync, str(lock.path)])
            before = children_seconds()
            linked = link_bytecode(place, store) if name.startswith("links") else 0
            environment = clean_environment(os.environ)
            subprocess.run([str(python_in(place)), "-c", code], check=True, env=environment)
            rows.append((name, children_seconds() - before, linked))
            if not store.exists():
                keep_bytecode(place, store)
        for name, seconds, linked in rows:
            ratio = seconds / rows[1][1]
            print(f"{name:18} {seconds:6.2f} CPU s  {ratio:5.1f}  {linked} files linked")
        shutil.rmtree(top, ignore_errors=True)
        top.mkdir()
    return 0


if __name__ == "__main__":
    sys.exit(main())
