"""Roll-ups: counts that sum to the planned cells, and directions."""

from __future__ import annotations

from builders_report import VERDICTS, view_of

from crossload.report.summary import summary
from crossload.report.view_types import compatibility
from crossload.verdict import Verdict


def test_counts_sum_to_the_planned_cells_in_every_grid():
    view = view_of(*VERDICTS)

    assert sum(view.counts.values()) == len(view.rows)
    assert sum(square.planned for square in view.grids[0].squares.values()) == len(view.rows)
    assert sum(
        square.planned for grid in view.grids[1:] for square in grid.squares.values()
    ) == len(view.rows)


def test_cases_and_formats_are_rolled_up_and_sum_to_the_planned_cells():
    view = view_of(*VERDICTS)

    for squares in (view.by_case, view.by_format):
        assert sum(square.planned for square in squares.values()) == len(view.rows)
    assert set(view.by_format) == {"pickle", "joblib", "joblib-mmap"}
    assert summary(view)["formats"]["pickle"]["planned"] == view.by_format["pickle"].planned


def test_versions_are_told_backward_and_forward():
    oldest, middle, newest = view_of(Verdict.IDENTICAL).directions

    assert compatibility(oldest.backward) == "no such version"
    assert compatibility(middle.backward) == compatibility(middle.forward) == "full"
    assert newest.backward.planned == 2 * middle.backward.planned
