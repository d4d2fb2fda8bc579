"""Measure the time and the memory that reading, judging and writing millions of outcomes takes.

    python benchmarks/judge_many_cells.py [ENVIRONMENTS [RECIPES]]

The default is 100 environments and 100 recipes in 2 formats: 2 million cells.  Outcomes are made
up: each recipe has a handful of different outputs, as real ones have; one load in twenty fails with
one of thirty errors, one in fifty drifts.  They are written as journals by a process of their own,
so that the memory that is printed is that of reading and judging alone.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tabulate import tabulate

from crossload.config.spec import AxisSpec, MatrixSpec
from crossload.engine.keys import Identity
from crossload.environments import Project
from crossload.matrix.evaluate import Evaluation, expectations_of
from crossload.matrix.ledger import make_ledger
from crossload.plan import Plan, load_catalog, make_plan
from crossload.report import RunFacts, render_terminal, write_reports
from crossload.store.store import Store
from crossload.system import pause_garbage_collection
from crossload.worker import outputs

if TYPE_CHECKING:
    from crossload.engine.ledger import Ledger

VARIANTS = 6
"""Different outputs a recipe."""


def plan_of(root: Path, environments: int, recipes: int) -> Plan:
    """Make a plan of one axis; its recipe file is there, what recipes build is never asked for."""
    file = root / "matrix" / "recipes" / "made_up.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    entries = [
        f'    "recipe-{n}": dict(family="family-{n % 8}", task="binary", data="breast-cancer",'
        ' build=build, outputs=["predict"]),'
        for n in range(recipes)
    ]
    head = "def build(data):\n    return None\n\n\nRECIPES = {\n"
    file.write_text(head + "\n".join(entries) + "\n}\n")
    versions = tuple(f"{n // 10}.{n % 10}.0" for n in range(environments))
    axis = AxisSpec(
        package="scikit-learn",
        versions=versions,
        prefix="sklearn",
        requires=("scikit-learn=={version}",),
    )
    spec = MatrixSpec(
        name="made-up",
        path=root / "matrix" / "made-up.toml",
        title="Made-up outcomes",
        recipes=(file,),
        formats=("pickle", "joblib"),
        axes=(axis,),
    )
    spec.path.write_text("")
    return make_plan(spec, load_catalog(spec))


def ledger_of(root: Path, plan: Plan, store: Store) -> Ledger:
    """Make a ledger that takes every environment for built."""
    ledger = make_ledger(Project(root), plan, store)
    for each in plan.environments:
        ledger.identify(each.id, Identity("3.12.1", f"lock of {each.id}"))
    return ledger


def write_outcomes(root: Path, environments: int, recipes: int) -> None:
    """Write a journal for each reader, and the outputs that they refer to."""
    plan = plan_of(root, environments, recipes)
    store = Store(root / ".crossload" / "store")
    store.open()
    ledger = ledger_of(root, plan, store)
    rows = len(np.load(ledger.data["breast-cancer"][1] / "y_test.npy"))
    kept = []
    for variant in range(VARIANTS):
        labels = np.random.default_rng(0).integers(0, 2, rows)
        labels[:variant] = 1 - labels[:variant]
        arrays = {"predict": labels}
        each = outputs.digests(arrays)
        kept.append((each, outputs.keep(arrays, each, str(store.blobs.outputs))))
    rng = np.random.default_rng(1)
    saves = {}
    with store.new_journal("saves").open("a") as stream:
        for environment in plan.environments:
            for case in plan.cases:
                sha = f"{abs(hash((environment.id, case.name))):064x}"
                saves[environment.id, case.name] = sha
                facts = {
                    "artifact": {"bytes": 5000, "name": "model.pkl", "sha256": sha},
                    "warnings": [],
                    "stage": "done",
                }
                facts |= {
                    "outputs": kept[0][0],
                    "kept": kept[0][1],
                    "seconds": {"fit": 0.01, "save": 0.001},
                    "state": "",
                }
                facts |= {"kind": "save", "key": ledger.save_key(environment.id, case)}
                stream.write(json.dumps(facts | {"status": "ok"}, sort_keys=True) + "\n")
    for reader in plan.environments:
        with store.new_journal(reader.id).open("a") as stream:
            for writer in plan.environments:
                for case in plan.cases:
                    sha = saves[writer.id, case.name]
                    key = ledger.keys.load(ledger.identities[reader.id], case, sha)
                    facts = _load(rng, kept) | {"kind": "load", "key": key}
                    stream.write(json.dumps(facts, sort_keys=True) + "\n")
    store.close()


def _load(rng: np.random.Generator, kept: list[tuple[dict[str, str], str]]) -> dict[str, object]:
    chance = rng.random()
    load, predict = round(rng.random() / 100, 5), round(rng.random() / 1000, 5)
    warning = {"category": "InconsistentVersionWarning", "text": "from another version", "count": 1}
    facts = {
        "seconds": {"load": load, "predict": predict, "verify": 0.0001},
        "warnings": [warning] if chance < 0.5 else [],
    }
    if chance < 0.05:
        message = f"node array {int(chance * 600)}"
        error = {"type": "ValueError", "message": message, "traceback": "Traceback ..." * 20}
        return facts | {"status": "error", "stage": "load", "error": error}
    each, name = kept[int(chance * 50 * VARIANTS) % VARIANTS if chance < 0.07 else 0]
    return facts | {"status": "ok", "stage": "done", "outputs": each, "kept": name, "state": ""}


def judge(root: Path, environments: int, recipes: int) -> None:
    """Read, judge, summarise and write; print a table."""
    steps: list[tuple[str, float, int]] = []
    began = last = time.perf_counter()

    def step(name: str) -> None:
        nonlocal last
        now = time.perf_counter()
        steps.append((name, now - last, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10))
        last = now

    plan = plan_of(root, environments, recipes)
    step("plan")
    store = Store(root / ".crossload" / "store")
    with pause_garbage_collection():
        store.open()
        step("open: journals become one")
        store.read()
    store.blobs.list_present()
    step("read outcomes")
    ledger = ledger_of(root, plan, store)
    judging = Evaluation(Project(root), plan, ledger, expectations_of(Project(root), plan))
    facts = RunFacts(
        date="", version="", platform="", saves=0, loads=0, wall_seconds=0, cpu_seconds=0, cores=1
    )
    view = judging.view(facts)
    step("judge")
    text = render_terminal(view)
    step("terminal")
    write_reports(replace(view), root / "reports")
    step("report files")
    store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    total = time.perf_counter() - began
    rows, headers = [*steps, ("all", total, round(peak))], ["step", "seconds", "peak MB so far"]
    print(tabulate(rows, headers=headers, floatfmt=".1f", tablefmt="github"))
    size = (root / "reports" / "outcomes.parquet").stat().st_size / 1e6
    counts = ", ".join(f"{count} {verdict.word}" for verdict, count in view.counts.items() if count)
    print(f"\n{len(view.rows)} cells ({counts}); peak memory {peak:.0f} MB;", end=" ")
    print(f"outcomes.parquet {size:.1f} MB; {len(text)} signs")


def main(arguments: list[str]) -> None:
    """Make up outcomes, and judge them."""
    environments, recipes = int((arguments or ["100"])[0]), int((arguments[1:] or ["100"])[0])
    with tempfile.TemporaryDirectory() as place:
        for work in (write_outcomes, judge):
            process = multiprocessing.get_context("spawn").Process(
                target=work, args=(Path(place), environments, recipes)
            )
            process.start()
            process.join()
            if process.exitcode:
                sys.exit(process.exitcode)


if __name__ == "__main__":
    main(sys.argv[1:])
