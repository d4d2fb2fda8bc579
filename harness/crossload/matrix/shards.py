"""The parts of matrices for machines that share nothing, and the joining of what they measured."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from crossload.environments import Interpreters, Locker
from crossload.environments.package_index import Index
from crossload.errors import ConfigError, SelectionError
from crossload.matrix.open_store import open_store
from crossload.matrix.run import MatrixRun
from crossload.plan import Costs, Shard, partition
from crossload.store.merge import store_in
from crossload.system import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from crossload.environments import Project
    from crossload.errors import CrossloadError
    from crossload.matrix.options import Options
    from crossload.plan import Plan


def costs_of(project: Project, plans: Sequence[Plan]) -> dict[str, Costs]:
    """Read the CPU seconds in published reports, which are the same in every checkout of a commit.

    Parameters
    ----------
    project
        Folders of the project; ``reports/<matrix>/summary.json`` is read.
    plans
        Plans of the matrices.

    Returns
    -------
    dict
        Costs by matrix, of those that were published.
    """
    found = {}
    for plan in plans:
        path = project.reports / plan.spec.name / "summary.json"
        try:
            known = json.loads(path.read_text(encoding="utf-8"))["costs"]
        except (OSError, ValueError, KeyError):
            # never published, or by a version that recorded no costs: every cell counts alike
            continue
        found[plan.spec.name] = Costs(writers=known["writers"], recipes=known["recipes"])
    return found


def parse_shard(text: str) -> tuple[int, int]:
    """Parse ``3/8`` into (3, 8).

    Raises
    ------
    ConfigError
        The text is not a number and a count, or the number is not among them.
    """
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        msg = f"--shard {text!r}: expected NUMBER/COUNT such as 3/8, NUMBER from 1 to COUNT"
        raise ConfigError([msg])
    return int(number), int(count)


def shards_of(project: Project, plans: Sequence[Plan], count: int) -> tuple[Shard, ...]:
    """Split plans into shards, in the same way on every machine that has the same commit."""
    return partition(plans, count, costs_of(project, plans))


def plans_of_shard(project: Project, plans: Sequence[Plan], text: str) -> list[Plan]:
    """Restrict plans to one shard.

    Parameters
    ----------
    project
        Folders of the project, for recorded costs.
    plans
        Plans of all matrices that are split together.
    text
        The value of ``--shard``, such as ``3/8``.

    Returns
    -------
    list of Plan
        Without those that have nothing in the shard.

    Raises
    ------
    ConfigError
        The text is not such a part.
    """
    number, count = parse_shard(text)
    shard = shards_of(project, plans, count)[number - 1]
    found = [replace(plan, shard=shard) for plan in plans]
    return [plan for plan in found if plan.selected or plan.controls]


def describe_shards(shards: Sequence[Shard], layout: str) -> str:
    """Describe a split.

    Parameters
    ----------
    shards
        All shards; empty ones are left out.
    layout
        ``text``; ``json``, which lists the units of each; or ``github``, the value of
        ``strategy.matrix`` of a workflow.
    """
    rows: list[dict[str, Any]] = [
        {
            "shard": shard.name,
            "number": shard.number,
            "matrices": " ".join(shard.matrices),
            "writers": len(shard.writers),
            "units": len(shard.units),
            "seconds": round(shard.seconds, 1),
        }
        for shard in shards
        if shard.units
    ]
    if layout == "github":
        return json.dumps({"include": rows})
    if layout == "json":
        filled = [shard for shard in shards if shard.units]
        full = [row | {"of": sorted(shard.units)} for row, shard in zip(rows, filled, strict=True)]
        return json.dumps(full, indent=1)
    table = [
        (row["shard"], row["matrices"], row["writers"], row["units"], duration(row["seconds"]))
        for row in rows
    ]
    headers = ["shard", "matrices", "writers", "writer x recipe", "CPU of saves and loads"]
    return tabulate(table, headers=headers, tablefmt="simple")


def merge(
    project: Project,
    options: Options,
    plans: Sequence[Plan],
    folders: Sequence[Path],
    say: Callable[[str], None],
) -> list[CrossloadError]:
    """Join the stores of shards (or of any other runs) into ours, judge, and publish.

    Nothing is measured.

    Parameters
    ----------
    project
        Folders of the project; reports are written to ``reports/``.
    options
        Options of the command; ``store`` is what is joined into.
    plans
        Plans of the matrices to judge.
    folders
        Folders that are stores or hold one. Without any our own store is judged.
    say
        Takes lines for the user.

    Returns
    -------
    list of CrossloadError
        Errors that did not end the run.

    Raises
    ------
    SelectionError
        A folder has no store, which is found before anything is joined; or nothing is known of
        any matrix.
    StoreError
        The store cannot be read or written.
    """
    # all of them before the first is joined: a typo in the last name must leave our store as it was
    stores = [(folder, store_in(folder)) for folder in folders]
    with open_store(project, options.store, say, others=stores) as store:
        locker = Locker(project, Interpreters(say=say), Index(project.work / "index"), say=say)
        runs = [
            MatrixRun(project, options, store, locker, plan, say, measure=False) for plan in plans
        ]
        errors = [error for run in runs for error in run.run()]
    if all(run.nothing_known for run in runs):
        msg = "nothing is known of any matrix"
        raise SelectionError(
            msg,
            hint="nox -s matrix measures;"
            " nox -s merge -- FOLDER... joins what was measured elsewhere",
        )
    return errors
