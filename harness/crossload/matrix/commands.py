"""The commands about matrices, from configuration to reports.

The command line and the nox sessions call them.
"""

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
from crossload.matrix.last_report import LastReport, errors_of_last_report, print_last_report
from crossload.matrix.ledger import make_ledger
from crossload.matrix.open_store import is_url, open_store, store_folder
from crossload.matrix.run import MatrixRun
from crossload.matrix.shards import plans_of_shard
from crossload.plan import load_catalog, load_specs, make_plan
from crossload.report.exports import EXPORTS
from crossload.report.table_layouts import TABLE_LAYOUTS
from crossload.system import cores, cpu_seconds, timing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from crossload.matrix.options import Options
    from crossload.plan import Plan


def make_plans(project: Project, options: Options) -> list[Plan]:
    """Plan the wanted matrices; with selectors, those of which the selectors mean something.

    Raises
    ------
    SelectionError
        Nothing is left of any matrix, or of one that was named.
    ConfigError, RecipeError
        A matrix or recipe file has mistakes.
    """
    specs = load_specs(project.matrix, options.matrices)
    plans, refused = [], []
    for spec in specs:
        try:
            plans.append(make_plan(spec, load_catalog(spec), options.selection))
        except SelectionError as error:
            refused.append(f"{spec.name}: {error}" if len(specs) > 1 else str(error))
    # `--only tf-2.15.1` without a matrix means whichever has it; who names a matrix means that one
    if not plans or (refused and options.matrices):
        raise SelectionError("\n".join(refused))
    return plans


def run(project: Project, options: Options, *, say: Callable[[str], None] = print) -> None:
    """Run all wanted matrices, print their tables and write their reports.

    Parameters
    ----------
    project
        Folders of the project.
    options
        Options of the command line.
    say
        Takes tables, and lines for the user.

    Raises
    ------
    SelectionError, ConfigError, RecipeError
        Before anything is measured: nothing is selected, or files have mistakes.
    StoreError
        Outcomes cannot be read or written.
    CrossloadError
        The worst error that did not end the run, after everything that could be measured was.
    """
    began, cpu_began = time.monotonic(), cpu_seconds()
    plans = make_plans(project, options)
    if options.shard:
        plans = plans_of_shard(project, plans, options.shard)
        if not plans:
            say(f"nothing falls to shard {options.shard}: there are fewer parts than shards")
            return
    if options.dry_run or options.explain:
        for plan in plans:
            say(
                describe_plan(plan)
                if options.dry_run
                else f"{plan.spec.name}: {explain_plan(project, options, plan, say)}"
            )
        return
    errors: list[CrossloadError] = []
    root = store_folder(project, options.store)
    # files of this machine tell nothing of a store elsewhere, nor of what a frontier would measure
    may_repeat = not (options.fresh or options.verify or options.frontier or is_url(options.store))
    changed = []
    for plan in plans:
        report = LastReport(project, plan)
        if may_repeat and report.is_current(root):
            print_last_report(report, plan, say)
            errors += errors_of_last_report(report, plan, strict=options.strict)
        else:
            changed.append(plan)
    if changed:
        errors += _measure(project, options, changed, say)
    say(timing(time.monotonic() - began, cpu_seconds() - cpu_began, options.jobs or cores()))
    # the largest code: a fault of the harness (7) counts more than cells that failed (1)
    if errors:
        raise max(errors, key=lambda error: error.exit_code)


def _measure(
    project: Project, options: Options, plans: list[Plan], say: Callable[[str], None]
) -> list[CrossloadError]:
    """Run matrices one after the other; afterwards keep digests of what their tables rest on."""
    errors: list[CrossloadError] = []
    runs: list[MatrixRun] = []
    with open_store(project, options.store, say) as store:
        if options.fresh:
            store.forget_outcomes()
        locker = Locker(project, Interpreters(say=say), Index(project.work / "index"), say=say)
        began = time.monotonic()
        for index, plan in enumerate(plans):
            chosen = options
            if options.budget is not None:  # what one matrix leaves, the next may use
                left = max(0.0, options.budget - (time.monotonic() - began)) / (len(plans) - index)
                chosen = replace(options, budget=left)
            runs.append(MatrixRun(project, chosen, store, locker, plan, say))
            errors += runs[-1].run()
    # Only now: the digest of a matrix covers the journals of all others too. A report with gaps is
    # not repeated: the next run may fill them.
    for run in runs:
        known = run.last_report.read()
        digest = run.last_report.digest_of_files(store.root) if known.get("complete") else ""
        run.last_report.write(known | {"quick": digest})
    return errors


def explain_plan(project: Project, options: Options, plan: Plan, say: Callable[[str], None]) -> str:
    """Explain what is to be measured and why, for ``--explain``; no outcome is added.

    Raises
    ------
    StoreError
        The store cannot be read.
    """
    with open_store(project, options.store, say) as store:
        if options.fresh:
            store.forget_outcomes()
        return explain(make_ledger(project, plan, store), plan).text


def merge(
    project: Project, options: Options, folders: Sequence[Path], *, say: Callable[[str], None]
) -> None:
    """Join stores, judge all wanted matrices and publish them.

    Parameters
    ----------
    project
        Folders of the project.
    options
        Options of the command line.
    folders
        Folders that are stores or hold one.
    say
        Takes tables, and lines for the user.

    Raises
    ------
    SelectionError
        A folder has no store, or nothing is known of any matrix.
    CrossloadError
        As of `run`.
    """
    errors = shards.merge(project, options, make_plans(project, options), folders, say)
    if errors:
        raise max(errors, key=lambda error: error.exit_code)


def report(project: Project, options: Options, since: str, *, say: Callable[[str], None]) -> None:
    """Judge and publish what the store holds, or compare published runs.

    No environment is built.

    Parameters
    ----------
    project
        Folders of the project.
    options
        Options of the command line.
    since
        Name of a run: say what changed between it and the newest one, and publish nothing.
        Empty to judge and publish.
    say
        Takes tables, and lines for the user.

    Raises
    ------
    SelectionError
        Nothing is known of any matrix, or there is no such run.
    CrossloadError
        As of `run`.
    """
    plans = make_plans(project, options)
    if not since:
        merge(project, options, [], say=say)
        return
    for plan in plans:
        say(f"{plan.spec.name}, since {since}:")
        say(History(project, plan.spec.name).since(since).text)


def export(project: Project, matrix: str, layout: str, chosen: dict[str, str | None]) -> str:
    """Render the published outcomes of a matrix in another format.

    Parameters
    ----------
    project
        Folders of the project; ``reports/<matrix>/`` is read.
    matrix
        Name of the matrix.
    layout
        A key of `EXPORTS`, or of `TABLE_LAYOUTS` for one table.
    chosen
        Patterns of family, case and format, for the layouts that are one table.

    Raises
    ------
    SelectionError
        There is no report, or patterns are given for a layout that has all outcomes.
    """
    (spec,) = load_specs(project.matrix, [matrix])
    if layout in TABLE_LAYOUTS:
        found = grid(project.reports / spec.name, **chosen)
        return TABLE_LAYOUTS[layout](found.ids, found.squares)
    if any(chosen.values()):
        msg = f"--as {layout} has all outcomes: it takes no --family, --case or --format"
        raise SelectionError(msg, hint=f"those are for --as {', '.join(TABLE_LAYOUTS)}")
    return EXPORTS[layout](spec.name, outcomes(project.reports / spec.name))


def describe_plan(plan: Plan) -> str:
    """Describe what a run would do, for ``--dry-run``."""
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
