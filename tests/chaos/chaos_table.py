"""The table of a chaos session, in the terminal and as a page."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COLUMNS = (
    "what was done", "trials", "survived", "lost", "wrong", "stuck", "other faults",
    "measured twice, at most", "measured again",
)  # fmt: skip

FATES = ("survived", "lost", "wrong", "stuck")


def row(name: str, results: Sequence[Any]) -> list[Any]:
    """Give the row of a kind: counts of fates, and of loads that were done again."""
    fates = [result.fate for result in results]
    tried = [fate for fate in fates if fate != "not possible"]
    counts = [fates.count(fate) for fate in FATES]
    twice = [result.twice for result in results if not result.destroys]
    again = [result.twice for result in results if result.destroys]
    return [
        name,
        len(tried) or "not possible here",
        *counts,
        len(tried) - sum(counts),
        max(twice) if twice else "",
        max(again) if again else "",
    ]


def table(results: Sequence[Any], layout: str = "simple") -> str:
    """Write a row for each kind of disturbance and one for all."""
    kinds = dict.fromkeys(result.kind for result in results)
    rows = [row(kind, [each for each in results if each.kind == kind]) for kind in sorted(kinds)]
    rows.append(row("all", results))
    return tabulate(rows, COLUMNS, tablefmt=layout)


def is_failure(results: Sequence[Any]) -> bool:
    """Tell whether a trial was anything but survived, or none was tried at all."""
    tried = [result for result in results if result.fate != "not possible"]
    return not tried or any(result.fate != "survived" for result in tried)


def page(results: Sequence[Any], root: Path) -> str:
    """Write the page of a session: its table, what the columns mean, where it was measured."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    failed = [each for each in results if each.fate not in ("survived", "not possible")]
    lines = [
        "# Chaos session",
        "",
        "Written by `nox -s chaos -- --output benchmarks/CHAOS.md`. Each trial disturbs the run of",
        "a small matrix at a random moment, lets it end, finishes it with a second run, and",
        "compares the table of verdicts with that of a run that nobody disturbed.",
        "",
        f"- {len(results)} trials, seeds {min(each.seed for each in results)} to "
        f"{max(each.seed for each in results)}, "
        f"{sum(each.seconds for each in results) / 60:.0f} minutes in all",
        f"- commit {commit}, {time.strftime('%Y-%m-%d', time.gmtime())}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "",
        table(results, "github"),
        "",
        "Lost: a cell has no verdict, or the second run does not end with exit code 0. Wrong: a",
        "verdict differs. Stuck: a run had to be killed. Other faults: a traceback, an exit code",
        "that means something else, a process that outlives the run. Measured twice: loads of one",
        "trial beyond those of the undisturbed run, isolated repetitions included. Measured again:",
        "the same where outcomes or environments were destroyed, so that they have to be.",
    ]
    if failed:
        lines += ["", "## Not survived", ""]
        lines += [f"- seed {each.seed}, {each.kind}: {each.fate}" for each in failed]
    return "\n".join(lines) + "\n"
