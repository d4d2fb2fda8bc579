"""The tables of a view for terminals: plain text, no colour, no control codes."""

from __future__ import annotations

from textwrap import fill, wrap
from typing import TYPE_CHECKING

from tabulate import tabulate

from crossload.report.labels import letters_of, short_labels
from crossload.report.view_types import SQUARE_LEGEND
from crossload.safe import cut, printable
from crossload.verdict import Verdict

if TYPE_CHECKING:
    from crossload.report.view import View
    from crossload.report.view_types import Grid, Square


def plural(count: int, one: str) -> str:
    """Write a count with its noun: ``1 case``, ``2 cases``."""
    return f"{count} {one}{'' if count == 1 else 's'}"


def square_text(square: Square | None) -> str:
    """Write a square as `Square.text`; empty for a pair without cells."""
    return "" if square is None else square.text


def grid_text(grid: Grid, ids: list[str], width: int) -> str:
    """Render one grid: rows saved with, columns loaded in.

    Where it is too wide, columns get letters instead of ids, and then stand in several tables.

    Parameters
    ----------
    grid
        The grid.
    ids
        Environments in the order of rows and columns.
    width
        Columns of the terminal.
    """
    labels = short_labels(ids)
    squares = [[square_text(grid.squares.get((each, reader))) for reader in ids] for each in ids]
    rows = [[each, *line] for each, line in zip(ids, squares, strict=True)]
    # headings are broken at hyphens: ids are wider than what stands below them
    headings = ["saved with \\ loaded in", *[labels[each].replace("-", "\n") for each in ids]]
    # disable_numparse: tabulate takes whatever float() reads for a number, and writes it anew
    # (https://github.com/astanin/python-tabulate/issues/66)
    table = tabulate(rows, headings, tablefmt="simple", stralign="left", disable_numparse=True)
    if max(len(line) for line in table.splitlines()) <= width:
        return table
    names = letters_of(len(ids))
    first = [f"{name} {each}" for name, each in zip(names, ids, strict=True)]
    left = width - max(map(len, first))
    blocks: list[list[int]] = [[]]
    for column in range(len(ids)):
        # tabulate gives a column two spaces before it, and a heading two more than it needs
        needed = 2 + max(len(names[column]) + 2, *(len(line[column]) for line in squares))
        if blocks[-1] and needed > left:
            blocks.append([])
            left = width - max(map(len, first))
        blocks[-1].append(column)
        left -= needed
    texts = []
    for block in blocks:
        rows = [
            [name, *(line[column] for column in block)]
            for name, line in zip(first, squares, strict=True)
        ]
        headings = ["saved with", *[names[column] for column in block]]
        texts.append(
            tabulate(rows, headings, tablefmt="simple", stralign="left", disable_numparse=True)
        )
    return "\n\n".join(texts)


def render_terminal(view: View, *, width: int = 100) -> str:
    """Render all tables and the summary, ready to print.

    Parameters
    ----------
    view
        The view to render.
    width
        Columns of the terminal.
    """
    # a run of few environments of a large matrix shall not print the empty rows of all others
    ids = [facts.id for facts in view.environments if facts.id in view.touched]
    parts = [
        fill(f"== {view.title} ==", width),
        fill(f"Rows: saved with.  Columns: loaded in.  {SQUARE_LEGEND}", width),
    ]
    if len(ids) < len(view.environments):
        parts.append(
            f"{len(view.environments) - len(ids)} environments without any outcome are left out."
        )
    # the grid of all cases last, near the summary; with one family it would be the same table again
    grids = view.grids[1:] + view.grids[:1] if len(view.families) > 1 else view.grids[1:]
    for grid in grids:
        if not any(square.worst is not Verdict.NOT_RUN for square in grid.squares.values()):
            continue
        parts += [
            f"{grid.family} ({plural(view.cases_of[grid.family], 'case')})",
            grid_text(grid, ids, width),
        ]
    parts += [_legend(view, width), _summary(view, width)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _legend(view: View, width: int) -> str:
    rows = [
        [verdict.symbol.replace(" ", "."), verdict.word, fill(verdict.sentence, width - 18)]
        for verdict in view.legend
    ]
    return tabulate(rows, tablefmt="plain", disable_numparse=True)


def _with_texts(headings: list[str], rows: list[list[str]], texts: list[str], width: int) -> str:
    """Render a table whose last column are untrusted texts.

    They have at most four lines each, in the width that the other columns leave: two of the
    beginning and two of the end.
    """
    alone = tabulate(rows, headings[:-1], tablefmt="simple", disable_numparse=True)
    left = max(20, width - max(map(len, alone.splitlines())) - 2)
    for row, text in zip(rows, texts, strict=True):
        lines = wrap(printable(text), left)
        if len(lines) > 4:
            # filled again from where the end begins, so that its last line is a full one
            end = wrap("... " + " ".join(lines[2:])[-2 * left + 12 :], left)
            lines = [*lines[:2], *end[:2]]
        row.append("\n".join(lines))
    return tabulate(rows, headings, tablefmt="simple", disable_numparse=True)


def _summary(view: View, width: int) -> str:
    same, measured = view.diagonal
    counts = ", ".join(f"{count} {verdict.word}" for verdict, count in view.counts.items() if count)
    resumes = ", ".join(f"{count} {printable(how)}" for how, count in view.resumes.items())
    lines = [
        f"{view.name}: {plural(len(view.rows), 'cell')}: {view.passed} passed, {view.failed} failed"
        f" ({view.counts[Verdict.DRIFT]} of them silent drifts)",
        f"  {counts}",
        "  diagonal (saved and loaded in the same environment):"
        f" {same} of {measured} bit-identical",
        f"  {view.controls_text}",
        *([f"  {view.causes_text}"] if view.causes_text else []),
        *([f"  {view.accuracy.text}"] if view.accuracy else []),
        *([f"  training goes on: {resumes}"] if view.resumes else []),
        *[f"  MISSED CONTROL {printable(each.text)}" for each in view.missed],
    ]
    lines += [
        f"  NOT MEASURED {facts.id}: {cut(printable(facts.failure), width * 3)}"
        for facts in view.gaps
    ]
    if view.counts[Verdict.NOT_RUN]:
        lines.append(f"  NOT MEASURED in this run: {view.counts[Verdict.NOT_RUN]} cells")
    if view.past:
        lines.append(f"  {view.changes_text}")
    # ids of environments have hyphens, at which they must not be cut: people search for them
    lines = [fill(line, width, subsequent_indent="    ", break_on_hyphens=False) for line in lines]
    if view.worst_drifts:
        rows = [
            [f"{row.cell.case.name}\n{row.cell.writer} -> {row.cell.reader}"]
            for row in view.worst_drifts
        ]
        texts = [row.judgement.reason for row in view.worst_drifts]
        table = _with_texts(["case, saved with -> loaded in", "what changed"], rows, texts, width)
        lines += [
            "",
            f"the worst drifts ({len(rows)} of {view.counts[Verdict.DRIFT]}, equal ones once)",
            table,
        ]
    if view.signatures:
        first = view.signatures[:10]
        rows = [[str(each.cells), str(each.cases), "\n-> ".join(each.boundary)] for each in first]
        headings = ["cells", "cases", "first seen between", "what was said"]
        table = _with_texts(headings, rows, [each.example for each in first], width)
        lines += [
            "",
            f"the most frequent failures ({len(first)} of {len(view.signatures)})",
            table,
        ]
    return "\n".join(lines)
