"""Views for pages: small ones with every kind of detail, and hostile texts."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from helpers import plan

from crossload.config import Cause, Tolerance
from crossload.report import EnvironmentFacts, JudgedCell, RunFacts, make_view
from crossload.report.changes import Past
from crossload.verdict import Explained, Finding, Judgement, Verdict, compare

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> "
HOSTILE += "\x1b[31m\x00 ' \" & \u202e \ud800".encode("utf-8", "replace").decode()
RUN = RunFacts(
    date="2026-11-22",
    version="0",
    platform="Linux",
    saves=1,
    loads=2,
    wall_seconds=1.0,
    cpu_seconds=1.0,
    cores=2,
)
VERSIONS = ("1.0", "1.1", "1.2", "1.3")

BEFORE, AFTER = np.linspace(0.0, 1.0, 50), np.linspace(0.0, 1.0, 50) + np.logspace(-9, -2, 50)
METRICS = {"accuracy": 0.98, "recall": 0.9, "tp": 9.0, "fn": 1.0}

JUDGEMENTS = {
    "identical": Judgement(
        verdict=Verdict.IDENTICAL,
        before=METRICS,
        after=METRICS,
        state="equal",
        classes=("0", "1"),
        confusion=(((89, 1), (1, 9)), ((89, 1), (1, 9))),
    ),
    "drift": Judgement(
        verdict=Verdict.DRIFT,
        reason="recall 0.9 -> 0.12",
        before=METRICS,
        after=METRICS | {"recall": 0.12, "tp": 1.0, "fn": 9.0},
        worst_metric="recall",
        worst_drift=-0.78,
        worst_excess=780.0,
        classes=("0", "1"),
        state="differs",
        changed_labels=8,
        confusion=(((89, 1), (1, 9)), ((89, 1), (9, 1))),
        warned=("InconsistentVersionWarning",),
        distances={"predict_proba": compare(BEFORE, AFTER, atol=1e-6, rtol=1e-5)},
        max_abs=0.01,
    ),
    "load-error": Judgement(
        verdict=Verdict.LOAD_ERROR, reason="ValueError: node array has an incompatible dtype"
    ),
    "not-run": Judgement(verdict=Verdict.NOT_RUN),
}


def kind_of(cell):
    """Choose the judgement of a cell.

    Forests of 1.0 and 1.1 do not load in 1.2 and later, ridges drift in older versions, one pair
    was not measured in pickle; everything else is identical.
    """
    writer, reader = (
        VERSIONS.index(each.removeprefix("sklearn-")) for each in (cell.writer, cell.reader)
    )
    if cell.case.recipe == "forest" and writer < 2 <= reader:
        return "load-error"
    if cell.case.recipe == "ridge" and writer > reader:
        return "drift"
    return "not-run" if (writer, reader) == (0, 1) and cell.case.format == "pickle" else "identical"


def view_of(*, hostile=False, past=True):
    """Make a view of four versions, with two earlier runs."""
    rows = []
    known = Cause(
        id="tree-nodes",
        verdicts=("load-error",),
        says=("node array",),
        why=HOSTILE if hostile else "the layout of nodes changed",
        do=HOSTILE if hostile else "fit it again",
        link="javascript:alert(3)" if hostile else "https://example.org/1",
    )
    for cell in plan(VERSIONS).cells:
        kind = kind_of(cell)
        judged = JUDGEMENTS[kind]
        if hostile and judged.reason:
            judged = replace(judged, reason=HOSTILE)
        finding = Finding()
        if kind in ("load-error", "drift"):
            expected = kind == "load-error"
            finding = Finding(
                explained=Explained.YES if expected else Explained.NO,
                cause=known if expected else None,
            )
        row = JudgedCell(
            cell=cell,
            judgement=judged,
            finding=finding,
            seconds={"load": 0.0123, "predict": 0.001},
            artifact="ab" * 32,
            artifact_bytes=1234,
            traceback=HOSTILE * 3 if hostile else "Traceback\n  File x\nValueError: node",
            warnings=(HOSTILE if hostile else "UserWarning: from another version",),
        )
        rows.append(row)
    scipy = HOSTILE if hostile else "1.5"
    environments = [
        EnvironmentFacts(
            id=f"sklearn-{version}",
            axis="scikit-learn",
            python="3.9.1",
            as_of="2021-01-01",
            versions={"scikit-learn": version, "numpy": "1.20", "scipy": scipy},
        )
        for version in VERSIONS
    ]
    tolerance = Tolerance(metric=0.001, atol=1e-6, rtol=1e-5)
    view = make_view(
        name="m",
        title="<Models> & more" if hostile else "Models",
        environments=environments,
        rows=rows,
        run=RUN,
        tolerances={case.name: tolerance for case in plan(VERSIONS).cases},
    )
    if not past:
        return view
    before = view.rows.verdict.astype(np.int8)
    index = next(i for i, row in enumerate(view.rows) if row.judgement.verdict is Verdict.DRIFT)
    before[index] = list(Verdict).index(Verdict.IDENTICAL)
    oldest = np.full(len(before), -1, dtype=np.int8)
    return replace(
        view,
        past=(
            Past(run="20261101T101010Z", verdicts=oldest),
            Past(run="20261110T101010Z", verdicts=before),
        ),
    )
