"""The view: complete or not, with controls and causes in every output."""

from __future__ import annotations

from dataclasses import replace

from builders_report import RUN, view_of

from crossload.config import Cause
from crossload.report import (
    make_view,
    render_terminal,
)
from crossload.report.html import render_html
from crossload.report.markdown import render_markdown
from crossload.report.summary import summary
from crossload.verdict import Control, Explained, Finding, Judgement, Verdict


def test_a_view_is_complete_only_if_all_was_measured():
    assert view_of(Verdict.IDENTICAL, Verdict.NOT_AVAILABLE).complete
    assert not view_of(Verdict.IDENTICAL, Verdict.NOT_RUN).complete
    assert not view_of(Verdict.IDENTICAL, Verdict.NO_ENVIRONMENT).complete


def test_controls_and_causes_are_in_every_output():
    base = view_of(Verdict.LOAD_ERROR, Verdict.IDENTICAL)
    caught = Control(
        cell=base.rows[0].cell,
        expected="drift",
        says="",
        judgement=Judgement(verdict=Verdict.DRIFT),
    )
    missed = Control(
        cell=base.rows[0].cell,
        expected="drift",
        says="",
        judgement=Judgement(verdict=Verdict.IDENTICAL),
    )
    failed = [row for row in base.rows if row.judgement.verdict is Verdict.LOAD_ERROR]
    rows = [
        replace(row, finding=Finding(explained=Explained.NO)) if row in failed else row
        for row in base.rows
    ]
    view = make_view(
        name="m",
        title="t",
        environments=base.environments,
        rows=rows,
        run=RUN,
        controls=[caught, missed],
    )

    for text in (render_terminal(view), render_markdown(view).replace("C", "c"), render_html(view)):
        assert "controls: 1 of 2 caught" in text
        assert f"auses: 0 failures explained, {len(failed)} unexplained" in text
    assert "MISSED CONTROL" in render_terminal(view)
    assert summary(view)["controls"]["measured"] == 2


def test_causes_are_shown_with_why_remedy_link_and_count():
    base = view_of(Verdict.LOAD_ERROR)
    cause = Cause(
        id="moved",
        verdicts=("load-error",),
        says=("x",),
        why="moved in 1.3",
        do="load it with 1.2",
        link="https://example.org/7",
    )
    known = Finding(explained=Explained.YES, cause=cause)
    rows = [replace(row, finding=known) for row in base.rows]
    rows[0] = replace(rows[0], finding=Finding(explained=Explained.NO))
    view = make_view(name="m", title="t", environments=base.environments, rows=rows, run=RUN)

    assert view.causes == ((cause, len(rows) - 1),)
    assert (
        f"| {len(rows) - 1} | `moved` | moved in 1.3 ([source](https://example.org/7))"
        " | load it with 1.2 |" in render_markdown(view)
    )
    assert "<strong>moved</strong>" in render_html(view)
    assert "load it with 1.2" in render_html(view)
    assert summary(view)["causes"] == {
        "explained": len(rows) - 1,
        "unexplained": 1,
        "by_cause": {"moved": len(rows) - 1},
    }
