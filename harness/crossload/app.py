"""Runs matrices from configuration to reports; what the command line and the nox sessions call."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from crossload.engine.store import Store
from crossload.environments import Interpreters, Locker, Places
from crossload.environments.index import Index
from crossload.errors import CrossloadError, SelectionError
from crossload.machine import cores, cpu_seconds, timing
from crossload.matrix_run import MatrixRun, Options
from crossload.plan import load_catalog, load_specs, make_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossload.plan import Plan


def make_plans(places: Places, options: Options) -> list[Plan]:
    """Plans of the wanted matrices; with selectors, those that the selectors mean."""
    specs = load_specs(places.matrix, options.matrices)
    plans, refused = [], []
    for spec in specs:
        try:
            plans.append(make_plan(spec, load_catalog(spec), options.selection))
        except SelectionError as error:
            refused.append(f"{spec.name}: {error}" if len(specs) > 1 else str(error))
    if not plans or (refused and options.matrices):
        raise SelectionError("\n".join(refused))
    return plans


def run(places: Places, options: Options, *, out: Callable[[str], None] = print) -> None:
    """Run all wanted matrices, print their tables and write their reports.

    Raises `CrossloadError` of the worst kind that was met after everything that could be measured was.
    """
    began, cpu_began = time.monotonic(), cpu_seconds()
    plans = make_plans(places, options)
    if options.dry_run:
        for plan in plans:
            out(describe_plan(plan))
        return
    store = Store(places.work / "store")
    store.open()
    errors: list[CrossloadError] = []
    try:
        store.compact()
        saves, loads = store.read()
        interpreters = Interpreters(say=out)
        locker = Locker(places, interpreters, Index(places.work / "index"), say=out)
        for plan in plans:
            one = MatrixRun(places, options, store, locker, plan, out)
            errors += one.run(saves, loads)
        for name in sorted(set(store.damaged)):
            out(f"a journal has lines that cannot be read (they were passed over): {name}")
    finally:
        store.close()
    out(timing(time.monotonic() - began, cpu_seconds() - cpu_began, options.jobs or cores()))
    if errors:
        raise max(errors, key=lambda error: error.exit_code)


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
