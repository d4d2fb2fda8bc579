"""Measure how long a page of 300,000 cells takes to be written, to open and to filter, in Chromium.

    python benchmarks/page.py [ENVIRONMENTS [RECIPES]]

The default is 40 environments and 94 recipes in 2 formats: 300,800 cells.  It needs Playwright, and
Debian's chromium (or what CHROMIUM names).  Cells are made up: one in ten fails with one of 300
errors, one in thirty drifts with metrics, distances and confusion matrices of its own, half of the
others give warnings.  Opening is counted from the start of the navigation to the first frame after
the page is ready; filtering from the change of a field to the frame after the table was drawn anew.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from playwright.sync_api import sync_playwright
from tabulate import tabulate

from crossload.config import Tolerance
from crossload.plan import Case, Cell
from crossload.report import EnvironmentFacts, JudgedCell, RunFacts, View, make_view
from crossload.report.changes import Past
from crossload.report.html import render_html
from crossload.verdict import Judgement, Verdict, compare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

REPEATS = 7
FILTERS = {
    "family": "family-3",
    "model": "recipe-7",
    "format": "joblib",
    "verdict": "drift",
    "from": "sklearn-2.0.0",
    "text": "number 17",
    "only": "changes",
}
"""Fields of the page, and what is chosen in each."""

_FILTERED = """([id, value]) => new Promise((done) => {
    const field = document.getElementById(id), began = performance.now();
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
})"""
"""Milliseconds from a change to the task after the next frame."""

_OPENED = """() => new Promise((done) => {
    requestAnimationFrame(() => setTimeout(() => done(performance.now())));
})"""
"""Milliseconds from the start of the navigation to the task after the next frame."""


def made_up(environments: int, recipes: int) -> View:
    """Make a view of that size."""
    rng = np.random.default_rng(0)
    ids = [f"sklearn-{n // 10}.{n % 10}.0" for n in range(environments)]
    cases = [
        Case(
            recipe=f"recipe-{n}",
            format=fmt,
            saver=fmt,
            family=f"family-{n % 8}",
            task="binary",
            data="d",
        )
        for n in range(recipes)
        for fmt in ("pickle", "joblib")
    ]
    metrics = "accuracy precision recall f1 log_loss roc_auc tp fp fn tn"
    before = dict.fromkeys(metrics.split(), 0.9)
    base = rng.random(200)
    matrix = ((90, 10), (10, 90))
    fine = [
        Judgement(verdict=Verdict.IDENTICAL, before=before, after=before, state="equal", warned=w)
        for w in ((), ("Warning",))
    ]
    error = "ValueError: node array number {} has another dtype"
    failures = [Judgement(verdict=Verdict.LOAD_ERROR, reason=error.format(n)) for n in range(300)]
    drifts = []
    for _ in range(10_000):
        moved = base + rng.random(200) * 10.0 ** rng.integers(-8, 0)
        after = before | {"recall": float(rng.random()), "tp": float(rng.integers(0, 9))}
        drift = Judgement(
            verdict=Verdict.DRIFT,
            reason=f"recall 0.9 -> {after['recall']:.4g}",
            before=before,
            after=after,
            worst_metric="recall",
            distances={"predict_proba": compare(base, moved, atol=1e-6, rtol=1e-5)},
            classes=("0", "1"),
            confusion=(matrix, matrix),
        )
        drifts.append(drift)

    def rows() -> Iterator[JudgedCell]:
        for case in cases:
            for writer in ids:
                artifact = f"{abs(hash((case.name, writer))):064x}"
                for reader in ids:
                    chance = rng.random()
                    judged = fine[int(chance * 1000) % 2]
                    if writer != reader and chance < 0.1:
                        judged = failures[int(chance * 1e6) % 300]
                    elif writer != reader and chance < 0.1333:
                        judged = drifts[int(chance * 1e6) % 10_000]
                    failed = judged.verdict is Verdict.LOAD_ERROR
                    lines = [f'  File "{case.name}.py", line {n}' for n in range(6)]
                    yield JudgedCell(
                        cell=Cell(case, writer, reader),
                        judgement=judged,
                        artifact=artifact,
                        artifact_bytes=5000,
                        seconds={"load": chance / 100, "predict": chance / 1000},
                        traceback="\n".join(lines) if failed else "",
                        warnings=(f"Warning: from {writer} in {reader}",) if judged.warned else (),
                    )

    packages = {f"package-{n}": str(n) for n in range(30)}
    facts = [
        EnvironmentFacts(id=each, axis="scikit-learn", python="3.12.1", versions=packages)
        for each in ids
    ]
    nothing = {"saves": 0, "loads": 0, "wall_seconds": 0, "cpu_seconds": 0, "cores": 1}
    run = RunFacts(date="2026-11-22", version="0", platform="", **nothing)
    tolerances = {case.name: Tolerance(metric=0.001, atol=1e-6, rtol=1e-5) for case in cases}
    view = make_view(
        name="made-up",
        title="Made-up outcomes",
        environments=facts,
        rows=rows(),
        run=run,
        tolerances=tolerances,
    )
    past = []
    for day in range(10):
        verdicts = view.rows.verdict.astype(np.int8)
        verdicts[rng.integers(0, len(verdicts), 500)] = list(Verdict).index(Verdict.EQUIVALENT)
        past.append(Past(run=f"202611{day + 10}T101010Z", verdicts=verdicts))
    return replace(view, past=tuple(past))


def opening(page: Page, address: str) -> float:
    """Give the milliseconds from the navigation to the first frame of the page."""
    page.goto("about:blank")
    page.goto(address, wait_until="commit")
    page.wait_for_selector("html[data-ready]", timeout=60_000)
    return float(page.evaluate(_OPENED))


def filtering(page: Page, field: str, value: str) -> float:
    """Give the milliseconds until the table shows a filter; the filter is taken away again."""
    found = float(page.evaluate(_FILTERED, [field, value]))
    page.evaluate(_FILTERED, [field, ""])
    return found


def main(arguments: list[str]) -> None:
    """Write a page, open it, filter it, and print a table."""
    environments, recipes = int((arguments or ["40"])[0]), int((arguments[1:] or ["94"])[0])
    view = made_up(environments, recipes)
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        path = Path(place) / "index.html"
        began = time.perf_counter()
        path.write_text(render_html(view), encoding="utf-8")
        written = time.perf_counter() - began
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        results = {"open": [opening(page, path.as_uri()) for _ in range(REPEATS)]}
        for name, value in FILTERS.items():
            times = [filtering(page, f"f-{name}", value) for _ in range(REPEATS)]
            results[f"filter: {name} {value}"] = times
        link = f"{path.as_uri()}#w=sklearn-0.1.0&r=sklearn-2.1.0&cell=recipe-7/joblib"
        results["open at one cell"] = [opening(page, link) for _ in range(REPEATS)]
        heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
        size = path.stat().st_size / 1e6
        browser.close()
    rows = [(what, statistics.median(times), max(times)) for what, times in results.items()]
    headers = ["", "median ms", "slowest ms"]
    print(tabulate(rows, headers=headers, floatfmt=".0f", tablefmt="github"))
    judgements = len(view.rows.judgements)
    print(f"\n{len(view.rows)} cells, {judgements} different judgements,", end=" ")
    print(
        f"{len(view.environments)} environments; written in {written:.1f} s, {size:.1f} MB;",
        end=" ",
    )
    print(f"JavaScript heap {heap:.0f} MB; {REPEATS} repeats each")


if __name__ == "__main__":
    main(sys.argv[1:])
