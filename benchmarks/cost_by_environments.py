"""Measure how cost grows with the number of environments, and what one more costs.

    python benchmarks/cost_by_environments.py [RECIPES...]

Up to sixteen releases of scikit-learn; environments are built and imported once before anything is
measured, outcomes are deleted before each run.  Then twelve, and a thirteenth.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from process_cost import ROOT, Spent, crossload, spend
from tabulate import tabulate

VERSIONS = (
    "1.0.2", "1.1.3", "1.2.0", "1.2.2", "1.3.0", "1.3.2", "1.4.0", "1.4.2",
    "1.5.0", "1.5.2", "1.6.0", "1.6.1", "1.7.0", "1.7.2", "1.8.0", "1.9.0",
)  # fmt: skip

MATRIX = """
[matrix]
title = "growth"
recipes = ["recipes/sklearn_models.py"]
controls = ["recipes/controls_objects.py"]
formats = ["pickle", "joblib"]
[axis."scikit-learn"]
versions = [{versions}]
with = ["joblib", "pandas"]
"""


def project(root: Path, count: int) -> None:
    """Write a matrix of the first ``count`` versions."""
    recipes = root / "matrix" / "recipes"
    if not recipes.exists():
        shutil.copytree(ROOT / "matrix" / "recipes", recipes)
    versions = ", ".join(f'"{version}"' for version in VERSIONS[:count])
    (root / "matrix" / "growth.toml").write_text(MATRIX.format(versions=versions))


def run(root: Path, count: int, selectors: list[str], *, fresh: bool) -> Spent:
    """Run the matrix of the first ``count`` environments."""
    project(root, count)
    if fresh:
        shutil.rmtree(root / ".crossload" / "store", ignore_errors=True)
    return spend(crossload(root, "run", "growth", *selectors))


def main(recipes: list[str]) -> None:
    """Measure growing numbers of environments, then one more; print what they cost."""
    selectors = [word for recipe in recipes for word in ("--case", recipe)]
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        run(root, len(VERSIONS), ["--case", "ridge"], fresh=True)  # builds, and writes byte code
        rows = []
        for count in (2, 4, 8, 16):
            spent = run(root, count, selectors, fresh=True)
            lines = (line for line in spent.output.splitlines() if " cells" in line)
            cells = int(next(line for line in lines if line.startswith("growth: ")).split()[1])
            figures = (spent.wall, spent.cpu, 1000 * spent.cpu / cells)
            row = (count, cells, *(f"{each:.1f}" for each in figures), f"{spent.peak_mb:.0f}")
            rows.append(row)
        headers = ["environments", "cells", "wall s", "CPU s", "CPU ms a cell", "peak MB"]
        print(tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True))
        twelve = run(root, 12, selectors, fresh=True)
        thirteen = run(root, 13, selectors, fresh=False)
        share = thirteen.cpu / twelve.cpu
        print(f"\n12 environments: {twelve.cpu:.1f} s CPU;", end=" ")
        print(f"one more: {thirteen.cpu:.1f} s, {share * 12:.2f} / 12 of it")


if __name__ == "__main__":
    main(sys.argv[1:])
