"""The view: complete or not, with controls, expectations and known failures in every output."""

from __future__ import annotations

from dataclasses import replace

from builders_report import RUN, view_of

from crossload.config import Expectation
from crossload.report import (
    make_view,
    render_terminal,
)
from crossload.report.html import render_html
from crossload.report.markdown import render_markdown
from crossload.report.summary import summary
from crossload.verdict import Control, Finding, Judgement, Surprise, Verdict


def test_a_view_is_complete_only_if_all_was_measured():
    assert view_of(Verdict.IDENTICAL, Verdict.NOT_AVAILABLE).complete
    assert not view_of(Verdict.IDENTICAL, Verdict.NOT_RUN).complete
    assert not view_of(Verdict.IDENTICAL, Verdict.NO_ENVIRONMENT).complete


def test_controls_and_expectations_are_in_every_output():
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
    rows = [replace(row, finding=Finding(surprise=Surprise.PASS)) for row in base.rows]
    view = make_view(
        name="m",
        title="t",
        environments=base.environments,
        rows=rows,
        run=RUN,
        controls=[caught, missed],
        judged_against=True,
    )

    for text in (render_terminal(view), render_markdown(view).replace("C", "c"), render_html(view)):
        assert "controls: 1 of 2 caught" in text
        assert f"{len(rows)} passes" in text
    assert "MISSED CONTROL" in render_terminal(view)
    assert "UNEXPECTED PASS" in render_terminal(view)
    assert summary(view)["controls"]["measured"] == 2


def test_known_failures_are_shown_with_reason_link_and_count():
    base = view_of(Verdict.LOAD_ERROR)
    reason = Expectation(
        name="expect[0]",
        verdicts=("load-error",),
        reason="moved in 1.3",
        link="https://example.org/7",
    )
    rows = [
        replace(row, finding=Finding(surprise=Surprise.EXPECTED, expectation=reason))
        for row in base.rows
    ]
    rows[0] = replace(rows[0], finding=Finding(surprise=Surprise.OTHER, expectation=reason))
    view = make_view(
        name="m", title="t", environments=base.environments, rows=rows, run=RUN, judged_against=True
    )

    assert view.known == (("moved in 1.3", "https://example.org/7", len(rows) - 1),)
    assert (
        f"| {len(rows) - 1} | moved in 1.3 ([source](https://example.org/7)) |"
        in render_markdown(view)
    )
    assert summary(view)["known"][0]["cells"] == len(rows) - 1
