"""Writes the files of a report folder: Markdown, HTML, JSON and Parquet of one view."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from crossload.report.html import render_html
from crossload.report.markdown import escape, render_markdown
from crossload.report.model import compatibility
from crossload.report.outcomes import COLUMNS, write_outcomes
from crossload.report.table import table_digest
from crossload.verdict import GAPS, Verdict, tally

if TYPE_CHECKING:
    from pathlib import Path

    from crossload.report.model import Square
    from crossload.report.view import View

SCHEMA_VERSION = 2


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
    write_outcomes(view, part)
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
        "inferred": view.accuracy
        and {
            "cells": view.accuracy.inferred,
            "checked": view.accuracy.checked,
            "wrong": view.accuracy.wrong,
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
        "verdicts_sha256": table_digest(view),
        "costs": view.costs,
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
        gaps = sum(counts[each.word] for each in GAPS)
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
