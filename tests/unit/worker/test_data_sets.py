"""Data sets as pinned interpreters read them."""

from __future__ import annotations

import numpy as np
import pytest

from crossload.worker import data_sets


def test_files_of_arrays_become_a_data_set(tmp_path):
    for name in ("x_train", "x_test", "y_train"):
        np.save(tmp_path / f"{name}.npy", np.arange(3))
    (tmp_path / "notes.txt").write_text("no array")

    found = data_sets.read_data(str(tmp_path))
    data = data_sets.Data(found, None)

    assert sorted(found) == ["x_test", "x_train", "y_train"]
    assert data.x_train.tolist() == [0, 1, 2]
    assert data.y_test is None


def test_columns_become_a_dict_that_recipes_may_turn_into_what_they_take(tmp_path):
    for part, rows in (("x_train", 3), ("x_test", 2)):
        np.save(tmp_path / f"{part}@age.npy", np.arange(rows))
        np.save(tmp_path / f"{part}@city.npy", np.array(["Oslo"] * rows))

    arrays = data_sets.read_data(str(tmp_path))
    data = data_sets.Data(arrays, lambda columns: [*sorted(columns), len(columns["age"])])

    assert data.x_train == ["age", "city", 3]
    assert data.x_test == ["age", "city", 2]


def test_pickled_arrays_are_refused(tmp_path):
    np.save(tmp_path / "x_train.npy", np.array([{}], dtype=object), allow_pickle=True)

    with pytest.raises(ValueError, match="allow_pickle=False"):
        data_sets.read_data(str(tmp_path))


def test_the_training_rows_may_take_the_place_of_the_held_out_ones():
    data = data_sets.Data({"x_train": [1], "x_test": [2], "y_train": [3], "y_test": [4]}, None)

    found = data_sets.OnTraining(data)

    assert (found.x_train, found.x_test, found.y_train, found.y_test) == ([1], [1], [3], [3])
