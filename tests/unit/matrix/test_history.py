"""The history of a matrix: runs that are appended, compared and aligned."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from helpers import RUN, view_of

from crossload.environments import Project
from crossload.errors import SelectionError
from crossload.matrix.history import STRIP, History
from crossload.matrix.run_table import changes, verdicts_of
from crossload.report.changes import UNKNOWN
from crossload.report.view import make_view
from crossload.verdict import Verdict


def when(minute):
    return datetime(2026, 11, 22, 10, minute, tzinfo=UTC)


def test_runs_are_appended_and_compared(tmp_path):
    history = History(Project(tmp_path), "m")
    assert history.runs() == []
    history.append(view_of(Verdict.IDENTICAL), when(1))
    assert history.append(view_of(Verdict.IDENTICAL), when(2)) is None  # nothing else was found
    history.append(
        view_of(Verdict.IDENTICAL, Verdict.DRIFT, Verdict.LOAD_ERROR, Verdict.NOT_RUN), when(3)
    )

    assert history.runs() == ["20261122T100100Z", "20261122T100300Z"]
    kinds = {kind: len(table) for kind, table in history.since("last").kinds.items()}
    assert kinds == {"newly drifting": 6, "new failures": 6, "not measured any more": 6}
    assert (
        "forest/joblib sklearn-1.0 -> sklearn-1.0: identical, now drift"
        in history.since("20261122T1001").text
    )
    assert history.since("20261122T1003").text == "no cell changed"
    with pytest.raises(SelectionError, match="no run 'x'"):
        history.since("x")


def test_what_is_fixed_and_what_is_new_is_told(tmp_path):
    history = History(Project(tmp_path), "m")
    history.append(view_of(Verdict.LOAD_ERROR, Verdict.NOT_RUN, Verdict.IDENTICAL), when(1))
    history.append(view_of(Verdict.IDENTICAL, Verdict.IDENTICAL, Verdict.EQUIVALENT), when(2))

    assert set(history.since("last").kinds) == {"fixed", "newly measured", "passes otherwise"}
    assert isinstance(history.since("last").kinds["fixed"], pd.DataFrame)


def test_the_past_is_aligned_with_the_cells_of_a_view(tmp_path):
    history = History(Project(tmp_path), "m")
    first, second = (
        view_of(Verdict.IDENTICAL, Verdict.LOAD_ERROR),
        view_of(Verdict.IDENTICAL, Verdict.IDENTICAL, Verdict.DRIFT),
    )
    assert history.past(first) == ()
    history.append(first, when(1))
    assert history.past(first) == ()  # the same again is no earlier run

    (past,) = history.past(second)
    assert (past.run, past.when) == ("20261122T100100Z", when(1))
    assert [list(Verdict)[number] for number in past.verdicts] == [
        row.judgement.verdict for row in first.rows
    ]
    assert {kind: len(cells) for kind, cells in past.changes(second.rows).items()} == {
        kind: len(table)
        for kind, table in changes(verdicts_of(first), verdicts_of(second)).kinds.items()
    }


def test_the_past_knows_nothing_of_new_cells(tmp_path):
    history = History(Project(tmp_path), "m")
    whole = view_of(Verdict.IDENTICAL)
    part = make_view(
        name="m",
        title="t",
        environments=[],
        rows=[row for row in whole.rows if row.cell.reader == "sklearn-1.0"],
        run=RUN,
    )
    history.append(part, when(1))

    (past,) = history.past(whole)

    known = [number != UNKNOWN for number in past.verdicts]
    assert known == [row.cell.reader == "sklearn-1.0" for row in whole.rows]
    assert {kind: len(cells) for kind, cells in past.changes(whole.rows).items()} == {
        "newly measured": len(known) - sum(known)
    }


def test_only_the_last_runs_are_shown(tmp_path):
    history = History(Project(tmp_path), "m")
    for minute in range(STRIP + 3):
        history.append(
            view_of(*([Verdict.IDENTICAL] * (minute + 1)), Verdict.LOAD_ERROR), when(minute)
        )

    runs = [past.run for past in history.past(view_of(Verdict.CRASH))]
    assert runs == history.runs()[-STRIP:]


def test_one_run_is_nothing_to_compare_with(tmp_path):
    history = History(Project(tmp_path), "m")
    history.append(view_of(Verdict.IDENTICAL), when(1))

    with pytest.raises(SelectionError, match="there is one run only, 20261122T100100Z"):
        history.since("last")


def test_other_reasons_are_no_other_run(tmp_path):
    history = History(Project(tmp_path), "m")
    history.append(view_of(Verdict.DRIFT, reason="one"), when(1))

    assert history.append(view_of(Verdict.DRIFT, reason="two"), when(2)) is None
    assert history.append(view_of(Verdict.DRIFT, Verdict.IDENTICAL), when(3)) is not None


def test_a_run_of_other_cells_says_nothing_of_those_of_a_view(tmp_path):
    history = History(Project(tmp_path), "m")
    history.append(view_of(Verdict.IDENTICAL), when(1))
    (path,) = history.paths
    pd.read_parquet(path).assign(recipe="another").to_parquet(path)
    (past,) = history.past(view_of(Verdict.DRIFT))

    assert set(past.verdicts.tolist()) == {UNKNOWN}


def test_the_feed_tells_of_regressions_alone(tmp_path):
    history = History(Project(tmp_path), "m")
    assert "<entry>" not in history.feed("t")
    history.append(view_of(Verdict.DRIFT), when(1))
    history.append(view_of(Verdict.IDENTICAL), when(2))  # fixed: no news for a feed
    history.append(view_of(Verdict.IDENTICAL, Verdict.LOAD_ERROR), when(3))
    feed = history.feed("t")

    assert feed.count("<entry>") == 1
    assert "12 new failures" in feed
    assert "2026-11-22T10:03:00" in feed
