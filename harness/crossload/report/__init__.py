"""One view model and its renderers: terminal, Markdown, HTML, JSON, Parquet.

No renderer computes a verdict.
"""

from __future__ import annotations

from crossload.report.files import write_reports
from crossload.report.index import write_index
from crossload.report.terminal import render_terminal
from crossload.report.view import View, make_view
from crossload.report.view_types import EnvironmentFacts, JudgedCell, RunFacts

__all__ = [
    "EnvironmentFacts",
    "JudgedCell",
    "RunFacts",
    "View",
    "make_view",
    "render_terminal",
    "write_index",
    "write_reports",
]
