"""The summary of a view, for programs: ``summary.json``, without single cells.

Its JSON Schema is `schema_text`, published beside the reports.
"""

from __future__ import annotations

import math
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from crossload.report.verdict_table import numbers_digest, verdicts_digest
from crossload.report.view_types import compatibility
from crossload.verdict import tally

if TYPE_CHECKING:
    from crossload.report.view import View
    from crossload.report.view_types import Square

SCHEMA_VERSION = 5
"""Version of the members; raised when one goes away or means something else, not for new ones."""

SCHEMA_NAME = "summary.schema.json"
"""Name of the schema's file in the reports folder."""


def schema_text() -> str:
    """Read the JSON Schema of a summary, which is part of the package."""
    return files("crossload.report").joinpath(SCHEMA_NAME).read_text(encoding="utf-8")


def _finite(value: float) -> float | str:
    """Give an infinity as a text: JSON has none (RFC 8259, section 6), and parsers refuse it."""
    return value if math.isfinite(value) else str(value)


def summary(view: View) -> dict[str, Any]:
    """Render a view without single cells, as values that JSON knows.

    `SCHEMA_NAME` says what the members mean.
    """
    return {
        "$schema": f"../{SCHEMA_NAME}",
        "schema": SCHEMA_VERSION,
        "matrix": view.name,
        "title": view.title,
        "date": view.run.date,
        "since": view.run.since or view.run.date,
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
        # null where no cell was inferred: zeros would say that it was checked
        "inferred": view.accuracy
        and {
            "cells": view.accuracy.inferred,
            "checked": view.accuracy.checked,
            "wrong": view.accuracy.wrong,
        },
        "causes": {
            "explained": view.explained,
            "unexplained": view.unexplained,
            "by_cause": {cause.id: count for cause, count in view.causes},
        },
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
                "backward_counts": {verdict.word: n for verdict, n in each.backward.counts.items()},
                "forward_counts": {verdict.word: n for verdict, n in each.forward.counts.items()},
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
        # two runs that found the same have the same digest, whatever machines they ran on
        "verdicts_sha256": verdicts_digest(view),
        # this one only on processors that compute alike
        "numbers_sha256": numbers_digest(view),
        "costs": view.costs,
        "previous": view.past[-1].run if view.past else None,
        "changes": {kind: len(cells) for kind, cells in view.changes.items()},
        "failures": [
            {
                "verdict": each.verdict.word,
                "text": each.text,
                "example": each.example,
                "cells": each.cells,
                "cases": each.cases,
                "first_seen": list(each.boundary),
                "unexplained": each.unexplained,
                "pairs": [list(pair) for pair in each.pairs],
            }
            for each in view.signatures
        ],
    }


def rollup(square: Square) -> dict[str, Any]:
    """Give the worst verdict and the counts of a group of cells."""
    # sorted, so that summaries differ only where the counts do
    counts = sorted(square.counts.items(), key=lambda each: each[0].word)
    return {
        "worst": square.worst.word,
        "planned": square.planned,
        "counts": {verdict.word: n for verdict, n in counts},
    }
