"""Rows in the form that a model takes, and through a file."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from builders_tensorflow import Calls, fake_tensorflow
from builders_worker import COLUMNS, FRAME, RANDOM, X, Y, made, through_a_file
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from crossload.worker import choose_rows, input_rows, probe_rows


def test_rows_are_read_as_they_were_kept(tmp_path):
    model = make_pipeline(COLUMNS, LogisticRegression()).fit(FRAME, Y)
    found = made(model)[0]
    record = found.keep(str(tmp_path))
    again = input_rows.read(record, str(tmp_path / f"{record['kept']}.npz"))

    pd.testing.assert_frame_equal(found.value(), again.value())
    assert record["count"] == probe_rows.COUNT


def test_categories_keep_their_kind_through_a_file(tmp_path):
    flags = pd.DataFrame(
        {
            "flag": RANDOM.rand(60) > 0.5,
            "n": RANDOM.randint(0, 3, 60),
            "t": RANDOM.choice(["a", "b"], 60),
        }
    )
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(flags, Y[:60])
    found = made(model)[0]
    again, _ = through_a_file(found, tmp_path)

    assert again.value()["flag"].dtype == bool
    assert np.array_equal(model.predict(found.value()), model.predict(again.value()))
    mixed = input_rows.Rows(
        "objects", ["m"], [np.array([True, 1, "1", None, 2.5], dtype=object)], "t"
    )
    assert [repr(each) for each in through_a_file(mixed, tmp_path)[0].arrays[0]] == [
        "True",
        "1",
        "'1'",
        "None",
        "2.5",
    ]


def test_many_columns_are_one_array_and_stay_in_order(tmp_path):
    wide = input_rows.Rows(
        "array", [f"x{i}" for i in range(3000)], [np.full(4, float(i)) for i in range(3000)], "t"
    )
    again, record = through_a_file(wide, tmp_path)

    assert [array[0] for array in again.arrays] == list(range(3000))
    with np.load(tmp_path / f"{record['kept']}.npz") as held:
        assert held.files == ["block"]
    texts = input_rows.Rows(
        "frame", [f"x{i}" for i in range(12)], [np.array([str(i)]) for i in range(12)], "t"
    )
    assert [array[0] for array in through_a_file(texts, tmp_path)[0].arrays] == [
        str(i) for i in range(12)
    ]


def test_a_model_that_writes_into_its_input_gets_a_new_one_each_time():
    model = make_pipeline(StandardScaler(copy=False), LogisticRegression()).fit(X.copy(), Y)
    found, _, _ = choose_rows.find_rows(
        model, {"names": ["x"], "arrays": [X.copy()], "description": "t"}
    )

    assert np.array_equal(found.value(), X)


def test_other_forms_are_made_of_the_same_arrays(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", fake_tensorflow(Calls()))
    texts = np.array(["a", "b"])

    def value(form, names, *arrays):
        return input_rows.Rows(form, names, list(arrays), "t").value()

    assert value("records", ["r"], np.array(['{"a": 1}', "{}"])) == [{"a": 1}, {}]
    assert value("tensor", ["x"], np.arange(2)).tolist() == [0, 1]
    kind, array = value("tensor", ["x"], texts)
    assert (kind, array.dtype, array.tolist()) == ("constant", object, ["a", "b"])
    assert list(value("tensors", ["x", "y"], np.arange(2), texts)) == ["x", "y"]
    assert value("array", ["x", "y"], np.arange(2), np.array([True, False])).tolist() == [
        [0.0, 1.0],
        [1.0, 0.0],
    ]


def test_values_of_numpy_and_gaps_are_kept_as_pythons_own(tmp_path):
    column = np.array([np.int64(3), np.float64("nan"), None, np.bool_(True)], dtype=object)
    again, _ = through_a_file(input_rows.Rows("objects", ["m"], [column], "t"), tmp_path)

    assert again.arrays[0].tolist() == [3, None, None, True]
