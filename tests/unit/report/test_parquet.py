"""The table of outcomes: one row a cell, every column explained."""

from __future__ import annotations

import pandas as pd
from builders_report import VERDICTS, view_of

from crossload.report import (
    parquet,
)
from crossload.report.parquet import COLUMNS, write_outcomes
from crossload.verdict import Verdict


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
