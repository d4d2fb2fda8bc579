"""Tables in documents of other people: Markdown, reStructuredText, HTML, and the Sphinx extension."""

from __future__ import annotations

import io
import json
from html.parser import HTMLParser

import docutils.core
import docutils.nodes
import matplotlib as mpl
import pytest
from helpers import plan
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

import crossload
from crossload.report.fragments import FRAGMENTS, to_html, to_markdown, to_rst
from crossload.report.parquet import write_outcomes
from crossload.report.view import make_view
from crossload.report.view_types import Row, RunFacts, Square
from crossload.verdict import Judgement, Verdict

mpl.use("agg")
import matplotlib.pyplot as plt  # noqa: F401 - at once: it looks for fonts with a process of its own

IDS = ("sklearn-1.0", "sklearn-1.1")
SQUARES = {
    (IDS[0], IDS[0]): Square(counts={Verdict.IDENTICAL: 3}),
    (IDS[0], IDS[1]): Square(counts={Verdict.IDENTICAL: 1, Verdict.DRIFT: 2}),
    (IDS[1], IDS[0]): Square(counts={Verdict.LOAD_ERROR: 3}),
}
RUN = RunFacts(
    date="", version="", platform="", saves=0, loads=0, wall_seconds=0, cpu_seconds=0, cores=1
)


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
        ["sklearn-1.0", "=", "! 2/3"],
        ["sklearn-1.1", "L 3/3", ""],
    ]


def test_markdown_has_a_line_a_version_and_a_legend():
    lines = to_markdown(IDS, SQUARES).splitlines()

    assert lines[:4] == [
        "| saved with ↓ loaded in → | 1.0 | 1.1 |",
        "| --- | --- | --- |",
        "| **sklearn-1.0** | `=` | `!` 2/3 |",
        "| **sklearn-1.1** | `L` 3/3 |  |",
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


@pytest.mark.parametrize("layout", list(FRAGMENTS))
def test_a_gap_is_seen(layout):
    text = FRAGMENTS[layout](
        IDS, {(IDS[0], IDS[1]): Square(counts={Verdict.IDENTICAL: 1, Verdict.NOT_RUN: 1})}
    )

    assert {"markdown": "`.`", "rst": "``.``", "html": "<b>.</b> not-run"}[layout] in text


@pytest.fixture
def project(tmp_path):
    """A Sphinx project beside a report."""
    source = tmp_path / "docs"
    (tmp_path / "reports").mkdir()
    source.mkdir()
    rows = [
        Row(
            cell=cell, judgement=Judgement(verdict=Verdict.LOAD_ERROR if cell.case.recipe == "forest" else Verdict.IDENTICAL), seconds={}
        )
        for cell in plan(("1.0", "1.1")).cells
    ]  # fmt: skip
    write_outcomes(
        make_view(name="m", title="t", environments=[], rows=rows, run=RUN),
        tmp_path / "reports" / "outcomes.parquet",
    )
    (source / "conf.py").write_text(
        "extensions = ['crossload.sphinx']\nproject = 'p'\nhtml_theme = 'basic'\n"
    )

    def build(text, builder="html"):
        (source / "index.rst").write_text("Title\n=====\n\n" + text)
        said = io.StringIO()
        out = tmp_path / builder
        with docutils_namespace():  # else the next project complains of what this one registered
            Sphinx(
                source,
                source,
                out,
                tmp_path / "doctrees",
                builder,
                status=None,
                warning=said,
                freshenv=True,
            ).build()
        return out, said.getvalue()

    return build


DIRECTIVE = ".. crossload-matrix:: ../reports/outcomes.parquet\n   :case: forest/joblib*\n   :caption: Forests\n"


def test_the_directive_makes_a_table_with_a_legend(project):
    out, said = project(DIRECTIVE)
    page = (out / "index.html").read_text()

    assert said == ""
    assert page.count("crossload-fail") == 4
    assert "Forests" in page
    assert "load-error: loading raised" in page
    assert (out / "_static" / "crossload.css").exists()
    assert (
        '<code class="docutils literal notranslate"><span class="pre">L</span></code> 2/2' in page
    )


def test_the_directive_works_for_other_builders(project):
    out, said = project(DIRECTIVE + "   :no-legend:\n", "text")
    text = (out / "index.txt").read_text()

    assert said == ""
    assert '"L" 2/2' in text
    assert "loading raised" not in text


def test_a_folder_stands_for_the_table_in_it(project):
    assert project(".. crossload-matrix:: ../reports\n   :format: pickle\n")[1] == ""


@pytest.mark.parametrize(
    ("directive", "complaint"),
    [
        (".. crossload-matrix:: ../nothing.parquet\n", "no table of outcomes here"),
        (
            ".. crossload-matrix:: ../reports\n   :family: nope\n",
            "no outcome matches family='nope'",
        ),
        (".. crossload-matrix:: conf.py\n", "crossload-matrix: conf.py"),
        (".. crossload-matrix:: ../reports\n   :nope: x\n", 'unknown option: "nope"'),
    ],
)
def test_mistakes_are_told_at_their_line(project, directive, complaint):
    _, said = project(directive)

    assert "index.rst:4" in said
    assert complaint in said


def test_the_plot_has_a_square_for_each_pair(tmp_path):
    rows = [
        Row(cell=cell, judgement=Judgement(verdict=Verdict.DRIFT), seconds={})
        for cell in plan(("1.0", "1.1")).cells
    ]
    write_outcomes(
        make_view(name="m", title="t", environments=[], rows=rows, run=RUN),
        tmp_path / "outcomes.parquet",
    )

    axes = crossload.grid(tmp_path).plot()

    assert sorted({each.get_text() for each in axes.texts}) == ["! 6"]
    assert axes.images[0].get_array().shape == (2, 2)
    assert [each.get_text() for each in axes.get_xticklabels()] == ["sklearn-1.0", "sklearn-1.1"]


def test_the_published_summaries_follow_their_schema():
    jsonschema = pytest.importorskip("jsonschema")
    from pathlib import Path

    from crossload.report.summary import schema_text

    reports = Path(__file__).resolve().parents[2] / "reports"
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    found = list(reports.glob("*/summary.json"))
    assert found
    assert (reports / "summary.schema.json").read_text() == schema_text()
    for path in found:
        jsonschema.validate(json.loads(path.read_text()), schema)
