"""The Markdown of a view: it reads well on GitHub, and is written by the program only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossload.report.labels import short_labels, versions_shown
from crossload.report.view_types import compatibility
from crossload.safe import cut, printable, web_address
from crossload.verdict import Verdict

if TYPE_CHECKING:
    from crossload.report.view import View
    from crossload.report.view_types import Grid, Square

# < and > as entities, so that no text becomes HTML; an apostrophe instead of a backquote, which
# would open code, where the other escapes do not count
_ESCAPES = str.maketrans(
    {"|": "\\|", "<": "&lt;", ">": "&gt;", "`": "'", "*": "\\*", "_": "\\_", "[": "\\[", "]": "\\]"}
)


def escape(text: str) -> str:
    """Escape untrusted text for Markdown, on one line."""
    return printable(text).translate(_ESCAPES)


def table(headings: list[str], rows: list[list[str]]) -> str:
    """Render a pipe table.

    Parameters
    ----------
    headings
        Headings of the columns, escaped already.
    rows
        Texts of each line, escaped already.
    """
    lines = ["| " + " | ".join(headings) + " |", "|" + " --- |" * len(headings)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _square(square: Square | None) -> str:
    if square is None:
        return ""
    worst = square.worst
    if square.failed:
        symbol, _, numbers = square.text.partition(" ")
        return f"**{symbol}** {numbers}"
    # words, because the blank of a cell that was not run would look like one that was not planned
    return {Verdict.NOT_RUN: "not run", Verdict.NO_ENVIRONMENT: "no env"}.get(
        worst, f"`{worst.symbol}`"
    )


def grid_table(grid: Grid, ids: list[str]) -> str:
    """Render one grid: rows saved with, columns loaded in, with the counts of failures.

    Parameters
    ----------
    grid
        The grid.
    ids
        Environments in the order of rows and columns.
    """
    labels = short_labels(ids)
    rows = [
        [f"**{escape(each)}**", *[_square(grid.squares.get((each, reader))) for reader in ids]]
        for each in ids
    ]
    return table(["saved with ↓ loaded in →", *[escape(labels[each]) for each in ids]], rows)


def rollup_table(what: str, squares: dict[str, Square]) -> str:
    """Render a table of the worst verdict and counts by verdict.

    Parameters
    ----------
    what
        Heading of the first column, such as ``format``.
    squares
        Cells by the name in the first column; the counts of a line sum to its planned cells.
    """
    seen = [
        verdict
        for verdict in Verdict
        if any(verdict in square.counts for square in squares.values())
    ]
    rows = [
        [
            escape(name),
            f"`{square.worst.symbol}` {square.worst.word}",
            str(square.planned),
            *[str(square.counts.get(verdict, 0)) for verdict in seen],
        ]
        for name, square in squares.items()
    ]
    return table([what, "worst", "planned", *[verdict.word for verdict in seen]], rows)


def render_markdown(view: View) -> str:
    """Render the whole report of one matrix."""
    ids = [facts.id for facts in view.environments]
    run, (same, measured) = view.run, view.diagonal
    resumes = ", ".join(f"{count} {escape(how)}" for how, count in view.resumes.items())
    parts = [
        f"# {escape(view.title)}",
        f"{len(view.rows)} cells: **{view.passed} passed, {view.failed} failed**, "
        f"{view.counts[Verdict.DRIFT]} of the failures being silent drifts. "
        f"Measured {run.days} with crossload {run.version} on {run.platform}. "
        "Diagonal (saved and loaded in the same environment): "
        f"{same} of {measured} bit-identical. "
        f"{escape(view.controls_text.capitalize())}.",
        *([escape(view.causes_text.capitalize()) + "."] if view.causes_text else []),
        *([f"Training goes on after loading: {resumes}."] if view.resumes else []),
        *[f"**Missed control**: {escape(each.text)}" for each in view.missed],
        *([f"Changes {view.changes_text}."] if view.past else []),
        "Written by `nox -s matrix`; do not edit. [Page](index.html) · "
        "[summary.json](summary.json) · [outcomes.parquet](outcomes.parquet)",
        "## Verdicts",
        table(
            ["", "verdict", "cells", "means"],
            [
                [f"`{v.symbol}`", v.word, str(view.counts[v]), escape(v.sentence)]
                for v in view.legend
            ],
        ),
    ]
    if view.gaps:
        parts += [
            "## Not measured: environments that could not be built",
            table(
                ["environment", "why"],
                [[escape(each.id), escape(cut(each.failure, 300))] for each in view.gaps],
            ),
        ]
    parts.append(
        "In the grids a symbol alone is the worst verdict of cells that all passed; "
        "**symbol** and numbers: the worst verdict, how many cells have it, and behind the "
        "stroke how many failed in all; a single number where all that failed have the worst one."
    )
    parts += [f"## {escape(view.grids[0].family.capitalize())}", grid_table(view.grids[0], ids)]
    if view.directions:
        rows = [
            [f"**{escape(each.id)}**", compatibility(each.backward), compatibility(each.forward)]
            for each in view.directions
        ]
        parts += [
            "## By version",
            "Backward compatible: reads what older versions wrote. "
            "Forward compatible: reads what newer versions wrote.",
            table(["reader", "backward (older writers)", "forward (newer writers)"], rows),
        ]
    if view.worst_drifts:
        parts += [
            "## The worst drifts",
            table(
                ["case", "saved with", "loaded in", "what changed"],
                [
                    [
                        escape(r.cell.case.name),
                        escape(r.cell.writer),
                        escape(r.cell.reader),
                        escape(cut(r.judgement.reason, 300)),
                    ]
                    for r in view.worst_drifts
                ],
            ),
        ]
    if view.causes:
        rows = [
            [
                str(count),
                f"`{cause.id}`",
                escape(cause.why) + (f" ([source]({link}))" if link else ""),
                escape(cause.do),
            ]
            for cause, count in view.causes
            for link in [web_address(cause.link)]
        ]
        parts += [
            "## Causes of the failures",
            table(["cells", "cause", "why", "what helps"], rows),
        ]
    if view.signatures:
        parts += [
            "## Failures, grouped by what they say",
            table(
                ["cells", "unexplained", "cases", "verdict", "first seen between", "text"],
                [
                    [
                        str(each.cells),
                        str(each.unexplained),
                        str(each.cases),
                        each.verdict.word,
                        f"{escape(each.boundary[0])} → {escape(each.boundary[1])}",
                        escape(cut(each.example, 300)),
                    ]
                    for each in view.signatures[:40]  # the others are in summary.json
                ],
            ),
        ]
    if view.overfitted:
        rows = [
            [escape(row.cell.case.recipe), escape(row.cell.writer), f"{row.judgement.gap:.2f}"]
            for row in view.overfitted[:20]
        ]
        parts += [
            "## Overfitted models",
            "Their held-out score is far below the score on the rows they were trained on; "
            "drift on them says less.",
            table(["recipe", "saved with", "training score minus held-out score"], rows),
        ]
    parts += [
        "## By format",
        rollup_table("format", view.by_format),
        "## By case",
        rollup_table("case", view.by_case),
    ]
    parts.append("## By family")
    for grid in view.grids[1:]:
        parts += [f"### {escape(grid.family)}", grid_table(grid, ids)]
    parts += [
        "## Environments",
        table(
            ["environment", "Python", "resolved as of", "packages"],
            [
                [
                    escape(facts.id),
                    escape(facts.python),
                    escape(facts.as_of),
                    ", ".join(
                        f"{escape(name)} {escape(version)}"
                        for name, version in versions_shown(facts).items()
                    ),
                ]
                for facts in view.environments
            ],
        ),
    ]
    return "\n\n".join(parts) + "\n"
