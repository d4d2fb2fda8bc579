"""The user's rows and labels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crossload.errors import ConfigError
from crossload.models.rows import UserRows, data_of, read_data


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


def test_columns_of_every_kind_of_file_are_read_by_name(tmp_path):
    pd.DataFrame({"a": [1.5, 2.5], "b": ["x", None]}).to_parquet(tmp_path / "x.parquet")
    np.savez(tmp_path / "x.npz", a=np.array([1.5, 2.5]), b=np.array(["x", "y"]))
    np.save(tmp_path / "x.npy", np.array([(1.5, "x")], dtype=[("a", "f8"), ("b", "U1")]))

    found = {name: read_data(tmp_path / f"x.{name}", "") for name in ("parquet", "npz", "npy")}

    assert {tuple(each.names) for each in found.values()} == {("a", "b")}
    assert found["parquet"].arrays[1].tolist() == ["x", None]
    assert found["npz"].arrays[0].tolist() == [1.5, 2.5]
    assert (found["npy"].arrays[1].tolist(), found["npy"].description) == (["x"], "1 rows of x.npy")


def test_missing_values_of_pandas_become_nan_or_none():
    table = pd.DataFrame({"whole": pd.array([1, None], dtype="Int64"), "when": [pd.NaT, None]})
    table["yes"] = pd.array([True, None], dtype="boolean")

    found = data_of(table, None)

    assert found.names == ["whole", "when", "yes"]
    assert [each.dtype.kind for each in found.arrays] == ["f", "O", "f"]
    assert np.isnan(found.arrays[0][1])
    assert found.arrays[1].tolist() == [None, None]


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pd.to_datetime(["2024-01-01", "2024-01-02"]), "Timestamp"),
        ([{"a": 1}, {"a": 2}], "dict"),
    ],
)
def test_values_of_python_cannot_be_carried_over(column, kind):
    with pytest.raises(ConfigError, match=f"b: values of type {kind} cannot") as caught:
        data_of(pd.DataFrame({"a": [1, 2], "b": column}), None)
    assert "convert the column" in caught.value.hint


def test_values_of_a_file_that_cannot_be_carried_over_name_it(tmp_path):
    np.save(tmp_path / "x.npy", np.array(["2024-01-01"], dtype="M8[D]"))

    with pytest.raises(ConfigError, match=r"x\.npy: the array: values of type datetime64\[D\]"):
        read_data(tmp_path / "x.npy", "")


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        ([np.array([1.0]), np.array(["x"])], True),
        ([np.array([1.0]), np.array([True])], False),
        ([np.array(["a document"])], False),
    ],
)
def test_tables_with_text_are_told_from_arrays_of_numbers_and_from_documents(arrays, text):
    names = ["a", "b"][: len(arrays)]

    assert UserRows(names, arrays, None, "rows").has_text is text


def test_rows_are_kept_where_processes_find_them(tmp_path):
    record = UserRows(["a"], [np.array([1.5, 2.5])], None, "2 rows of x.csv").keep(tmp_path)

    assert (record["count"], record["told"], record["form"]) == (2, "2 rows of x.csv", "data")
    assert (tmp_path / f"{record['kept']}.npz").exists()


def test_labels_of_a_file_are_one_column(tmp_path):
    (tmp_path / "x.csv").write_text("a\n1\n2\n")
    (tmp_path / "one.csv").write_text("y\nno\nyes\n")
    (tmp_path / "two.csv").write_text("y,z\n0,1\n1,0\n")
    np.save(tmp_path / "wide.npy", np.array([[0], [1]]))

    assert read_data(tmp_path / "x.csv", str(tmp_path / "one.csv")).truth.tolist() == ["no", "yes"]
    assert read_data(tmp_path / "x.csv", str(tmp_path / "wide.npy")).truth.tolist() == [0, 1]
    with pytest.raises(ConfigError, match="has more than one column"):
        read_data(tmp_path / "x.csv", str(tmp_path / "two.csv"))


@pytest.mark.parametrize(
    ("labels", "told"),
    [([0, 1, 1], "3 labels for 2 rows"), ([0.0, np.inf], "missing or infinite")],
)
def test_labels_that_do_not_fit_are_refused(tmp_path, labels, told):
    np.save(tmp_path / "x.npy", np.ones((2, 2)))
    np.save(tmp_path / "y.npy", np.array(labels))

    with pytest.raises(ConfigError, match=told):
        read_data(tmp_path / "x.npy", str(tmp_path / "y.npy"))


def test_text_labels_are_complete(tmp_path):
    (tmp_path / "x.csv").write_text("a,y\n1,yes\n2,\n")

    with pytest.raises(ConfigError, match="some labels are missing") as caught:
        read_data(tmp_path / "x.csv", "y")
    assert caught.value.hint == "leave these rows out"


def test_a_table_of_labels_alone_has_no_rows(tmp_path):
    (tmp_path / "x.csv").write_text("y\n0\n1\n")

    with pytest.raises(ConfigError, match="2 labels for 0 rows"):
        read_data(tmp_path / "x.csv", "y")


def test_python_may_name_files_columns_or_labels(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,y\n1,0\n2,1\n")
    table = pd.DataFrame({"a": [1, 2], "y": [0, 1]})

    assert data_of(str(path), None).truth is None
    assert data_of(path, "y").truth.tolist() == [0, 1]
    assert data_of(path, [1, 0]).truth.tolist() == [1, 0]
    assert data_of(table, "y").names == ["a"]
    assert data_of(table, None).description == "2 rows"
