"""One table, saved with x loaded in, for documents of users: Markdown, reStructuredText, HTML.

Each has the symbol of the worst verdict with its count, how many cells failed, and a legend of the
symbols that occur.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import escape as escape_html

from crossload.report.labels import short_labels
from crossload.report.markdown import escape as escape_markdown
from crossload.report.markdown import table as markdown_table
from crossload.safe import printable
from crossload.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crossload.report.view_types import Square

    Squares = Mapping[tuple[str, str], Square]

CAPTION = (
    "Rows: saved with. Columns: loaded in. "
    "The worst verdict and how many cells have it, then how many of the measured cells failed."
)
"""Explanation of a table, in all layouts."""


def symbol_of(verdict: Verdict) -> str:
    """Give the symbol of a verdict; a dot where it is a blank, which would not be seen."""
    return verdict.symbol.strip() or "."


def legend_of(squares: Squares) -> list[Verdict]:
    """List the verdicts that a table shows, in the order of all verdicts."""
    occurring = {square.worst for square in squares.values()}
    return [verdict for verdict in Verdict if verdict in occurring]


def style_of(verdict: Verdict) -> str:
    """Name the style of a verdict: pass, fail, drift or none."""
    # a drift fails too, and has a style of its own: nothing else warns the user of it
    if verdict is Verdict.DRIFT:
        return "drift"
    return {True: "pass", False: "fail", None: "none"}[verdict.passes]


def _square_text(square: Square | None, mark: str) -> str:
    """Give the symbol of a square between marks, with the counts of its failures."""
    if square is None:
        return ""
    return f"{mark}{symbol_of(square.worst)}{mark}{failed_text(square)}"


def failed_text(square: Square) -> str:
    """Give `` 1, 3/4``: one cell has the worst verdict, three of four measured ones failed.

    Empty where none failed, and where there is but one, whose symbol says it.
    """
    return (
        f" {square.worst_count}, {square.failed}/{square.failed + square.passed}"
        if square.failed and square.planned > 1
        else ""
    )


def to_markdown(ids: Sequence[str], squares: Squares) -> str:
    """Render a pipe table, as GitHub and MkDocs read it.

    Parameters
    ----------
    ids
        Environments in the order of rows and columns.
    squares
        Cells of each (writer, reader).
    """
    labels = short_labels(list(ids))
    rows = [
        [f"**{escape_markdown(w)}**", *(_square_text(squares.get((w, r)), "`") for r in ids)]
        for w in ids
    ]
    head = ["saved with ↓ loaded in →", *(escape_markdown(labels[each]) for each in ids)]
    legend = "; ".join(
        f"`{symbol_of(each)}` {each.word}: {each.sentence}" for each in legend_of(squares)
    )
    return f"{markdown_table(head, rows)}\n\n{CAPTION} {legend}.\n"


def to_rst(ids: Sequence[str], squares: Squares) -> str:
    """Render a list-table of reStructuredText, which needs no columns of equal width.

    Parameters
    ----------
    ids
        Environments in the order of rows and columns.
    squares
        Cells of each (writer, reader).
    """
    labels = short_labels(list(ids))

    def literal(text: str) -> str:
        # as a literal, because a lone ``-`` would begin a list and ``sklearn_`` would be a link;
        # a literal cannot hold a backquote, nor be empty
        return f"``{printable(text).replace('`', chr(39)).strip() or '-'}``"

    rows = [[literal(w), *(_square_text(squares.get((w, r)), "``") for r in ids)] for w in ids]
    head = ["saved with / loaded in", *(literal(labels[each]) for each in ids)]
    legend = "\n".join(
        f"- ``{symbol_of(each)}`` {each.word}: {each.sentence}" for each in legend_of(squares)
    )
    lines = [".. list-table::", "   :header-rows: 1", "   :stub-columns: 1", ""]
    for row in (head, *rows):
        lines += [
            f"   {'*' if number == 0 else ' '} - {text}".rstrip() for number, text in enumerate(row)
        ]
    return "\n".join(lines) + f"\n\n{CAPTION}\n\n{legend}\n"


def to_html(ids: Sequence[str], squares: Squares) -> str:
    """Render a table to include in a page: no script, no style.

    Squares have the class ``crossload-pass``, ``-fail``, ``-drift`` or ``-none`` to style them by.

    Parameters
    ----------
    ids
        Environments in the order of rows and columns.
    squares
        Cells of each (writer, reader).
    """
    labels = short_labels(list(ids))

    def text(value: str) -> str:
        # control characters are no threat to HTML, but marks that turn the writing direction are
        return str(escape_html(printable(value)))

    def cell(square: Square | None) -> str:
        if square is None:
            return "<td></td>"
        measured = square.failed + square.passed
        failed = f" <small>{square.failed} of {measured} failed</small>" if square.failed else ""
        worst = square.worst
        # the count of the worst verdict stands at its symbol
        count = f" {square.worst_count}" if square.failed and square.planned > 1 else ""
        symbol = f"<b>{text(symbol_of(worst))}{count}</b>"
        return f'<td class="crossload-{style_of(worst)}">{symbol} {text(worst.word)}{failed}</td>'

    head = "".join(f'<th scope="col">{text(labels[each])}</th>' for each in ids)
    lines = [
        '<table class="crossload-matrix">',
        f"<caption>{CAPTION}</caption>",
        f'<thead><tr><th scope="col">saved with ↓ loaded in →</th>{head}</tr></thead>',
        "<tbody>",
        *(
            f'<tr><th scope="row">{text(w)}</th>'
            + "".join(cell(squares.get((w, r))) for r in ids)
            + "</tr>"
            for w in ids
        ),
        "</tbody>",
        "</table>",
    ]
    return "\n".join(lines) + "\n"


TABLE_LAYOUTS: dict[str, Callable[[Sequence[str], Squares], str]] = {
    "markdown": to_markdown,
    "rst": to_rst,
    "html": to_html,
}
"""Renderers of one table by the name of their layout."""
