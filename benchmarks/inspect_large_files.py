"""Measure the time and the memory that ``crossload inspect`` takes for large files.

    python benchmarks/inspect_large_files.py [MEGABYTES]        (default: 500)

A pipeline whose arrays have that size is saved with joblib (plain and packed with zlib) and with
pickle; each file is inspected by a process of its own.
"""

from __future__ import annotations

import pickle
import statistics
import sys
import tempfile
from pathlib import Path

import joblib
import numpy as np
from process_cost import spend
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
"""Inspects a file and prints its own largest resident memory in kB.

What the system counts for a child (``ru_maxrss``) begins with its parent's, which holds the model.
"""


def model_of(megabytes: int) -> object:
    """Make a fitted pipeline whose coefficients have that size."""
    x = np.random.default_rng(0).random((50, 4))
    made = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, x[:, 0] > 0.5)
    made[-1].coef_ = np.random.default_rng(1).random((1, megabytes * 125_000))
    return made


def main(arguments: list[str]) -> None:
    """Save, inspect, print a table."""
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
            command = [sys.executable, "-m", "crossload", "inspect", str(path)]
            walls = [spend(command).wall for _ in range(REPEATS)]
            peak = int(spend([sys.executable, "-c", PEAK, str(path)]).output.split()[-2]) / 1e3
            rows.append((name, path.stat().st_size / 1e6, statistics.median(walls), peak))
    headers = ["saved with", "MB on disk", "median wall s", "peak MB"]
    print(tabulate(rows, headers=headers, floatfmt=".2f", tablefmt="github"))


if __name__ == "__main__":
    main(sys.argv[1:])
