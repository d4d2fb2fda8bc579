"""Tables for terminals: they fit, and say what was not measured."""

from __future__ import annotations

import pytest
from builders_report import RUN, VERDICTS, view_of

from crossload.report import (
    EnvironmentFacts,
    make_view,
    render_terminal,
)
from crossload.report.terminal import grid_text
from crossload.report.view_types import Grid, Square
from crossload.verdict import Verdict


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

    text = render_terminal(view_of(*VERDICTS, reason=long), width=width)

    assert "the worst drifts" in text
    assert "the most frequent failures" in text
    assert max(map(len, text.splitlines())) <= width


def test_no_controls_are_told_loudly():
    assert "controls: NONE were measured" in render_terminal(view_of(Verdict.IDENTICAL))
