"""A Sphinx extension: published tables in anybody's documentation.

In ``conf.py``::

    extensions = ["crossload.sphinx"]

In a document::

    .. crossload-matrix:: reports/sklearn/outcomes.parquet
       :family: trees
       :case: random-forest/*
       :format: joblib
       :caption: Forests

Symbols and words say everything; colours come from a style sheet that the extension brings.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from crossload.api.outcomes import grid
from crossload.errors import CrossloadError
from crossload.report.labels import short_labels
from crossload.report.table_layouts import CAPTION, failed_text, legend_of, style_of, symbol_of
from crossload.version import __version__

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from crossload.api.outcomes import Grid
    from crossload.report.view_types import Square

STYLE = "crossload.css"
"""Name of the style sheet, which stands in ``report/static``."""


class CrossloadMatrix(SphinxDirective):
    """The directive ``crossload-matrix``: saved with x loaded in, as a table with a legend.

    Its argument is the path of an ``outcomes.parquet`` or of its folder, relative to the document
    or, with a leading slash, to the source folder. The document is built anew when the table
    changes.

    Attributes
    ----------
    option_spec
        ``family``, ``case`` and ``format`` choose outcomes by shell patterns, as `crossload.grid`
        does; ``caption`` is the title of the table; ``no-legend`` leaves the legend out.
    """

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {
        "family": directives.unchanged_required,
        "case": directives.unchanged_required,
        "format": directives.unchanged_required,
        "caption": directives.unchanged_required,
        "no-legend": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """Make the table and its legend; Sphinx calls this for each directive.

        Returns
        -------
        list
            A table, and a list of the symbols that occur in it.

        Raises
        ------
        docutils.parsers.rst.DirectiveError
            There is no such table, it is damaged, or no outcome matches: an error at the line of
            the directive.
        """
        _, path = self.env.relfn2path(self.arguments[0])
        outcomes = Path(path) / "outcomes.parquet" if Path(path).is_dir() else Path(path)
        # before the table is read, so that a document with an error is built anew too once it is
        # there
        self.env.note_dependency(str(outcomes))
        try:
            found = grid(
                outcomes, **{name: self.options.get(name) for name in ("family", "case", "format")}
            )
        except (CrossloadError, OSError, ValueError) as error:
            hint = getattr(error, "hint", "")
            # docutils reports it at the line of the directive and goes on with the document
            raise self.error(
                f"crossload-matrix: {self.arguments[0]}: {error}" + (f" - {hint}" if hint else "")
            ) from error
        made: list[nodes.Node] = [_table(found, self.options.get("caption", CAPTION))]
        if "no-legend" not in self.options:
            made.append(_legend(found))
        return made


def _table(found: Grid, caption: str) -> nodes.table:
    labels = short_labels(list(found.ids))
    head = [_entry("saved with ↓ loaded in →"), *(_entry(labels[each]) for each in found.ids)]
    body = [
        [_entry(writer), *(_square(found.squares.get((writer, reader))) for reader in found.ids)]
        for writer in found.ids
    ]
    rows = [head, *body]
    table = nodes.table("", nodes.title(text=caption), classes=["crossload-matrix"])
    group = nodes.tgroup(cols=len(head))
    table += group
    # colwidth is a required attribute of docutils, and the text builder draws columns so wide
    widths = [
        max(len(entry.astext()) + 2 for entry in column) for column in zip(*rows, strict=True)
    ]
    group += [
        # stub: the first column is a heading of its row
        nodes.colspec(colwidth=width, stub=number == 0)
        for number, width in enumerate(widths)
    ]
    group += nodes.thead("", nodes.row("", *head))
    group += nodes.tbody("", *(nodes.row("", *row) for row in body))
    return table


def _entry(text: str) -> nodes.entry:
    return nodes.entry("", nodes.paragraph(text=text))


def _square(square: Square | None) -> nodes.entry:
    if square is None:
        return nodes.entry("")
    text = nodes.paragraph("", "", nodes.literal(text=symbol_of(square.worst)))
    text += nodes.Text(failed_text(square))
    return nodes.entry("", text, classes=[f"crossload-{style_of(square.worst)}"])


def _legend(found: Grid) -> nodes.bullet_list:
    """List the symbols that occur, with a sentence each."""
    entries = nodes.bullet_list("", classes=["crossload-legend"])
    for verdict in legend_of(found.squares):
        sign = nodes.literal(text=symbol_of(verdict))
        sentence = nodes.Text(f" {verdict.word}: {verdict.sentence}")
        entries += nodes.list_item("", nodes.paragraph("", "", sign, sentence))
    return entries


def _add_style(app: Sphinx) -> None:
    """Let Sphinx copy the style sheet; once the configuration of the project is complete."""
    app.config.html_static_path.append(str(files("crossload.report") / "static"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive and its style sheet.

    Parameters
    ----------
    app
        The application of Sphinx, which calls this.

    Returns
    -------
    dict
        The version, and that documents may be read and written in parallel: the directive keeps
        nothing between documents.
    """
    app.add_directive("crossload-matrix", CrossloadMatrix)
    app.connect("builder-inited", _add_style)
    app.add_css_file(STYLE)
    return {
        "version": __version__,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
