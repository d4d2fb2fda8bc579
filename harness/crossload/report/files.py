"""Writes the files of a report folder: Markdown, HTML, JSON and Parquet of one view."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from crossload.report.html import render_html
from crossload.report.markdown import escape, render_markdown
from crossload.report.model import compatibility
from crossload.verdict import Verdict, tally

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from crossload.report.model import Row, Square
    from crossload.report.view import View
    from crossload.verdict import Judgement

SCHEMA_VERSION = 2

COLUMNS = {
    "family, recipe, format, task": "the case: recipe and format, under the heading of a family",
    "writer, reader": "ids of the environments that saved and loaded",
    "verdict, passes, reason": "the verdict, whether it passes (null: neither), and why",
    "surprise, known": "the verdict against the expectations, and the reason that those give",
    "warned, warnings": "categories of warnings while loading and predicting, and their texts",
    "worst_metric, worst_drift": "the metric that moved most, and by how much (after minus before)",
    "worst_excess": "the same in units of its tolerance; above 1 it is too far",
    "max_abs, max_rel": "largest difference of any recorded output; 0 where bit-equal",
    "mean_abs, median_abs, p99_abs": "mean, median and 99th percentile of the differences of the output that moved farthest",
    "mean_rel, median_rel, p99_rel": "the same, relative to the value before",
    "changed_labels": "number of held-out rows whose predicted label changed",
    "state": "fitted state after loading: equal, differs, layout (arrays renamed, added, removed), or unknown",
    "optimizer": "optimizer variables after loading: kept, changed, lost; empty where there were none",
    "resumes": "whether training goes on alike after loading: yes, no, what was lost; empty where not asked",
    "lost": "class that the reader did not find, where the error names one",
    "noise": "largest difference between two predictions of the writer in its own process",
    "train_gap": "accuracy or R2 on training rows minus that on held-out rows",
    "confirmed": "measured a second time in a process of its own",
    "artifact, artifact_bytes": "SHA-256 (first 16 digits) and size of what was loaded",
    "load_seconds, predict_seconds": "seconds of loading and predicting, one thread",
    "METRIC_before, METRIC_after, METRIC_drift": "each metric just before saving, just after loading, and the change",
}
"""Columns of the table of outcomes, and what they mean."""


def write_reports(view: View, folder: Path) -> list[Path]:
    """Write everything; a reader never sees half a file."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "README.md": render_markdown(view),
        "index.html": render_html(view),
        "summary.json": json.dumps(summary(view), indent=1, sort_keys=True) + "\n",
    }
    written = []
    for name, text in texts.items():
        part = folder / f"{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(folder / name)
        written.append(folder / name)
    part = folder / "outcomes.parquet.part"
    frame(view).to_parquet(part, index=False, compression="zstd")
    part.replace(folder / "outcomes.parquet")
    return [*written, folder / "outcomes.parquet"]


def _finite(value: float) -> float | str:
    """JSON knows no infinity."""
    return value if math.isfinite(value) else str(value)


def summary(view: View) -> dict[str, Any]:
    """The view without single cells, for machines."""
    return {
        "schema": SCHEMA_VERSION,
        "matrix": view.name,
        "title": view.title,
        "date": view.run.date,
        "crossload": view.run.version,
        "platform": view.run.platform,
        "planned": len(view.rows),
        "passed": view.passed,
        "failed": view.failed,
        "complete": view.complete,
        "counts": {verdict.word: count for verdict, count in view.counts.items()},
        "controls": {
            "caught": tally(view.controls)[0],
            "measured": tally(view.controls)[1],
            "missed": [each.text for each in view.missed],
        },
        "expectations": {surprise.value or "none": count for surprise, count in view.surprises.items()}
        if view.judged_against
        else None,
        "diagonal": {"identical": view.diagonal[0], "measured": view.diagonal[1]},
        "environments": [
            {
                "id": facts.id,
                "python": facts.python,
                "as_of": facts.as_of,
                "versions": facts.versions,
                "left_out": list(facts.left_out),
                "failure": facts.failure,
            }
            for facts in view.environments
        ],
        "families": {
            grid.family: [
                {
                    "writer": writer,
                    "reader": reader,
                    **rollup(square),
                }
                for (writer, reader), square in grid.squares.items()
            ]
            for grid in view.grids
        },
        "formats": {name: rollup(square) for name, square in view.by_format.items()},
        "cases": {name: rollup(square) for name, square in view.by_case.items()},
        "versions": [
            {
                "id": each.id,
                "backward": compatibility(each.backward),
                "forward": compatibility(each.forward),
            }
            for each in view.directions
        ],
        "worst_drifts": [
            {
                "case": row.cell.case.name,
                "writer": row.cell.writer,
                "reader": row.cell.reader,
                "metric": row.judgement.worst_metric,
                "drift": _finite(row.judgement.worst_drift),
                "reason": row.judgement.reason,
            }
            for row in view.worst_drifts
        ],
        "known": [{"reason": reason, "link": link, "cells": count} for reason, link, count in view.known],
        "failures": [
            {
                "verdict": each.verdict.word,
                "text": each.text,
                "example": each.example,
                "cells": each.cells,
                "cases": each.cases,
                "first_seen": list(each.boundary),
                "unexpected": each.unexpected,
                "pairs": [list(pair) for pair in each.pairs],
            }
            for each in view.signatures
        ],
    }


