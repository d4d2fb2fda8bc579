"""The view and its renderers: counts that sum, text that is escaped, the same outcomes the same bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest
from helpers import plan

from crossload.config import Expectation
from crossload.report import (
    EnvironmentFacts,
    Row,
    RunFacts,
    make_view,
    parquet,
    render_terminal,
    write_reports,
)
from crossload.report.failures import nearest_pair
from crossload.report.feed import FEED_NAME
from crossload.report.html import render_html
from crossload.report.labels import literal_of, oldest_first, short_labels, signature_of
from crossload.report.markdown import render_markdown
from crossload.report.parquet import COLUMNS, write_outcomes
from crossload.report.summary import summary
from crossload.report.terminal import grid_text
from crossload.report.view_types import Grid, Square, compatibility
from crossload.verdict import GAPS, Control, Finding, Judgement, Surprise, Verdict

HOSTILE = "</script><b>x</b> \x1b[31m | `a` \u202e\n\"'&"
RUN = RunFacts(
    date="2026-11-22",
    version="0",
    platform="Linux",
    saves=1,
    loads=2,
    wall_seconds=1.0,
    cpu_seconds=1.0,
    cores=2,
)


def view_of(*verdicts, reason="reason"):
    cells = plan(("1.0", "1.1", "1.2")).cells
    rows = [
        Row(
            cell=cell,
            judgement=Judgement(
                verdict=verdicts[index % len(verdicts)], reason=reason, before={"accuracy": 1.0}, after={"accuracy": 0.5},
                worst_metric="accuracy", worst_drift=-0.5,
            ),
            seconds={"load": 0.1},
        )
        for index, cell in enumerate(cells)
    ]  # fmt: skip
    environments = [
        EnvironmentFacts(
            id=f"sklearn-{v}", axis="scikit-learn", python="3.9.1", versions={"numpy": "1.0"}
        )
        for v in ("1.0", "1.1", "1.2")
    ]
    return make_view(name="m", title="A title", environments=environments, rows=rows, run=RUN)


ALL = tuple(Verdict)


def test_counts_sum_to_the_planned_cells_in_every_grid():
    view = view_of(*ALL)

    assert sum(view.counts.values()) == len(view.rows)
    assert sum(square.planned for square in view.grids[0].squares.values()) == len(view.rows)
    assert sum(
        square.planned for grid in view.grids[1:] for square in grid.squares.values()
    ) == len(view.rows)


@pytest.mark.parametrize("gap", GAPS)
def test_a_square_with_a_gap_never_shows_as_passed(gap):
    square = Square(counts={Verdict.IDENTICAL: 9, gap: 1})

    assert square.worst is gap
    assert not square.worst.passes


def test_the_worst_of_a_square_is_a_failure_if_there_is_one():
    square = Square(
        counts={Verdict.IDENTICAL: 9, Verdict.NOT_RUN: 1, Verdict.LOAD_ERROR: 1, Verdict.DRIFT: 1}
    )

    assert square.worst is Verdict.DRIFT
    assert (square.passed, square.failed, square.planned) == (9, 2, 12)


def test_what_does_not_exist_does_not_spoil_a_pass():
    assert (
        Square(counts={Verdict.IDENTICAL: 1, Verdict.NOT_AVAILABLE: 5}).worst is Verdict.IDENTICAL
    )


def test_a_view_is_complete_only_if_all_was_measured():
    assert view_of(Verdict.IDENTICAL, Verdict.NOT_AVAILABLE).complete
    assert not view_of(Verdict.IDENTICAL, Verdict.NOT_RUN).complete
    assert not view_of(Verdict.IDENTICAL, Verdict.NO_ENVIRONMENT).complete


def test_drifts_and_signatures_are_collected():
    view = view_of(Verdict.DRIFT, Verdict.LOAD_ERROR, reason="ValueError: node 12 of 'x'")

    assert 0 < len(view.worst_drifts) <= 10
    assert [each.text for each in view.signatures] == ["ValueError: node * of *"]
    assert view.signatures[0].cells == view.counts[Verdict.LOAD_ERROR]


def test_errors_that_differ_in_numbers_and_names_have_one_signature():
    assert signature_of("KeyError: 'a' at 0x7f12") == signature_of("KeyError: 'bc' at 0x9e77")
    assert signature_of("shape (3, 4)") == signature_of("shape (5, 6)")
    assert signature_of("KeyError: 'a'") != signature_of("ValueError: 'a'")
    assert signature_of("ModuleNotFoundError: No module named 'a'") != signature_of(
        "ModuleNotFoundError: No module named 'b'"
    )


def test_the_terminal_says_everything_that_was_not_measured():
    facts = EnvironmentFacts(id="sklearn-9", failure="needs Python 3.99")
    base = view_of(Verdict.IDENTICAL, Verdict.NOT_RUN)
    view = make_view(
        name="m", title="t", environments=[*base.environments, facts], rows=base.rows, run=RUN
    )

    text = render_terminal(view)

    assert "NOT MEASURED sklearn-9: needs Python 3.99" in text
    assert f"NOT MEASURED in this run: {view.counts[Verdict.NOT_RUN]} cells" in text


@pytest.mark.parametrize("count", [3, 13, 60])
def test_a_grid_of_any_size_fits_and_shows_every_square_once(count):
    ids = [f"sklearn-1.{n}.0" for n in range(count)]
    squares = {
        (w, r): Square(counts={Verdict.LOAD_ERROR: 100 + i}) for i, w in enumerate(ids) for r in ids
    }

    text = grid_text(Grid(family="f", squares=squares), ids, 80)

    assert max(map(len, text.splitlines())) <= 80
    assert all(text.count(f"L {100 + i}") == count for i in range(count))


@pytest.mark.parametrize("width", [80, 120])
def test_the_terminal_tables_fit_the_width(width):
    long = (
        "ValueError: node array from the pickle has an incompatible dtype: "
        + "expected and got " * 20
    )

    text = render_terminal(view_of(*ALL, reason=long), width=width)

    assert "the worst drifts" in text
    assert "the most frequent failures" in text
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("render", [render_html, render_markdown, render_terminal])
def test_text_of_pinned_processes_is_escaped(render):
    text = render(view_of(Verdict.LOAD_ERROR, Verdict.DRIFT, reason=HOSTILE))

    assert "\x1b" not in text
    if render is not render_terminal:
        assert text.count("</script>") == (
            2 if render is render_html else 0
        )  # those of the page itself
        assert "<b>x</b>" not in text


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.cells, self.ids, self.addresses, self.headings, self.open = [], [], [], [], []
        self.in_grids, self.grid = 0, False

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "table":
            self.grid = found.get("class") == "grid"
        self.in_grids += tag == "td" and self.grid
        if tag in ("td", "th"):
            self.cells.append("")
            self.open.append(tag)
            if tag == "th":
                self.headings.append(found.get("scope"))
        if "id" in found:
            self.ids.append(found["id"])
        self.addresses += [value for key, value in attributes if key in ("src", "href")]

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.open.pop()

    def handle_data(self, data):
        if self.open:
            self.cells[-1] += data


def test_the_page_is_sound(tmp_path):
    view = view_of(*ALL)
    write_reports(view, tmp_path, {FEED_NAME: "the feed"})
    page = Page()
    text = render_html(view)
    page.feed(text)

    assert "&lt;td" not in text
    assert text.count('<table class="grid">') == len(view.grids)
    assert page.in_grids == len(view.grids) * len(view.environments) ** 2
    assert all(cell.strip() for cell in page.cells)
    assert len(set(page.ids)) == len(page.ids)
    assert all(each.startswith("#") or (tmp_path / each).exists() for each in page.addresses)
    assert all(scope in ("row", "col") for scope in page.headings)


def test_reports_are_written_whole_and_twice_the_same(tmp_path):
    view = view_of(*ALL)
    names = ["README.md", "index.html", "summary.json", "outcomes.parquet"]

    assert [path.name for path in write_reports(view, tmp_path)] == names
    first = {name: (tmp_path / name).read_bytes() for name in names}
    write_reports(view, tmp_path)

    assert {name: (tmp_path / name).read_bytes() for name in names} == first
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_the_summary_is_json_without_infinities():
    text = json.dumps(summary(view_of(Verdict.DRIFT)), allow_nan=False)

    assert json.loads(text)["counts"]["drift"] == len(view_of(Verdict.DRIFT).rows)


def written(view, folder):
    write_outcomes(view, folder / "outcomes.parquet")
    return pd.read_parquet(folder / "outcomes.parquet")


def test_the_table_has_one_row_a_cell_and_metrics_with_their_drift(tmp_path):
    table = written(view_of(Verdict.IDENTICAL, Verdict.DRIFT), tmp_path)

    assert len(table) == len(view_of(Verdict.IDENTICAL).rows)
    assert (table["accuracy_drift"] == -0.5).all()
    assert set(table["verdict"]) == {"identical", "drift"}
    assert list(table["writer"])[:1] == [view_of(Verdict.IDENTICAL).rows[0].cell.writer]


def test_every_column_of_the_table_is_explained(tmp_path):
    explained = {name.strip() for names in COLUMNS for name in names.split(",")}
    table = written(view_of(*ALL), tmp_path)

    left = [name for name in table.columns if name not in explained]
    assert left
    assert all(name.endswith(("_before", "_after", "_drift")) for name in left)


def test_a_table_of_many_blocks_is_the_same(tmp_path, monkeypatch):
    view = view_of(*ALL)
    whole = written(view, tmp_path)
    monkeypatch.setattr(parquet, "_BLOCK", 5)

    pd.testing.assert_frame_equal(written(view, tmp_path), whole, check_categorical=False)


def test_column_labels_are_short_and_unique():
    assert short_labels(["sklearn-0.22.2.post1", "sklearn-1.5.2-numpy1"]) == {
        "sklearn-0.22.2.post1": "0.22.2",
        "sklearn-1.5.2-numpy1": "1.5.2-np1",
    }
    assert short_labels(["a-1", "b-1"]) == {"a-1": "a-1", "b-1": "b-1"}
    assert short_labels(["a-1.post1", "a-1.post2"]) == {
        "a-1.post1": "a-1.post1",
        "a-1.post2": "a-1.post2",
    }


def test_versions_are_told_backward_and_forward():
    oldest, middle, newest = view_of(Verdict.IDENTICAL).directions

    assert compatibility(oldest.backward) == "no such version"
    assert compatibility(middle.backward) == compatibility(middle.forward) == "full"
    assert newest.backward.planned == 2 * middle.backward.planned


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({}, "no such version"),
        ({Verdict.IDENTICAL: 3, Verdict.NOT_AVAILABLE: 2}, "full"),
        ({Verdict.IDENTICAL: 3, Verdict.DRIFT: 1}, "3 of 4"),
        ({Verdict.IDENTICAL: 3, Verdict.NOT_RUN: 1}, "3 of 3, 1 not measured"),
        ({Verdict.NO_ENVIRONMENT: 1}, "not measured"),
        ({Verdict.NOT_AVAILABLE: 1}, "nothing in common"),
    ],
)
def test_compatibility_is_full_only_if_everything_was_measured_and_passed(counts, expected):
    assert compatibility(Square(counts=counts)) == expected


def test_a_failure_is_shown_where_the_versions_are_nearest():
    view = view_of(Verdict.LOAD_ERROR)
    pairs = {
        ("sklearn-1.0", "sklearn-1.2"),
        ("sklearn-1.2", "sklearn-1.1"),
        ("sklearn-1.1", "sklearn-1.2"),
    }

    assert nearest_pair(pairs, view.environments) == ("sklearn-1.1", "sklearn-1.2")


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


def test_no_controls_are_told_loudly():
    assert "controls: NONE were measured" in render_terminal(view_of(Verdict.IDENTICAL))


def test_cases_and_formats_are_rolled_up_and_sum_to_the_planned_cells():
    view = view_of(*ALL)

    for squares in (view.by_case, view.by_format):
        assert sum(square.planned for square in squares.values()) == len(view.rows)
    assert set(view.by_format) == {"pickle", "joblib", "joblib-mmap"}
    assert summary(view)["formats"]["pickle"]["planned"] == view.by_format["pickle"].planned


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


def facts(name, version, axis="joblib"):
    return EnvironmentFacts(id=name, axis=axis, versions={"joblib": version} if version else {})


def test_environments_stand_oldest_first_wherever_they_were_spelled_out():
    given = [
        facts("a-1.2", "1.2"),
        facts("a-1.10", "1.10"),
        facts("special", "1.2", axis=""),
        facts("older", "0.9", axis=""),
    ]

    assert [each.id for each in oldest_first(given)] == ["older", "a-1.2", "special", "a-1.10"]


@pytest.mark.parametrize("last", [facts("x", ""), facts("x", "3", axis="numpy")])
def test_without_one_version_for_each_the_order_is_that_of_the_matrix(last):
    given = [facts("a-1.2", "1.2"), facts("a-1.1", "1.1"), last]

    assert [each.id for each in oldest_first(given)] == ["a-1.2", "a-1.1", "x"]


def test_a_signature_is_looked_for_by_what_all_its_texts_have():
    text = signature_of("ValueError: node array 17 of 'x' has another dtype")

    assert literal_of(text) == "ValueError: node array"
    assert literal_of("") == ""
