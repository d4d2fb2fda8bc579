"""Texts of pinned processes may be anything: they never change more than the text that is shown."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import sys
import tempfile
import zlib
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import docutils.core
import docutils.nodes
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from datetime import UTC, datetime

from helpers import loaded, plan, saved

import crossload
from crossload.config import Cause, Tolerance
from crossload.report import (
    EnvironmentFacts,
    JudgedCell,
    RunFacts,
    make_view,
    render_terminal,
    write_reports,
)
from crossload.report.exports import EXPORTS
from crossload.report.feed import Entry, render_feed
from crossload.report.html import render_html
from crossload.report.markdown import render_markdown
from crossload.report.summary import summary
from crossload.report.table_layouts import TABLE_LAYOUTS
from crossload.report.verdict_table import verdict_lines
from crossload.report.view_types import Square
from crossload.verdict import Explained, Finding, Judge, Judgement, Verdict
from crossload.worker import contract

PIECES = (
    # HTML
    "</script>", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "-->", "<!--", "]]>",
    "</noscript>", "</details>", "&amp;", "&#60;", '"', "'",
    # Markdown, templates, reStructuredText, commands of GitHub Actions
    "`", "``", "|", "\\", "*", "_", "[x](javascript:x)", "{{ 7*7 }}", "{% raw %}", "$x$",
    ".. raw:: html", "::error::x", "%0A::x",
    # terminals, ends of lines, signs that turn or hide text
    "\x1b[31m", "\x1b]8;;x\x07", "\x9b2J", "\x00", "\x08", "\r", "\n", "\t", "\u2028", "\u0085",
    "\u202e", "\u2066", "\u200b", "\ufeff", "\U000e0041",
    # formulas of spreadsheets, plain text
    "=cmd|' /C calc'!A0", "é", "漢", "\U0001f4a9", "ValueError: x", "0", " ",
)  # fmt: skip
texts = (
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=8)
    .map("".join)
    .map(lambda text: "x" + text)
)
ENVIRONMENTS = ("sklearn-1.0", "sklearn-1.1")
RUN = RunFacts(
    date="2026-11-22",
    version="0",
    platform="Linux",
    saves=0,
    loads=0,
    wall_seconds=0,
    cpu_seconds=0,
    cores=1,
)
FOREST = contract.Recipe(
    "forest",
    {"family": "f", "task": "binary", "data": "d", "build": None, "outputs": ["predict"]},
    "r.py",
)


def view_of(text):
    """Make a view that holds this text wherever it can hold a text of a pinned process."""
    kinds = (Verdict.LOAD_ERROR, Verdict.DRIFT, Verdict.IDENTICAL, Verdict.NOT_AVAILABLE)
    rows = []
    for n, cell in enumerate(plan(("1.0", "1.1")).cells):
        judgement = Judgement(
            verdict=kinds[n % 4],
            reason=text,
            warned=(text,),
            lost=text,
            resumes=text if n % 4 == 2 else "",
            before={"accuracy": 1.0},
            after={"accuracy": 0.5},
            worst_metric="accuracy",
        )
        texts = {"traceback": f"Traceback\n{text}", "warnings": (text, "x")}
        cause = Cause(id="x", verdicts=("drift",), says=("x",), why=text, do=text, link=text)
        finding = Finding()
        if judgement.verdict.passes is False:
            explained = Explained.YES if judgement.verdict is Verdict.DRIFT else Explained.NO
            finding = Finding(
                explained=explained, cause=cause if explained is Explained.YES else None
            )
        row = JudgedCell(
            cell=cell, judgement=judgement, finding=finding, seconds={}, artifact="ab", **texts
        )
        rows.append(row)
    facts = [
        EnvironmentFacts(
            id=each,
            axis="scikit-learn",
            python="3.9.1",
            failure=text,
            versions={"numpy": text},
            left_out=(text,),
        )
        for each in ENVIRONMENTS
    ]
    return make_view(name="m", title="t", environments=facts, rows=rows, run=RUN)


def table_of(text):
    with tempfile.TemporaryDirectory() as folder:
        write_reports(view_of(text), Path(folder))
        return crossload.outcomes(folder)


class Skeleton(HTMLParser):
    """Tags and attribute names of a page, with its addresses, in which scripts could hide."""

    def __init__(self, text):
        super().__init__()
        self.parts, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        names = tuple(name for name, _ in attributes)
        addresses = tuple(value for name, value in attributes if name in ("href", "src"))
        self.parts.append((tag, names, addresses))

    def handle_endtag(self, tag):
        self.parts.append(tag)

    def handle_comment(self, data):
        self.parts.append("comment")

    def handle_data(self, data):
        self.texts.append(data)


def is_clean(text):
    return all(char.isprintable() or char == "\n" for char in text)


PLAIN_PAGE = Skeleton(render_html(view_of("xplain"))).parts


@settings(deadline=None, max_examples=60)
@given(texts)
def test_the_page_keeps_its_shape(text):
    page = render_html(view_of(text))

    assert Skeleton(page).parts == PLAIN_PAGE
    assert is_clean(
        re.sub(r'<script type="application/octet-stream".*?</script>', "", page, flags=re.DOTALL)
    )
    raw = zlib.decompress(base64.b64decode(re.search(r'id="data">([^<]*)<', page).group(1)))
    data = json.loads(raw[4 : 4 + int.from_bytes(raw[:4], "little")])
    pending, found = [data], 0
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            assert is_clean(value)
            found += value.startswith("x")
        elif isinstance(value, list | dict):
            pending += value.values() if isinstance(value, dict) else value
    assert found > 3


@settings(deadline=None)
@given(texts)
def test_the_terminal_gets_no_control_codes(text):
    shown = render_terminal(view_of(text), width=80)

    assert is_clean(shown)


PLAIN_MARKDOWN = render_markdown(view_of("xplain"))


@settings(deadline=None)
@given(texts)
def test_markdown_keeps_its_lines_and_has_no_html(text):
    shown = render_markdown(view_of(text))

    assert is_clean(shown)
    assert len(shown.splitlines()) == len(PLAIN_MARKDOWN.splitlines())
    borders, plain = (
        [len(re.findall(r"(?<!\\)\|", line)) for line in each.splitlines()]
        for each in (shown, PLAIN_MARKDOWN)
    )
    assert borders == plain
    assert "<" not in shown
    assert not re.search(r"(?<!\\)\]\(javascript", shown)


@settings(deadline=None)
@given(texts)
def test_summary_and_verdict_table_are_what_they_say(text):
    view = view_of(text)

    assert json.loads(json.dumps(summary(view), allow_nan=False))["planned"] == len(view.rows)
    table = list(csv.reader(io.StringIO("".join(verdict_lines(view)), newline="")))
    assert {len(row) for row in table} == {len(table[0])}
    assert len(table) == len(view.rows) + 1


@settings(deadline=None, max_examples=30)
@given(texts)
@example("x\r")
@example("x\x85\u2028")
def test_exports_keep_their_shape(text):
    table = table_of(text)

    assert set(table["reason"]) == {text}
    top = ET.fromstring(EXPORTS["junit"]("m", table))
    assert len(top.findall(".//testcase")) == len(table)
    tags = {"testsuites", "testsuite", "testcase", "failure", "skipped"}
    assert {each.tag for each in top.iter()} <= tags
    rows = list(csv.reader(io.StringIO(EXPORTS["csv"]("m", table), newline="")))
    assert len(rows) == len(table) + 1
    assert {len(row) for row in rows} == {len(table.columns)}
    lines = EXPORTS["github"]("m", table).split("\n")[:-1]
    assert all(line.startswith("::warning title=m") for line in lines)
    ET.fromstring(EXPORTS["badge"]("m", table))
    json.loads(EXPORTS["badge-json"]("m", table))


@given(texts)
def test_the_feed_keeps_its_shape(text):
    when = datetime(2026, 11, 22, tzinfo=UTC)
    feed = ET.fromstring(
        render_feed("m", text, [Entry(run="r", when=when, headline=text, lines=(text, text))], when)
    )

    top, entry = ([each.tag.split("}")[1] for each in parent] for parent in (feed, feed[-1]))
    assert top == ["id", "title", "updated", "author", "link", "entry"]
    assert entry == ["id", "title", "updated", "link", "content"]


@settings(deadline=None)
@given(texts)
def test_fragments_keep_their_shape(text):
    ids = (text, "plain-1.0")
    squares = {
        pair: Square(counts={Verdict.DRIFT: 2}) for pair in ((text, text), (text, "plain-1.0"))
    }
    found = {name: render(ids, squares) for name, render in TABLE_LAYOUTS.items()}
    plain = {
        name: render(
            ("xplain", "plain-1.0"),
            {("xplain", each): squares[text, text] for each in ("xplain", "plain-1.0")},
        )
        for name, render in TABLE_LAYOUTS.items()
    }

    assert all(is_clean(each) for each in found.values())
    assert Skeleton(found["html"]).parts == Skeleton(plain["html"]).parts
    assert len(found["markdown"].splitlines()) == len(plain["markdown"].splitlines())
    tree = docutils.core.publish_doctree(
        found["rst"], settings_overrides={"halt_level": 2, "report_level": 5, "raw_enabled": False}
    )
    (made,) = tree.findall(docutils.nodes.table)
    lines = made.findall(docutils.nodes.row)
    assert [len(list(row.findall(docutils.nodes.entry))) for row in lines] == [3, 3, 3]
    assert not list(tree.findall(docutils.nodes.raw))


@pytest.mark.parametrize("piece", ["</script>", "x\n", "\x1b[31m"])
def test_a_megabyte_makes_no_megabytes(piece):
    long = "x" + piece * (2**20 // len(piece))
    error = {"type": "E", "message": long, "traceback": long}
    cell = next(cell for cell in plan().cells if cell.case.recipe == "forest")
    judge = Judge({"forest": FOREST}, lambda _: Tolerance(), None, None)
    judged = judge.judge(cell, saved(), loaded(status="error", stage="load", error=error))
    rows = [
        JudgedCell(cell=cell, judgement=judged, seconds={}, traceback=long, warnings=(long,))
        for cell in plan().cells
    ]
    run = RunFacts(
        date="", version="", platform="", saves=0, loads=0, wall_seconds=0, cpu_seconds=0, cores=1
    )
    view = make_view(name="m", title="t", environments=[], rows=rows, run=run)

    assert len(judged.reason) < 800
    renderers = (render_html, render_markdown, render_terminal, lambda v: json.dumps(summary(v)))
    for render in renderers:
        assert len(render(view)) < 200_000


def test_half_characters_end_no_report(tmp_path):
    half = "x\ud800"
    error = {"type": half, "message": half, "traceback": half}
    warnings = [{"category": half}]
    cell = next(cell for cell in plan().cells if cell.case.recipe == "forest")
    judge = Judge({"forest": FOREST}, lambda _: Tolerance(), None, None)
    records = [
        (saved(), loaded(status="error", stage="load", error=error, warnings=warnings)),
        (saved(status="na", reason=half), None),
        (saved(), loaded(status="na", reason=half)),
    ]
    judged = [judge.judge(cell, *each) for each in records]
    rows = [JudgedCell(cell=cell, judgement=each, seconds={}) for each in judged]
    run = RunFacts(
        date="", version="", platform="", saves=0, loads=0, wall_seconds=0, cpu_seconds=0, cores=1
    )

    write_reports(make_view(name="m", title="t", environments=[], rows=rows, run=run), tmp_path)

    assert set(crossload.outcomes(tmp_path)["reason"]) == {"x?: x?", "writer: x?", "reader: x?"}
