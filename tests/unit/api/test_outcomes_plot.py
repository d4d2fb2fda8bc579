"""The plot of a grid; apart, because it needs Matplotlib."""

from __future__ import annotations

import matplotlib as mpl
from helpers import RUN, plan

import crossload
from crossload.report.parquet import write_outcomes
from crossload.report.view import make_view
from crossload.report.view_types import JudgedCell
from crossload.verdict import Judgement, Verdict

mpl.use("agg")
import matplotlib.pyplot as plt  # at once: it looks for fonts with a process of its own


def test_the_plot_has_a_square_for_each_pair(tmp_path):
    rows = [
        JudgedCell(cell=cell, judgement=Judgement(verdict=Verdict.DRIFT), seconds={})
        for cell in plan(("1.0", "1.1")).cells
    ]
    write_outcomes(
        make_view(name="m", title="t", environments=[], rows=rows, run=RUN),
        tmp_path / "outcomes.parquet",
    )

    axes = crossload.grid(tmp_path).plot()

    assert sorted({each.get_text() for each in axes.texts}) == ["! 6"]
    assert axes.images[0].get_array().shape == (2, 2)
    assert [each.get_text() for each in axes.get_xticklabels()] == ["sklearn-1.0", "sklearn-1.1"]


def test_pairs_that_neither_pass_nor_fail_have_no_colour_and_others_no_text(tmp_path):
    whole = plan(("1.0", "1.1")).cells
    rows = [
        JudgedCell(cell=cell, judgement=Judgement(verdict=Verdict.NOT_RUN), seconds={})
        for cell in whole
        if cell.writer == cell.reader
    ]
    write_outcomes(
        make_view(name="m", title="t", environments=[], rows=rows, run=RUN),
        tmp_path / "outcomes.parquet",
    )
    figure, given = plt.subplots()

    axes = crossload.grid(tmp_path).plot(given)

    assert axes is given
    assert axes.images[0].get_array().mask.all()
    assert [each.get_text() for each in axes.texts] == [".", "."]
    plt.close(figure)
