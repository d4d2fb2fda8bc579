"""Terminal tables of a view, with tabulate; plain text, no colour, no control codes."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from tabulate import tabulate

from crossload.report.labels import short_labels
from crossload.report.safe import printable
from crossload.verdict import Surprise, Verdict

if TYPE_CHECKING:
    from crossload.report.model import Grid, Square
    from crossload.report.view import View


def square_text(square: Square | None) -> str:
    """``=`` where all is well; else the worst symbol and how many failed, as ``L 12``."""
    if square is None:
        return ""
    worst = square.worst
    if worst.passes is False:
        return f"{worst.symbol} {square.failed}"
    return "." if worst is Verdict.NOT_RUN else worst.symbol


def grid_text(grid: Grid, ids: list[str], width: int) -> str:
    """One grid: rows saved with, columns loaded in."""
    labels = short_labels(ids)
    rows = [[each, *[square_text(grid.squares.get((each, reader))) for reader in ids]] for each in ids]
    headings = ["saved with \\ loaded in", *[labels[each].replace("-", "\n") for each in ids]]
    table = tabulate(rows, headings, tablefmt="simple", stralign="left", disable_numparse=True)
    if max(len(line) for line in table.splitlines()) > width:
        letters = string.ascii_lowercase + string.ascii_uppercase
        names = [letters[i] if i < len(letters) else str(i) for i in range(len(ids))]
        rows = [[f"{name} {row[0]}", *row[1:]] for name, row in zip(names, rows, strict=True)]
        table = tabulate(rows, ["saved with", *names], tablefmt="simple", stralign="left", disable_numparse=True)
    return table


def render_terminal(view: View, *, width: int = 100) -> str:
    """All tables and the summary, ready to print."""
    ids = [facts.id for facts in view.environments if facts.id in view.touched]
    parts = [f"== {view.title} ==", "Rows: saved with.  Columns: loaded in.  A number: how many cases failed."]
    if len(ids) < len(view.environments):
        parts.append(f"{len(view.environments) - len(ids)} environments without any outcome are left out.")
    for grid in view.grids[1:] + view.grids[:1]:
        if not any(square.worst is not Verdict.NOT_RUN for square in grid.squares.values()):
            continue
        parts += [f"{grid.family} ({view.cases_of[grid.family]} cases)", grid_text(grid, ids, width)]
    parts += [_legend(view), _summary(view, width)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _legend(view: View) -> str:
    rows = [[verdict.symbol.replace(" ", "."), verdict.word, verdict.sentence] for verdict in view.legend]
    return tabulate(rows, tablefmt="plain", disable_numparse=True)


def _unexpected_passes(view: View) -> list[str]:
    """Cells that were known to fail and pass: as loud as failures, because a fact has changed or was never true."""
    passes = view.rows.of_kinds(finding.surprise is Surprise.PASS for finding in view.rows.findings)
    total = int(passes.sum())
    rows = [view.rows[int(index)] for index in passes.nonzero()[0][:5]]
    found = [
        f"  UNEXPECTED PASS {row.cell.case.name} {row.cell.writer} -> {row.cell.reader}"
        f" ({row.finding.expectation.name if row.finding.expectation else ''})"
        for row in rows
    ]
    return [*found, f"  ... and {total - 5} more unexpected passes"] if total > 5 else found


def _summary(view: View, width: int) -> str:
    same, measured = view.diagonal
    counts = ", ".join(f"{count} {verdict.word}" for verdict, count in view.counts.items() if count)
    lines = [
        f"{view.name}: {len(view.rows)} cells: {view.passed} passed, {view.failed} failed"
        f" ({view.counts[Verdict.DRIFT]} of them silent drifts)",
        f"  {counts}",
        f"  diagonal (saved and loaded in the same environment): {same} of {measured} bit-identical",
        f"  {view.controls_text}",
        *([f"  {view.expectations_text}"] if view.judged_against else []),
        *[f"  EXPIRED {printable(text)}" for text in view.expired],
        *_unexpected_passes(view),
        *([f"  {view.accuracy.text}"] if view.accuracy else []),
        *([f"  training goes on: {', '.join(f'{n} {what}' for what, n in view.resumes.items())}"] if view.resumes else []),
        *[f"  MISSED CONTROL {printable(each.text)}" for each in view.missed],
    ]
    lines += [f"  NOT MEASURED {facts.id}: {printable(facts.failure)[: width * 3]}" for facts in view.gaps]
    if view.counts[Verdict.NOT_RUN]:
        lines.append(f"  NOT MEASURED in this run: {view.counts[Verdict.NOT_RUN]} cells")
    if view.worst_drifts:
        rows = [
            [row.cell.case.name, row.cell.writer, row.cell.reader, printable(row.judgement.reason)[:70]]
            for row in view.worst_drifts
        ]
        table = tabulate(rows, ["case", "saved with", "loaded in", "what changed"], tablefmt="simple", disable_numparse=True)
        lines += ["", f"the worst drifts ({len(rows)} of {view.counts[Verdict.DRIFT]}, equal ones once)", table]
    if view.signatures:
        rows = [
            [str(each.cells), str(each.cases), f"{each.boundary[0]} -> {each.boundary[1]}", printable(each.example)[:90]]
            for each in view.signatures[:10]
        ]
        table = tabulate(
            rows, ["cells", "cases", "first seen between", "what was said"], tablefmt="simple", disable_numparse=True
        )
        lines += ["", f"the most frequent failures ({min(10, len(view.signatures))} of {len(view.signatures)})", table]
    return "\n".join(lines)
