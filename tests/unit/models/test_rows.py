"""The user's rows and labels."""

from __future__ import annotations

import numpy as np
import pytest

from crossload.errors import ConfigError
from crossload.models.rows import data_of, read_data


def test_rows_and_labels_of_a_table(tmp_path):
    (tmp_path / "rows.csv").write_text("age,city,y\n3.5,Oslo,1\n,Rome,0\n4,,1\n")

    found = read_data(tmp_path / "rows.csv", "y")

    assert found.names == ["age", "city"]
    assert np.isnan(found.arrays[0][1])
    assert found.arrays[1].tolist() == ["Oslo", "Rome", None]
    assert found.truth.tolist() == [1, 0, 1]


def test_rows_of_an_array_with_labels_in_a_file(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((4, 2)))
    np.save(tmp_path / "y.npy", np.array([0, 1, 0, 1]))

    found = read_data(tmp_path / "x.npy", str(tmp_path / "y.npy"))

    assert (found.arrays[0].shape, found.truth.tolist()) == ((4, 2), [0, 1, 0, 1])


def test_rows_that_python_has_at_hand():
    found = data_of([[1.0, 2.0], [3.0, 4.0]], [0, 1])

    assert (found.arrays[0].shape, found.truth.tolist()) == ((2, 2), [0, 1])
    with pytest.raises(ConfigError, match="one label a row|shape"):
        data_of([[1.0]], [0, 1])


@pytest.mark.parametrize(
    ("name", "text", "target", "told"),
    [
        ("none.csv", None, "", "there is no such file"),
        ("rows.xlsx", "x", "", r"cannot read \.xlsx"),
        ("rows.csv", "", "", "cannot be read"),
        ("rows.csv", "a,b\n", "", "has no rows"),
        ("rows.csv", "a,b\n1,2\n", "c", "no column of rows.csv"),
        ("rows.csv", "a,b\n1,\n2,3\n", "b", "missing"),
        ("rows.npy", "nonsense", "", "cannot be read"),
    ],
)
def test_bad_rows_are_named(tmp_path, name, text, target, told):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=told):
        read_data(tmp_path / name, target)


def test_rows_of_objects_are_refused_and_never_unpickled(tmp_path):
    np.save(tmp_path / "x.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ConfigError, match="allow_pickle"):
        read_data(tmp_path / "x.npy", "")
