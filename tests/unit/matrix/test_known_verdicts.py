"""The verdicts that earlier runs found."""

from __future__ import annotations

from helpers import RUN, plan

from crossload.environments import Project
from crossload.matrix.known_verdicts import KnownVerdicts
from crossload.report import write_reports
from crossload.report.view import make_view
from crossload.report.view_types import JudgedCell
from crossload.verdict import Judgement, Verdict


def view_of(whole, verdicts):
    rows = [
        JudgedCell(cell=cell, judgement=Judgement(verdict=verdict), seconds={})
        for cell, verdict in zip(whole.cells, verdicts, strict=True)
    ]
    return make_view(name="m", title="t", environments=[], rows=rows, run=RUN)


def place_of(cell):
    return cell.case.recipe, cell.case.format, cell.writer, cell.reader


def test_what_was_found_is_remembered_and_what_changed(tmp_path):
    whole, memory = plan(), KnownVerdicts(Project(tmp_path), "m")
    assert memory.recall() == ({}, set())
    memory.remember(view_of(whole, [Verdict.IDENTICAL] * len(whole.cells)))
    assert memory.recall()[1] == set()

    second = [Verdict.DRIFT, Verdict.NOT_RUN, *[Verdict.IDENTICAL] * (len(whole.cells) - 2)]
    memory.remember(view_of(whole, second))

    passed, changed = memory.recall()
    assert changed == {place_of(whole.cells[0])}
    assert passed[place_of(whole.cells[0])] is False
    assert passed[place_of(whole.cells[1])] is True  # not measured now: the older verdict stays
    assert len(passed) == len(whole.cells)


def test_where_nothing_is_remembered_the_published_verdicts_count(tmp_path):
    whole, project = plan(), Project(tmp_path)
    view = view_of(whole, [Verdict.DRIFT, *[Verdict.IDENTICAL] * (len(whole.cells) - 1)])
    write_reports(view, project.reports / "m", {})
    passed, changed = KnownVerdicts(project, "m").recall()

    assert changed == set()
    assert passed[place_of(whole.cells[0])] is False
    assert list(passed.values()).count(True) == len(whole.cells) - 1
