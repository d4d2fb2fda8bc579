"""The files of a report folder: Markdown, HTML, JSON and Parquet of one view."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from crossload.derived import make_folder, replace, write_text
from crossload.report.html import render_html
from crossload.report.markdown import render_markdown
from crossload.report.parquet import write_outcomes
from crossload.report.summary import summary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crossload.report.view import View


REPORT_FILES = ("README.md", "index.html", "summary.json", "outcomes.parquet")
"""Files that every report has."""


def write_texts(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write texts into a folder that exists.

    Parameters
    ----------
    folder
        Where to write; nothing else in it is touched.
    texts
        Texts by the name of their file; written as UTF-8.

    Returns
    -------
    list
        Paths of the files, in the same order.
    """
    # under another name first: renaming replaces the old file at once, so that no reader and no
    # interrupted run leaves half a file
    for name, text in texts.items():
        write_text(folder / name, text)
    return [folder / name for name in texts]


def write_reports(view: View, folder: Path, more: Mapping[str, str] | None = None) -> list[Path]:
    """Write all files of a report.

    Parameters
    ----------
    view
        The view to render.
    folder
        Folder of the report; made if it is not there.
    more
        Further texts by the name of their file.

    Returns
    -------
    list
        Paths of ``README.md``, ``index.html``, ``summary.json``, the further texts and
        ``outcomes.parquet``.
    """
    make_folder(folder)
    texts = {
        "README.md": render_markdown(view),
        "index.html": render_html(view),
        "summary.json": json.dumps(summary(view), indent=1, sort_keys=True) + "\n",
        **(more or {}),
    }
    written = write_texts(folder, texts)
    # streamed rather than made in memory, so it does not pass through `write_texts`
    part = folder / f"outcomes.parquet.{os.getpid()}.part"
    try:
        write_outcomes(view, part)
        replace(part, folder / "outcomes.parquet")
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return [*written, folder / "outcomes.parquet"]
