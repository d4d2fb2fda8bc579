"""Writes the files of a report folder: Markdown, HTML, JSON and Parquet of one view."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from crossload.report.html import render_html
from crossload.report.markdown import escape, render_markdown
from crossload.report.outcomes import COLUMNS, write_outcomes
from crossload.report.summary import SCHEMA_NAME, SCHEMA_VERSION, schema_text, summary
from crossload.verdict import GAPS, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crossload.report.view import View


def write_reports(view: View, folder: Path, more: Mapping[str, str] | None = None) -> list[Path]:
    """Write everything, and ``more`` texts by the name of their file; a reader never sees half a file."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "README.md": render_markdown(view),
        "index.html": render_html(view),
        "summary.json": json.dumps(summary(view), indent=1, sort_keys=True) + "\n",
        **(more or {}),
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
        "Each folder has `README.md` (tables), `index.html` (a page that answers questions and shows every cell; open it from a copy",
        "on disk, GitHub shows its source), `summary.json` ([schema](summary.schema.json)), `regressions.atom` (a feed), `history/` (what",
        "earlier runs found), and `outcomes.parquet` with one row a cell:",
        "",
        "| column | meaning |",
        "| --- | --- |",
        *[f"| `{name}` | {meaning} |" for name, meaning in COLUMNS.items()],
    ]
    (reports / SCHEMA_NAME).write_text(schema_text(), encoding="utf-8")
    part = reports / "README.md.part"
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    part.replace(reports / "README.md")
    return reports / "README.md"