def rollup(square: Square) -> dict[str, Any]:
    """Worst verdict and counts of a group of cells."""
    counts = sorted(square.counts.items(), key=lambda each: each[0].word)
    return {"worst": square.worst.word, "planned": square.planned, "counts": {verdict.word: n for verdict, n in counts}}


def frame(view: View) -> pd.DataFrame:
    """One row a cell; `COLUMNS` says what is in them."""
    import pandas as pd  # noqa: PLC0415 - half a second of imports that an unchanged run does without

    names = list(dict.fromkeys(name for row in view.rows for name in (*row.judgement.before, *row.judgement.after)))
    table = pd.DataFrame([_flat(row, names) for row in view.rows])
    for column in (
        "family",
        "recipe",
        "format",
        "task",
        "writer",
        "reader",
        "verdict",
        "reason",
        "surprise",
        "known",
        "warned",
        "warnings",
        "state",
        "optimizer",
        "resumes",
        "lost",
    ):
        table[column] = table[column].astype("category")
    return table


def _flat(row: Row, metrics: list[str]) -> dict[str, Any]:
    judged, case = row.judgement, row.cell.case
    nan = float("nan")
    found: dict[str, Any] = {
        "family": case.family,
        "recipe": case.recipe,
        "format": case.format,
        "task": case.task,
        "writer": row.cell.writer,
        "reader": row.cell.reader,
        "verdict": judged.verdict.word,
        "passes": judged.verdict.passes,
        "reason": judged.reason,
        "surprise": row.finding.surprise.value,
        "known": row.finding.expectation.reason if row.finding.expectation else "",
        "warned": ", ".join(judged.warned),
        "warnings": "\n".join(row.warnings),
        "worst_metric": judged.worst_metric,
        "worst_drift": judged.worst_drift if judged.verdict.measured else nan,
        "worst_excess": judged.worst_excess if judged.verdict.measured else nan,
        "max_abs": judged.max_abs if judged.after else nan,
        "max_rel": judged.max_rel if judged.after else nan,
        "changed_labels": judged.changed_labels,
        **_distances(judged),
        "state": judged.state,
        "optimizer": judged.optimizer,
        "resumes": judged.resumes,
        "lost": judged.lost,
        "noise": judged.noise,
        "train_gap": judged.gap,
        "confirmed": row.confirmed,
        "artifact": row.artifact[:16],
        "artifact_bytes": row.artifact_bytes,
        "load_seconds": row.seconds.get("load", nan),
        "predict_seconds": row.seconds.get("predict", nan),
    }
    for name in metrics:
        before, after = judged.before.get(name, nan), judged.after.get(name, nan)
        found |= {f"{name}_before": before, f"{name}_after": after, f"{name}_drift": after - before}
    if judged.verdict is Verdict.NOT_RUN:
        found["changed_labels"] = 0
    return found


def _distances(judged: Judgement) -> dict[str, float]:
    """Statistics of the output that moved farthest; zeros where all are bit-equal, NaN where nothing was predicted."""
    names = ("mean_abs", "median_abs", "p99_abs", "mean_rel", "median_rel", "p99_rel")
    if not judged.after:
        return dict.fromkeys(names, float("nan"))
    if not judged.distances:
        return dict.fromkeys(names, 0.0)
    farthest = max(judged.distances.values(), key=lambda each: each.max_abs)
    return {name: getattr(farthest, name) for name in names}


def write_index(reports: Path) -> Path:
    """Write ``README.md`` of the reports folder: one line for each matrix that has a report."""
    found = []
    for path in sorted(reports.glob("*/summary.json")):
        known = json.loads(path.read_text(encoding="utf-8"))
        if known.get("schema") == SCHEMA_VERSION:
            found.append((path.parent.name, known))
    lines = [
        "# Reports",
        "",
        "Written by `nox -s matrix` from real runs; do not edit.",
        "",
        "| matrix | measured | environments | cells | passed | failed | silent drifts | n/a | not measured | diagonal | controls |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, known in found:
        counts = known["counts"]
        gaps = counts[Verdict.NOT_RUN.word] + counts[Verdict.NO_ENVIRONMENT.word]
        diagonal = known["diagonal"]
        cells = [
            f"[{escape(known['title'])}]({name}/README.md)",
            f"{known['date']}, {known['platform']}",
            len(known["environments"]),
            known["planned"],
            known["passed"],
            known["failed"],
            counts[Verdict.DRIFT.word],
            counts[Verdict.NOT_AVAILABLE.word],
            gaps,
            f"{diagonal['identical']} of {diagonal['measured']} bit-identical",
            f"{known['controls']['caught']} of {known['controls']['measured']} caught",
        ]
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    lines += [
        "",
        "Each folder has `README.md` (tables), `index.html` (the same as a page), `summary.json`, and `outcomes.parquet` with one",
        "row a cell:",
        "",
        "| column | meaning |",
        "| --- | --- |",
        *[f"| `{name}` | {meaning} |" for name, meaning in COLUMNS.items()],
    ]
    part = reports / "README.md.part"
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    part.replace(reports / "README.md")
    return reports / "README.md"
