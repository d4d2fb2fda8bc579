"""Changes between runs: every one has one kind, and every output tells of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from helpers import view_of

from crossload.environments import Project
from crossload.matrix.history import History
from crossload.report import render_terminal
from crossload.report.changes import KINDS, REGRESSIONS, change_kind
from crossload.report.html import render_html
from crossload.report.markdown import render_markdown
from crossload.report.summary import summary
from crossload.verdict import Verdict


@pytest.mark.parametrize("now", list(Verdict))
@pytest.mark.parametrize("before", [None, *Verdict])
def test_every_change_has_one_kind(before, now):
    kind = change_kind(before, now)

    was = before.passes if before else None
    if before is now or (was is None and now.passes is None):
        assert kind == ""
    else:
        assert kind in KINDS
    assert (kind in REGRESSIONS) <= (was is not None and now.passes is False)
    assert (kind == "fixed") == (was is False and now.passes is True)


def when(minute):
    return datetime(2026, 11, 22, 10, minute, tzinfo=UTC)


def test_every_output_tells_what_changed(tmp_path):
    history = History(Project(tmp_path), "m")
    history.append(view_of(Verdict.IDENTICAL), when(1))
    view = view_of(Verdict.DRIFT, Verdict.IDENTICAL)
    view = replace(view, past=history.past(view))
    told = "since 2026-11-22 10:01 UTC: 12 newly drifting"

    assert f"Changes {told}." in render_markdown(view)
    assert f"  {told}" in render_terminal(view)
    assert summary(view)["changes"] == {"newly drifting": 12}
    assert summary(view)["previous"] == "20261122T100100Z"
    assert "newly drifting: 12" in render_html(view)
