"""The index of the reports folder: one line for each matrix, as Markdown and as a page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crossload.report.files import write_texts
from crossload.report.html import render_page
from crossload.report.markdown import escape, table
from crossload.report.parquet import COLUMNS
from crossload.report.summary import SCHEMA_NAME, SCHEMA_VERSION, schema_text
from crossload.verdict import GAPS, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEADINGS = (
    "matrix",
    "measured",
    "environments",
    "cells",
    "passed",
    "failed",
    "silent drifts",
    "without a known cause",
    "n/a",
    "not measured",
    "diagonal",
    "controls",
)


def write_index(reports: Path, say: Callable[[str], None] = lambda _: None) -> list[Path]:
    """Write ``README.md``, ``index.html`` and the schema of summaries into the reports folder.

    Parameters
    ----------
    reports
        Folder with one folder a matrix; their ``summary.json`` are read.
    say
        Takes a line for each summary that is damaged and left out.

    Returns
    -------
    list
        Paths of the three files.
    """
    rows = []
    for path in sorted(reports.glob("*/summary.json")):
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
            # reports of an older version stay on disk until their matrix is run again: their
            # members mean something else, so they are left out
            if known.get("schema") == SCHEMA_VERSION:
                rows.append((path.parent.name, str(known["title"]), _facts(known)))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            name = path.parent.name
            say(f"{name}/summary.json is damaged: the index is without {name} until it is run")
    texts = {
        "README.md": _markdown(rows),
        "index.html": render_page("index.html", headings=HEADINGS, rows=rows),
        SCHEMA_NAME: schema_text(),
    }
    return write_texts(reports, texts)


def _facts(known: dict[str, Any]) -> list[str]:
    """Give one line of the index, after the name of the matrix."""
    counts, diagonal = known["counts"], known["diagonal"]
    days = (
        known["date"] if known["since"] == known["date"] else f"{known['since']} to {known['date']}"
    )
    facts = [
        f"{days}, {known['platform']}",
        len(known["environments"]),
        known["planned"],
        known["passed"],
        known["failed"],
        counts[Verdict.DRIFT.word],
        known["causes"]["unexplained"],
        counts[Verdict.NOT_AVAILABLE.word],
        sum(counts[each.word] for each in GAPS),
        f"{diagonal['identical']} of {diagonal['measured']} bit-identical",
        f"{known['controls']['caught']} of {known['controls']['measured']} caught",
    ]
    return [str(each) for each in facts]


def _markdown(rows: list[tuple[str, str, list[str]]]) -> str:
    lines = [
        [f"[{escape(title)}]({name}/README.md)", *map(escape, facts)] for name, title, facts in rows
    ]
    parts = [
        "# Reports",
        "Written by `nox -s matrix` from real runs; do not edit.",
        table(list(HEADINGS), lines),
        "Each folder has `README.md` (tables), `index.html` (a page that answers questions and"
        " shows every cell; open it from a copy\non disk, GitHub shows its source),"
        " `summary.json` ([schema](summary.schema.json)), `regressions.atom` (a feed),"
        " `history/` (what\nearlier runs found), and `outcomes.parquet` with one row a cell:",
        table(["column", "meaning"], [[f"`{name}`", text] for name, text in COLUMNS.items()]),
    ]
    return "\n\n".join(parts) + "\n"
