"""Measure the time of ``crossload check``: without environments, with them, and answered before.

    python benchmarks/check_command.py MODEL VERSIONS

Packages are in uv's cache after the first round, whose environments are thrown away; each figure is
the time of the whole command, as a user waits for it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def seconds(model: str, versions: str, cache: Path, *more: str) -> float:
    """Give the wall seconds of one command, which must find an answer."""
    options = ["--to", versions, "--trust", *more]
    command = [sys.executable, "-m", "crossload", "check", model, *options]
    environment = {**os.environ, "CROSSLOAD_CACHE": str(cache)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    took = time.perf_counter() - start
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout + done.stderr)
    return took


def main(model: str, versions: str) -> None:
    """Time the command in each situation; print the best and the worst."""
    with tempfile.TemporaryDirectory() as folder:
        seconds(model, versions, Path(folder) / "first")
        cold = [seconds(model, versions, Path(folder) / f"cold{number}") for number in range(3)]
        warm = [seconds(model, versions, Path(folder) / "cold0", "--fresh") for _ in range(5)]
        known = [seconds(model, versions, Path(folder) / "cold0") for _ in range(5)]
    print(f"check {Path(model).name} --to {versions!r}, wall seconds (best, worst)")
    for name, figures, wanted in (
        ("environments cold, packages cached", cold, "15"),
        ("environments warm", warm, "4"),
        ("answered before", known, ""),
    ):
        target = f"   (wanted: under {wanted})" if wanted else ""
        print(f"  {name:<36} {min(figures):5.2f} {max(figures):5.2f}{target}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
