"""What others read: tables in Python, exports for programs, the history of runs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from helpers import plan

import crossload
from crossload.cli.main import main
from crossload.environments import Project
from crossload.errors import SelectionError
from crossload.matrix.history import STRIP, History, changes, verdicts_of
from crossload.report import render_terminal
from crossload.report.changes import KINDS, REGRESSIONS, UNKNOWN, change_kind
from crossload.report.exports import EXPORTS, failures, tell_github, to_annotations, to_junit
from crossload.report.html import render_html
from crossload.report.markdown import render_markdown
from crossload.report.parquet import write_outcomes
from crossload.report.summary import summary
from crossload.report.view import make_view
from crossload.report.view_types import Row, RunFacts
from crossload.verdict import Judgement, Verdict

RUN = RunFacts(
    date="", version="", platform="", saves=0, loads=0, wall_seconds=0, cpu_seconds=0, cores=1
)
HOSTILE = "</script>]]><b>\x1b[31m\x00\u202e\r\n::error::x" + '"' + "'"


def view_of(*verdicts, reason=""):
    whole = plan(("1.0", "1.1"))
    rows = [
        Row(
            cell=cell,
            judgement=Judgement(verdict=verdicts[n % len(verdicts)], reason=reason),
            seconds={"load": 0.5},
        )
        for n, cell in enumerate(whole.cells)
    ]
    return make_view(name="m", title="t", environments=[], rows=rows, run=RUN)


@pytest.fixture
def folder(tmp_path):
    write_outcomes(
        view_of(Verdict.IDENTICAL, Verdict.DRIFT, Verdict.NOT_RUN, reason=HOSTILE),
        tmp_path / "outcomes.parquet",
    )
    return tmp_path


def test_outcomes_are_a_tidy_table(folder):
    table = crossload.outcomes(folder)

    assert len(table) == len(plan(("1.0", "1.1")).cells)
    assert {"recipe", "format", "writer", "reader", "verdict", "passes"} <= set(table.columns)
    assert crossload.outcomes(folder / "outcomes.parquet").equals(table)


def test_a_folder_without_outcomes_is_named(tmp_path):
    with pytest.raises(SelectionError, match="no table of outcomes"):
        crossload.outcomes(tmp_path)
    with pytest.raises(AttributeError):
        crossload.nothing  # noqa: B018


def test_the_grid_rolls_up_and_shows_itself(folder):
    grid = crossload.grid(folder)

    assert grid.ids == ("sklearn-1.0", "sklearn-1.1")
    assert sum(square.planned for square in grid.squares.values()) == len(
        crossload.outcomes(folder)
    )
    assert set(grid.verdicts().to_numpy().ravel()) == {"drift"}
    assert (
        grid.failed().to_numpy().sum() == (crossload.outcomes(folder)["verdict"] == "drift").sum()
    )
    assert "sklearn-1.1" in str(grid)
    assert grid._repr_html_().count('<td class="crossload-drift">') == 4
    assert "<style>" in grid._repr_html_()
    assert "<style>" not in grid.to_html()


def test_the_grid_of_a_part(folder):
    part = crossload.grid(folder, case="forest/pickle", format="pickle")

    assert sum(square.planned for square in part.squares.values()) == 4
    assert (
        sum(square.planned for square in crossload.grid(folder, case="forest").squares.values())
        == 12
    )
    with pytest.raises(SelectionError, match="family='nope'"):
        crossload.grid(folder, family="nope")


def test_a_pair_that_was_not_measured_does_not_look_like_a_pass(tmp_path):
    write_outcomes(view_of(Verdict.IDENTICAL, Verdict.NOT_RUN), tmp_path / "outcomes.parquet")

    assert set(crossload.grid(tmp_path).verdicts().to_numpy().ravel()) == {"not-run"}


@pytest.mark.parametrize("layout", list(EXPORTS))
def test_every_export_is_the_same_twice_and_survives_hostile_texts(folder, layout):
    table = crossload.outcomes(folder)

    text = EXPORTS[layout]("m", table)

    assert text == EXPORTS[layout]("m", table)
    assert "</script>]]><b>" not in text or layout in ("csv", "github")
    text.encode()


def test_junit_counts_failures_and_skips_what_was_not_measured(folder):
    table = crossload.outcomes(folder)
    top = ET.fromstring(to_junit("m", table))

    assert len(top.findall(".//testcase")) == len(table)
    assert (
        len(top.findall(".//failure"))
        == (table["verdict"] == "drift").sum()
        == len(failures(table))
    )
    assert len(top.findall(".//skipped")) == (table["verdict"] == "not-run").sum()
    assert sum(int(suite.get("failures")) for suite in top) == len(failures(table))


def test_known_failures_are_no_failures(folder):
    table = crossload.outcomes(folder).assign(known="a reason", surprise="expected")
    top = ET.fromstring(to_junit("m", table))

    assert top.findall(".//failure") == []
    assert "known: a reason" in {each.get("message") for each in top.findall(".//skipped")}


def test_no_text_becomes_a_command_of_github(folder):
    lines = to_annotations("m", crossload.outcomes(folder)).splitlines()

    assert lines
    assert all(line.startswith("::warning title=m%3A drift") for line in lines)


def test_github_is_told_only_where_it_is(folder, tmp_path):
    (folder / "README.md").write_text("the report")
    said = []
    tell_github({}, "m", folder, said.append)
    assert said == []

    summary = tmp_path / "summary.md"
    tell_github(
        {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}, "m", folder, said.append
    )

    assert len(said) == 1
    assert "the report" in summary.read_text()


def test_the_badge_counts_what_the_newest_version_loads(folder):
    found = json.loads(EXPORTS["badge-json"]("m", crossload.outcomes(folder)))

    loaded = crossload.outcomes(folder).query("reader == 'sklearn-1.1' and writer == 'sklearn-1.0'")
    measured = loaded[loaded["passes"].notna()]
    assert found["label"] == "loads in sklearn-1.1"
    assert found["message"] == f"{int((measured['passes'] == True).sum())}/{len(measured)}"  # noqa: E712
    ET.fromstring(EXPORTS["badge"]("m", crossload.outcomes(folder)))


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


def test_the_feed_has_an_entry_for_each_run_that_made_it_worse(tmp_path):
    history = History(Project(tmp_path), "m")
    empty = ET.fromstring(history.feed("A title"))
    atom = "{http://www.w3.org/2005/Atom}"
    assert empty.findall(f"{atom}entry") == []
    history.append(view_of(Verdict.IDENTICAL), when(1))
    history.append(view_of(Verdict.DRIFT, Verdict.LOAD_ERROR), when(2))
    history.append(view_of(Verdict.IDENTICAL, Verdict.LOAD_ERROR), when(3))
    history.append(view_of(Verdict.CRASH, Verdict.IDENTICAL), when(4))

    feed = ET.fromstring(history.feed("A title"))

    entries = feed.findall(f"{atom}entry")
    assert [each.find(f"{atom}title").text for each in entries] == [
        "m: 12 new failures",
        "m: 12 newly drifting, 12 new failures",
    ]
    assert [each.find(f"{atom}updated").text for each in entries] == [
        "2026-11-22T10:04:00Z",
        "2026-11-22T10:02:00Z",
    ]
    assert feed.find(f"{atom}updated").text == "2026-11-22T10:04:00Z"
    assert "identical, now crash" in entries[0].find(f"{atom}content").text
    assert len({each.find(f"{atom}id").text for each in [feed, *entries]}) == 3
    assert history.feed("A title") == history.feed("A title")


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ({"family": "nope", "case": "forest/*", "format": "joblib"}, "family: trees"),
        ({"case": "nope"}, "case: forest, ridge"),
        ({"family": "trees", "format": "nope"}, "format: joblib, joblib-mmap, pickle"),
        (
            {"case": "forest/pickle", "format": "joblib"},
            "each of them matches some outcomes, but none matches all",
        ),
    ],
)
def test_the_hint_names_what_matches_nothing(folder, asked, hint):
    with pytest.raises(SelectionError, match="no outcome matches") as caught:
        crossload.grid(folder, **asked)

    assert caught.value.hint == hint


def test_a_damaged_table_is_told_in_one_line(folder):
    path = folder / "outcomes.parquet"
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(
        SelectionError, match="outcomes.parquet: not a table of outcomes, or a damaged one"
    ) as caught:
        crossload.grid(folder)
    assert "\n" not in str(caught.value)


def test_completion_offers_what_there_is():
    assert dir(crossload) == ["__version__", "check", "grid", "outcomes"]


@pytest.fixture
def published(folder, tmp_path):
    (tmp_path / "matrix" / "recipes").mkdir(parents=True)
    (tmp_path / "matrix" / "recipes" / "r.py").write_text("RECIPES = {}\n")
    (tmp_path / "matrix" / "m.toml").write_text(
        '[matrix]\ntitle = "t"\nrecipes = ["recipes/r.py"]\nformats = ["joblib"]\n[axis.joblib]\nversions = ["1.0"]\n'
    )
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "m").symlink_to(folder)
    return ["--root", str(tmp_path), "export", "m"]


@pytest.mark.parametrize("layout", ["markdown", "rst", "html", "csv"])
def test_exports_are_written_or_printed(published, tmp_path, capsys, layout):
    assert main([*published, "--as", layout]) == 0
    printed = capsys.readouterr().out
    assert main([*published, "--as", layout, "--output", str(tmp_path / "out.txt")]) == 0

    assert (tmp_path / "out.txt").read_text() == printed
    assert printed


def test_an_output_that_cannot_be_is_told_and_leaves_nothing(published, tmp_path, capsys):
    before = sorted(tmp_path.rglob("*"))
    for output, why in (
        (tmp_path, "is a folder"),
        (tmp_path / "nope" / "x.md", "there is no folder"),
    ):
        assert main([*published, "--as", "markdown", "--output", str(output)]) == 2
        assert why in capsys.readouterr().err
    assert main([*published, "--as", "csv", "--family", "trees"]) == 3
    assert "--as csv has all outcomes" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


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
