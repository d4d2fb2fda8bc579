"""Writes the files of a report folder: Markdown, HTML, JSON and Parquet of one view."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from crossload.report.html import render_html
from crossload.report.markdown import render_markdown
from crossload.report.parquet import write_outcomes
from crossload.report.summary import summary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crossload.report.view import View


def write_texts(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write texts by the name of their file; a reader never sees half of one."""
    for name, text in texts.items():
        part = folder / f"{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(folder / name)
    return [folder / name for name in texts]


def write_reports(view: View, folder: Path, more: Mapping[str, str] | None = None) -> list[Path]:
    """Write everything, and ``more`` texts by the name of their file; a reader never sees half a file."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "README.md": render_markdown(view),
        "index.html": render_html(view),
        "summary.json": json.dumps(summary(view), indent=1, sort_keys=True) + "\n",
        **(more or {}),
    }
    written = write_texts(folder, texts)
    part = folder / "outcomes.parquet.part"
    write_outcomes(view, part)
    part.replace(folder / "outcomes.parquet")
    return [*written, folder / "outcomes.parquet"]
