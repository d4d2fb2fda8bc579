"""Tables in documents of users: Markdown, reStructuredText, HTML."""

from __future__ import annotations

import argparse
from html.parser import HTMLParser

import docutils.core
import docutils.nodes
import pytest

from crossload.cli.main import make_parser
from crossload.report.exports import EXPORTS
from crossload.report.table_layouts import TABLE_LAYOUTS, to_html, to_markdown, to_rst
from crossload.report.view_types import Square
from crossload.verdict import Verdict

IDS = ("sklearn-1.0", "sklearn-1.1")


SQUARES = {
    (IDS[0], IDS[0]): Square(counts={Verdict.IDENTICAL: 3}),
    (IDS[0], IDS[1]): Square(counts={Verdict.IDENTICAL: 1, Verdict.DRIFT: 1, Verdict.CRASH: 1}),
    (IDS[1], IDS[0]): Square(counts={Verdict.LOAD_ERROR: 3}),
}


def cells_of_rst(text):
    """Rows of the first table, by docutils; any complaint of it is an error."""
    tree = docutils.core.publish_doctree(
        text, settings_overrides={"halt_level": 1, "report_level": 1}
    )
    (table,) = tree.findall(docutils.nodes.table)
    return [
        [entry.astext() for entry in row.findall(docutils.nodes.entry)]
        for row in table.findall(docutils.nodes.row)
    ]


def test_restructuredtext_is_read_by_docutils():
    assert cells_of_rst(to_rst(IDS, SQUARES)) == [
        ["saved with / loaded in", "1.0", "1.1"],
        ["sklearn-1.0", "=", "! 1, 2/3"],
        ["sklearn-1.1", "L 3, 3/3", ""],
    ]


def test_markdown_has_a_line_a_version_and_a_legend():
    lines = to_markdown(IDS, SQUARES).splitlines()

    assert lines[:4] == [
        "| saved with ↓ loaded in → | 1.0 | 1.1 |",
        "| --- | --- | --- |",
        "| **sklearn-1.0** | `=` | `!` 1, 2/3 |",
        "| **sklearn-1.1** | `L` 3, 3/3 |  |",
    ]
    assert "`L` load-error: loading raised" in lines[-1]
    assert "predict-error" not in lines[-1]


class Table(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.scopes, self.texts = [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "th":
            self.scopes.append(dict(attributes)["scope"])

    def handle_data(self, data):
        self.texts.append(data)


def test_html_has_headings_and_words():
    found = Table()
    found.feed(to_html(IDS, SQUARES))

    assert found.tags.count("td") == 4
    assert found.scopes == ["col", "col", "col", "row", "row"]
    assert " load-error " in found.texts
    assert "2 of 3 failed" in found.texts


@pytest.mark.parametrize("layout", list(TABLE_LAYOUTS))
def test_a_gap_is_seen(layout):
    text = TABLE_LAYOUTS[layout](
        IDS, {(IDS[0], IDS[1]): Square(counts={Verdict.IDENTICAL: 1, Verdict.NOT_RUN: 1})}
    )

    assert {"markdown": "`.`", "rst": "``.``", "html": "<b>.</b> not-run"}[layout] in text


def test_the_command_line_offers_every_layout_and_export():
    parser = make_parser()
    (commands,) = (each for each in parser._actions if isinstance(each, argparse._SubParsersAction))
    (layout,) = (
        each for each in commands.choices["export"]._actions if "--as" in each.option_strings
    )

    assert sorted(layout.choices) == sorted({*EXPORTS, *TABLE_LAYOUTS})
