"""The verdict table: one line a cell with what was found, and nothing that differs from run to run.

Two runs of the same matrix on one machine give the same table, byte for byte, whatever the number
of workers and the order of work. Another processor may compute other last digits: so there are two
digests, one of what was found, which holds on all machines, and one of the numbers and texts too.
"""

from __future__ import annotations

import csv
import hashlib
import io
from typing import TYPE_CHECKING

from crossload.safe import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crossload.report.view import View
    from crossload.verdict import Finding, Judgement

HEAD = (
    "family",
    "recipe",
    "format",
    "writer",
    "reader",
    "verdict",
    "cause",
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

VERDICT_HEAD = (*HEAD[:6], "state", "optimizer", "resumes", "lost")
"""The columns of which `verdicts_digest` is made."""


def verdict_lines(view: View) -> Iterator[str]:
    """Render the table as CSV, line by line, with a line of headings first."""
    return _lines(view, HEAD, _kind_fields)


def _lines(
    view: View, head: tuple[str, ...], fields: Callable[[Judgement, Finding], tuple[str, ...]]
) -> Iterator[str]:
    rows = view.rows
    yield _line(head)
    # the parts of a line are rendered once a case and once a kind, and put together for each cell
    cases = [_line((case.family, case.recipe, case.format)).rstrip("\n") for case in rows.cases]
    kinds = [
        _line(fields(each, finding))
        for each, finding in zip(rows.judgements, rows.findings, strict=True)
    ]
    names = rows.environments
    for case, writer, reader, kind in zip(
        rows.case, rows.writer, rows.reader, rows.kind, strict=True
    ):
        yield f"{cases[case]},{names[writer]},{names[reader]},{kinds[kind]}"


def numbers_digest(view: View) -> str:
    """Compute the SHA-256 of the whole table, numbers and texts included, in hexadecimal digits."""
    return _digest(verdict_lines(view))


def verdicts_digest(view: View) -> str:
    """Compute the SHA-256 of verdicts and states alone, in hexadecimal digits.

    It rests on no number and no text of an error, which other processors and folders change, nor on
    the causes that people write down.
    """
    return _digest(_lines(view, VERDICT_HEAD, _verdict_fields))


def _digest(lines: Iterator[str]) -> str:
    state = hashlib.sha256()
    for line in lines:
        state.update(line.encode())
    return state.hexdigest()


def _verdict_fields(judged: Judgement, _: Finding) -> tuple[str, ...]:
    return (
        judged.verdict.word,
        judged.state,
        judged.optimizer,
        # behind the colon is the text of an error
        judged.resumes.split(":")[0],
        judged.lost,
    )


def _kind_fields(judged: Judgement, finding: Finding) -> tuple[str, ...]:
    # six digits: the last ones of a sum may differ between machines, and so would the digests
    return (
        judged.verdict.word,
        finding.cause.id if finding.cause else "",
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
