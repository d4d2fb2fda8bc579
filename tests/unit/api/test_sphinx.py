"""The Sphinx extension: a directive that makes a table of outcomes."""

from __future__ import annotations

import io

import pytest
from helpers import RUN, plan
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from crossload.report.parquet import write_outcomes
from crossload.report.view import make_view
from crossload.report.view_types import JudgedCell
from crossload.verdict import Judgement, Verdict


@pytest.fixture
def project(tmp_path):
    """A Sphinx project beside a report."""
    source = tmp_path / "docs"
    (tmp_path / "reports").mkdir()
    source.mkdir()
    verdicts = {"forest": Verdict.LOAD_ERROR, "ridge": Verdict.IDENTICAL}
    rows = [
        JudgedCell(cell=cell, judgement=Judgement(verdict=verdicts[cell.case.recipe]), seconds={})
        for cell in plan(("1.0", "1.1")).cells
    ]
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


DIRECTIVE = (
    ".. crossload-matrix:: ../reports/outcomes.parquet\n"
    "   :case: forest/joblib*\n   :caption: Forests\n"
)


def test_the_directive_makes_a_table_with_a_legend(project):
    out, said = project(DIRECTIVE)
    page = (out / "index.html").read_text()

    assert said == ""
    assert page.count("crossload-fail") == 4
    assert "Forests" in page
    assert "load-error: loading raised" in page
    assert (out / "_static" / "crossload.css").exists()
    assert (
        '<code class="docutils literal notranslate"><span class="pre">L</span></code> 2, 2/2'
        in page
    )


def test_the_directive_works_for_other_builders(project):
    out, said = project(DIRECTIVE + "   :no-legend:\n", "text")
    text = (out / "index.txt").read_text()

    assert said == ""
    assert '"L" 2, 2/2' in text
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
