"""Runs matrices from configuration to reports; what the command line and the nox sessions call."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from crossload.api.outcomes import grid, outcomes
from crossload.engine.explain import explain
from crossload.environments import Interpreters, Locker, Project
from crossload.environments.package_index import Index
from crossload.errors import CrossloadError, SelectionError
from crossload.matrix import shards
from crossload.matrix.history import History
from crossload.matrix.last_report import LastReport
from crossload.matrix.open_store import is_url, opened, store_folder
from crossload.matrix.run import MatrixRun, Options, errors_of_known, make_ledger, show_known
from crossload.matrix.shards import restricted
from crossload.plan import load_catalog, load_specs, make_plan
from crossload.report.exports import EXPORTS
from crossload.report.fragments import FRAGMENTS
from crossload.system import cores, cpu_seconds, timing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from crossload.plan import Plan


def make_plans(project: Project, options: Options) -> list[Plan]:
    """Plans of the wanted matrices; with selectors, those that the selectors mean."""
    specs = load_specs(project.matrix, options.matrices)
    plans, refused = [], []
    for spec in specs:
        try:
            plans.append(make_plan(spec, load_catalog(spec), options.selection))
        except SelectionError as error:
            refused.append(f"{spec.name}: {error}" if len(specs) > 1 else str(error))
    if not plans or (refused and options.matrices):
        raise SelectionError("\n".join(refused))
    return plans


def run(project: Project, options: Options, *, out: Callable[[str], None] = print) -> None:
    """Run all wanted matrices, print their tables and write their reports.

    Raises `CrossloadError` of the worst kind that was met after everything that could be measured was.
    """
    began, cpu_began = time.monotonic(), cpu_seconds()
    plans = make_plans(project, options)
    if options.shard:
        plans = restricted(project, plans, options.shard)
        if not plans:
            out(f"nothing falls to shard {options.shard}: there are fewer parts than shards")
            return
    if options.dry_run or options.explain:
        for plan in plans:
            out(
                describe_plan(plan)
                if options.dry_run
                else f"{plan.spec.name}: {explain_plan(project, options, plan, out)}"
            )
        return
    errors: list[CrossloadError] = []
    root = store_folder(project, options.store)
    changed = []
    for plan in plans:
        shown = LastReport(project, plan)
        if not (options.fresh or options.frontier or is_url(options.store)) and shown.is_current(
            root
        ):
            show_known(shown, plan, out)
            errors += errors_of_known(shown, plan, strict=options.strict)
        else:
            changed.append(plan)
    if changed:
        errors += _measure(project, options, changed, out)
    out(timing(time.monotonic() - began, cpu_seconds() - cpu_began, options.jobs or cores()))
    if errors:
        raise max(errors, key=lambda error: error.exit_code)


def _measure(
    project: Project, options: Options, plans: list[Plan], out: Callable[[str], None]
) -> list[CrossloadError]:
    """Run matrices one after the other; afterwards note what their tables were made from."""
    errors: list[CrossloadError] = []
    runs: list[MatrixRun] = []
    with opened(project, options.store, out) as store:
        if options.fresh:
            store.forget()
        locker = Locker(project, Interpreters(say=out), Index(project.work / "index"), say=out)
        began = time.monotonic()
        for index, plan in enumerate(plans):
            chosen = options
            if options.budget is not None:  # what one matrix leaves, the next may use
                left = max(0.0, options.budget - (time.monotonic() - began)) / (len(plans) - index)
                chosen = replace(options, budget=left)
            runs.append(MatrixRun(project, chosen, store, locker, plan, out))
            errors += runs[-1].run()
    for run in (
        runs
    ):  # only now: the journals of each matrix are among what the tables of all others are told by
        known = run.shown.read()
        run.shown.write(
            known | {"quick": run.shown.quick(store.root) if known.get("complete") else ""}
        )
    return errors


def explain_plan(project: Project, options: Options, plan: Plan, out: Callable[[str], None]) -> str:
    """Why what is to be measured, for ``--explain``; no outcome is added."""
    with opened(project, options.store, out) as store:
        if options.fresh:
            store.forget()
        return explain(make_ledger(project, plan, store), plan).text


def merge(
    project: Project, options: Options, folders: Sequence[Path], *, out: Callable[[str], None]
) -> None:
    """Join stores, judge all wanted matrices and publish them.  Raises the worst error as `run` does."""
    errors = shards.merge(project, options, make_plans(project, options), folders, out)
    if errors:
        raise max(errors, key=lambda error: error.exit_code)


def report(project: Project, options: Options, since: str, *, out: Callable[[str], None]) -> None:
    """Judge and publish what the store holds, with no environment built; with ``since`` say what changed since a run instead."""
    plans = make_plans(project, options)
    if not since:
        merge(project, options, [], out=out)
        return
    for plan in plans:
        out(f"{plan.spec.name}, since {since}:")
        out(History(project, plan.spec.name).since(since).text)


def export(project: Project, matrix: str, layout: str, chosen: dict[str, str | None]) -> str:
    """The published outcomes of a matrix in another format.  Raises `SelectionError` where there are none.

    ``chosen`` has patterns of family, case and format, for the layouts that are one table.
    """
    (spec,) = load_specs(project.matrix, [matrix])
    if layout in FRAGMENTS:
        found = grid(project.reports / spec.name, **chosen)
        return FRAGMENTS[layout](found.ids, found.squares)
    if any(chosen.values()):
        msg = f"--as {layout} has all outcomes: it takes no --family, --case or --format"
        raise SelectionError(msg, hint=f"those are for --as {', '.join(FRAGMENTS)}")
    return EXPORTS[layout](spec.name, outcomes(project.reports / spec.name))


def describe_plan(plan: Plan) -> str:
    """What a run would do, for ``--dry-run``."""
    writers = dict.fromkeys(cell.writer for cell in plan.selected)
    readers = dict.fromkeys(cell.reader for cell in plan.selected)
    cases = dict.fromkeys(cell.case.name for cell in plan.selected)
    lines = [
        f"{plan.spec.name}: {plan.spec.title}",
        f"  {len(plan.selected)} of {len(plan.cells)} cells, {len(plan.controls)} controls;"
        f" cases: {len(cases)}, writers: {len(writers)}, readers: {len(readers)}",
        "  saves with: " + ", ".join(writers),
        "  loads in:   " + ", ".join(readers),
        "  cases:",
    ]
    recipes: dict[str, list[str]] = {}
    for name in cases:
        recipe, fmt = name.split("/")
        recipes.setdefault(recipe, []).append(fmt)
    lines += [f"    {recipe}: {', '.join(formats)}" for recipe, formats in recipes.items()]
    return "\n".join(lines)
