"""Parts of matrices for machines that share nothing: which shard does what, and joining what they measured."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from crossload.environments import Interpreters, Locker
from crossload.environments.package_index import Index
from crossload.errors import ConfigError, SelectionError
from crossload.matrix.open_store import opened
from crossload.matrix.run import MatrixRun
from crossload.plan import Costs, Shard, partition
from crossload.store.merge import store_in
from crossload.system import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from crossload.environments import Project
    from crossload.errors import CrossloadError
    from crossload.matrix.run import Options
    from crossload.plan import Plan


def costs_of(project: Project, plans: Sequence[Plan]) -> dict[str, Costs]:
    """CPU seconds recorded in the published reports, which are the same in every checkout of a commit."""
    found = {}
    for plan in plans:
        path = project.reports / plan.spec.name / "summary.json"
        try:
            known = json.loads(path.read_text(encoding="utf-8"))["costs"]
        except (OSError, ValueError, KeyError):
            continue  # never published: every cell counts alike
        found[plan.spec.name] = Costs(writers=known["writers"], recipes=known["recipes"])
    return found


def parse_shard(text: str) -> tuple[int, int]:
    """``3/8`` as (3, 8).  Raises `ConfigError`."""
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        msg = f"--shard {text!r}: expected NUMBER/COUNT such as 3/8, NUMBER from 1 to COUNT"
        raise ConfigError([msg])
    return int(number), int(count)


def shards_of(project: Project, plans: Sequence[Plan], count: int) -> tuple[Shard, ...]:
    """The split of these plans, the same on every machine that has the same commit."""
    return partition(plans, count, costs_of(project, plans))


def restricted(project: Project, plans: Sequence[Plan], text: str) -> list[Plan]:
    """The plans of one shard; those that have nothing in it are left out."""
    number, count = parse_shard(text)
    shard = shards_of(project, plans, count)[number - 1]
    found = [replace(plan, shard=shard) for plan in plans]
    return [plan for plan in found if plan.selected or plan.controls]


def describe_shards(shards: Sequence[Shard], layout: str) -> str:
    """The split as text, as JSON, or as the value of ``strategy.matrix`` of GitHub Actions."""
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
        full = [
            row | {"of": sorted(shard.units)}
            for row, shard in zip(rows, (s for s in shards if s.units), strict=True)
        ]
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
    out: Callable[[str], None],
) -> list[CrossloadError]:
    """Join the stores of shards (or of any other runs) into ours, judge, and publish; nothing is measured.

    Raises `SelectionError` for a folder without a store, before anything is joined.  Without folders our own store is judged.
    """
    stores = [(folder, store_in(folder)) for folder in folders]
    with opened(project, options.store, out, others=stores) as store:
        locker = Locker(project, Interpreters(say=out), Index(project.work / "index"), say=out)
        runs = [
            MatrixRun(project, options, store, locker, plan, out, measure=False) for plan in plans
        ]
        errors = [error for run in runs for error in run.run()]
    if all(run.left_alone for run in runs):
        msg = "nothing is known of any matrix"
        raise SelectionError(
            msg,
            hint="nox -s matrix measures; nox -s merge -- FOLDER... joins what was measured elsewhere",
        )
    return errors
