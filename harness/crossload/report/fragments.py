"""One table, saved with x loaded in, for documents of other people: Markdown, reStructuredText, HTML.  Pure.

Each has the symbol of the worst verdict, how many cells failed, and a legend of the symbols that occur.
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

CAPTION = "Rows: saved with. Columns: loaded in. The worst verdict, and how many of the measured cells failed."


def sign_of(verdict: Verdict) -> str:
    """The symbol of a verdict, where a blank would not be seen."""
    return verdict.symbol.strip() or "."


def legend_of(squares: Squares) -> list[Verdict]:
    """The verdicts that a table shows."""
    shown = {square.worst for square in squares.values()}
    return [verdict for verdict in Verdict if verdict in shown]


def look_of(verdict: Verdict) -> str:
    """Name of the style of a verdict: pass, fail, drift or none."""
    if verdict is Verdict.DRIFT:
        return "drift"
    return {True: "pass", False: "fail", None: "none"}[verdict.passes]


def _told(square: Square | None, mark: str) -> str:
    """The symbol of a square between marks, and how many of its measured cells failed."""
    if square is None:
        return ""
    return f"{mark}{sign_of(square.worst)}{mark}{failed_of(square)}"


def failed_of(square: Square) -> str:
    """`` 3/4`` where three of four measured cells failed; nothing where none did, or where there is but one."""
    return (
        f" {square.failed}/{square.failed + square.passed}"
        if square.failed and square.planned > 1
        else ""
    )


def to_markdown(ids: Sequence[str], squares: Squares) -> str:
    """A pipe table, as GitHub and MkDocs read it."""
    labels = short_labels(list(ids))
    rows = [
        [f"**{escape_markdown(w)}**", *(_told(squares.get((w, r)), "`") for r in ids)] for w in ids
    ]
    head = ["saved with ↓ loaded in →", *(escape_markdown(labels[each]) for each in ids)]
    legend = "; ".join(
        f"`{sign_of(each)}` {each.word}: {each.sentence}" for each in legend_of(squares)
    )
    return f"{markdown_table(head, rows)}\n\n{CAPTION} {legend}.\n"


def to_rst(ids: Sequence[str], squares: Squares) -> str:
    """A list-table of reStructuredText, which needs no columns of equal width.  Symbols are literals: a lone ``-`` would be a list."""
    labels = short_labels(list(ids))

    def literal(text: str) -> str:
        return f"``{printable(text).replace('`', chr(39)).strip() or '-'}``"

    rows = [[literal(w), *(_told(squares.get((w, r)), "``") for r in ids)] for w in ids]
    head = ["saved with / loaded in", *(literal(labels[each]) for each in ids)]
    legend = "\n".join(
        f"- ``{sign_of(each)}`` {each.word}: {each.sentence}" for each in legend_of(squares)
    )
    lines = [".. list-table::", "   :header-rows: 1", "   :stub-columns: 1", ""]
    for row in (head, *rows):
        lines += [
            f"   {'*' if number == 0 else ' '} - {text}".rstrip() for number, text in enumerate(row)
        ]
    return "\n".join(lines) + f"\n\n{CAPTION}\n\n{legend}\n"


def to_html(ids: Sequence[str], squares: Squares) -> str:
    """A table to include in a page: no script, no style; classes ``crossload-pass``, ``-fail``, ``-drift``, ``-none`` to style by."""
    labels = short_labels(list(ids))

    def text(value: str) -> str:
        return str(escape_html(printable(value)))

    def cell(square: Square | None) -> str:
        if square is None:
            return "<td></td>"
        measured = square.failed + square.passed
        failed = f" <small>{square.failed} of {measured} failed</small>" if square.failed else ""
        worst = square.worst
        return f'<td class="crossload-{look_of(worst)}"><b>{text(sign_of(worst))}</b> {text(worst.word)}{failed}</td>'

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


FRAGMENTS: dict[str, Callable[[Sequence[str], Squares], str]] = {
    "markdown": to_markdown,
    "rst": to_rst,
    "html": to_html,
}
"""Layouts of one table."""
