"""Measure the time until something is seen: `crossload --help`, `nox -l`; medians of seven.

python benchmarks/startup.py
"""

from __future__ import annotations

import statistics
import sys

from process_cost import ROOT, spend
from tabulate import tabulate

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "crossload --help": [sys.executable, "-m", "crossload", "--help"],
    "crossload plan": [sys.executable, "-m", "crossload", "--root", str(ROOT), "plan"],
    "nox --version": [sys.executable, "-m", "nox", "--version"],
    "nox -l": [sys.executable, "-m", "nox", "-l"],
}


def main() -> None:
    """Time each command; print a table."""
    rows = []
    for name, command in COMMANDS.items():
        found = [spend(command, cwd=ROOT) for _ in range(7)]
        wall = statistics.median(each.wall for each in found)
        cpu = statistics.median(each.cpu for each in found)
        rows.append((name, wall, cpu))
    print(tabulate(rows, headers=["command", "wall s", "CPU s"], floatfmt=".2f", tablefmt="github"))


if __name__ == "__main__":
    main()
