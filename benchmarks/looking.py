"""How long ``crossload inspect`` takes for large files, and how much memory.

    python benchmarks/looking.py [MEGABYTES]        (default: 500)

A pipeline whose arrays have that size, saved with joblib (plain and packed with zlib) and with pickle; each is looked at by a
process of its own.
"""

from __future__ import annotations

import pickle
import statistics
import sys
import tempfile
from pathlib import Path

import joblib
import numpy as np
from measuring import spend
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tabulate import tabulate

REPEATS = 3

PEAK = """
import sys
from crossload.cli.main import main
main(["inspect", sys.argv[1]])
print([line for line in open("/proc/self/status") if line.startswith("VmHWM")][0])
"""
"""Looks at a file and prints its own largest resident memory in kB; what the system counts for a child begins with its parent's."""


def model_of(megabytes: int) -> object:
    """A pipeline that is as large as wanted, and fitted to inspect_file at."""
    x = np.random.default_rng(0).random((50, 4))
    made = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, x[:, 0] > 0.5)
    made[-1].coef_ = np.random.default_rng(1).random((1, megabytes * 125_000))
    return made


def main(arguments: list[str]) -> None:
    """Save, inspect_file, print a table."""
    megabytes = int((arguments or ["500"])[0])
    rows = []
    with tempfile.TemporaryDirectory() as place:
        model = model_of(megabytes)
        for name in ("joblib", "joblib, zlib", "pickle"):
            path = Path(place) / "model"
            if name == "pickle":
                path.write_bytes(pickle.dumps(model))
            else:
                joblib.dump(model, path, compress=("zlib", 1) if "zlib" in name else 0)
            walls = [
                spend([sys.executable, "-m", "crossload", "inspect", str(path)]).wall
                for _ in range(REPEATS)
            ]
            peak = int(spend([sys.executable, "-c", PEAK, str(path)]).output.split()[-2]) / 1e3
            rows.append((name, path.stat().st_size / 1e6, statistics.median(walls), peak))
    print(
        tabulate(
            rows,
            headers=["saved with", "MB on disk", "median wall s", "peak MB"],
            floatfmt=".2f",
            tablefmt="github",
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])
