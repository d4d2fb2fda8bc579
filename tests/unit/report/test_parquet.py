"""The table of outcomes: one row a cell, every column explained."""

from __future__ import annotations

import numpy as np
import pandas as pd
from builders_report import VERDICTS, view_of

from crossload.report import JudgedCell, make_view, parquet
from crossload.report.parquet import COLUMNS, write_outcomes
from crossload.verdict import Judgement, Verdict, compare


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
    table = written(view_of(*VERDICTS), tmp_path)

    left = [name for name in table.columns if name not in explained]
    assert left
    assert all(name.endswith(("_before", "_after", "_drift")) for name in left)


def test_a_table_of_many_blocks_is_the_same(tmp_path, monkeypatch):
    view = view_of(*VERDICTS)
    whole = written(view, tmp_path)
    monkeypatch.setattr(parquet, "_BLOCK", 5)

    pd.testing.assert_frame_equal(written(view, tmp_path), whole, check_categorical=False)


def test_distances_are_there_for_tasks_without_metrics_and_for_numbers_only(tmp_path):
    def with_judgement(judgement):
        view = view_of(Verdict.IDENTICAL)
        rows = [
            JudgedCell(cell=row.cell, judgement=judgement, seconds=row.seconds) for row in view.rows
        ]
        made = make_view(
            name="m", title="t", environments=view.environments, rows=rows, run=view.run
        )
        return written(made, tmp_path).iloc[0]

    labels = compare(np.array([0, 1]), np.array([7, 1]), atol=0, rtol=0)
    numbers = compare(np.array([0.0, 1.0]), np.array([0.5, 1.0]), atol=0, rtol=0)
    moved = with_judgement(
        Judgement(
            verdict=Verdict.DRIFT, distances={"a": labels, "b": numbers}, max_abs=0.5, max_rel=0.5
        )
    )
    equal = with_judgement(Judgement(verdict=Verdict.IDENTICAL))
    failed = with_judgement(Judgement(verdict=Verdict.LOAD_ERROR))

    assert (moved["max_abs"], moved["mean_abs"]) == (0.5, 0.25)
    assert (equal["max_abs"], equal["mean_abs"]) == (0.0, 0.0)
    assert np.isnan(failed["max_abs"])
    assert np.isnan(failed["mean_abs"])
