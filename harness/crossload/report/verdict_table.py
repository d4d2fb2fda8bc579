"""The verdict table: one line a cell with what was found, and nothing that differs from run to run.

Two runs of the same matrix agree if and only if their tables are equal, byte for byte: whatever the
number of workers, the machines and the order of work.
"""

from __future__ import annotations

import csv
import hashlib
import io
from typing import TYPE_CHECKING

from crossload.safe import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossload.report.view import View
    from crossload.verdict import Finding, Judgement

HEAD = (
    "family",
    "recipe",
    "format",
    "writer",
    "reader",
    "verdict",
    "surprise",
    "warned",
    "worst_metric",
    "worst_drift",
    "changed_labels",
    "max_abs",
    "state",
    "optimizer",
    "resumes",
    "lost",
    "reason",
)
"""Headings of the table."""


def verdict_lines(view: View) -> Iterator[str]:
    """Render the table as CSV, line by line, with a line of headings first."""
    rows = view.rows
    yield _line(HEAD)
    # the parts of a line are rendered once a case and once a kind, and put together for each cell
    cases = [_line((case.family, case.recipe, case.format)).rstrip("\n") for case in rows.cases]
    kinds = [
        _line(_kind_fields(each, finding))
        for each, finding in zip(rows.judgements, rows.findings, strict=True)
    ]
    names = rows.environments
    for case, writer, reader, kind in zip(
        rows.case, rows.writer, rows.reader, rows.kind, strict=True
    ):
        yield f"{cases[case]},{names[writer]},{names[reader]},{kinds[kind]}"


def table_digest(view: View) -> str:
    """Compute the SHA-256 of the verdict table, in hexadecimal digits."""
    state = hashlib.sha256()
    for line in verdict_lines(view):
        state.update(line.encode())
    return state.hexdigest()


def _kind_fields(judged: Judgement, finding: Finding) -> tuple[str, ...]:
    # six digits: the last ones of a sum may differ between machines, and so would the digests
    return (
        judged.verdict.word,
        finding.surprise.value,
        " ".join(judged.warned),
        judged.worst_metric,
        f"{judged.worst_drift:.6g}",
        str(judged.changed_labels),
        f"{judged.max_abs:.6g}",
        judged.state,
        judged.optimizer,
        judged.resumes,
        judged.lost,
        judged.reason,
    )


def _line(values: tuple[str, ...]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(map(printable, values))
    return stream.getvalue()
