"""Published outcomes in Python: the table, and the grid that rolls it up."""

from __future__ import annotations

import sys

import pandas as pd
import pytest
from helpers import HOSTILE, plan, view_of

import crossload
from crossload.errors import SelectionError
from crossload.report.parquet import write_outcomes
from crossload.verdict import Verdict


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


def test_a_table_without_outcomes_says_so(folder):
    with pytest.raises(SelectionError, match="the table has no outcomes"):
        crossload.grid(crossload.outcomes(folder).iloc[:0])


def test_the_grid_is_a_table_of_markdown_or_of_restructuredtext(folder):
    grid = crossload.grid(folder)

    assert "| sklearn-1.0 |" in grid.to_markdown().replace("**", "")
    assert ".. list-table::" in grid.to_rst()


def test_a_pair_without_outcomes_is_blank(folder):
    table = crossload.outcomes(folder)
    writers, readers = (table[name].astype(str) for name in ("writer", "reader"))

    grid = crossload.grid(table[(writers == "sklearn-1.1") | (readers == "sklearn-1.0")])

    assert ("sklearn-1.0", "sklearn-1.1") not in grid.squares
    assert pd.isna(grid.verdicts().loc["sklearn-1.0", "sklearn-1.1"])
    assert grid.failed().isna().to_numpy().sum() == 1
    line = next(line for line in str(grid).splitlines() if line.startswith("sklearn-1.0"))
    assert line.count("!") == 1


def test_without_matplotlib_the_plot_says_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)

    with pytest.raises(ModuleNotFoundError, match="pip install matplotlib"):
        crossload.grid(folder).plot()


def test_completion_offers_what_there_is():
    assert dir(crossload) == ["__version__", "check", "grid", "outcomes"]
