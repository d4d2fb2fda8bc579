"""Data sets: fixed, finite where they must be, and honestly split."""

from __future__ import annotations

import numpy as np
import pytest

from crossload.engine import data
from crossload.errors import RecipeError
from crossload.worker import data_sets


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    return data.prepare(data._MAKERS, folder), folder


def rows(value):
    columns = value.values() if isinstance(value, dict) else [value]
    return [
        repr([np.asarray(column[i]).tolist() for column in columns])
        for i in range(len(next(iter(columns))))
    ]


@pytest.mark.parametrize("name", sorted(data._MAKERS))
def test_held_out_rows_were_not_trained_on(prepared, name):
    _, place = prepared[0][name]
    arrays = data_sets.read_data(str(place))

    train, test = rows(arrays["x_train"]), rows(arrays["x_test"])

    assert len(train) > 2 * len(test) * 0.9
    assert len(test) >= 30
    assert not set(train) & set(test)
    assert len(arrays["y_train"]) == len(train)
    assert len(data.labels(place)) == len(test)


def test_data_sets_are_made_once_and_always_the_same(prepared, tmp_path):
    first, folder = prepared

    assert data.prepare(["iris"], folder)["iris"] == first["iris"]
    assert data.prepare(["iris", "mixed"], tmp_path)["mixed"][0] == first["mixed"][0]


def test_a_leak_is_an_error_that_names_the_rows():
    x = np.arange(8.0).reshape(4, 2)
    parts = {
        "x_train": x,
        "x_test": x[[2, 0]],
        "y_train": np.array([0, 1, 0, 1]),
        "y_test": np.array([0, 1]),
    }

    with pytest.raises(RecipeError) as caught:
        data.check_parts("mine", parts)

    assert "'mine': 2 held-out rows were trained on" in str(caught.value)
    assert "held-out row 0 is training row 2, held-out row 1 is training row 0" in str(caught.value)


def test_labels_of_one_class_are_an_error():
    x = np.arange(8.0).reshape(4, 2)
    parts = {
        "x_train": x[:2],
        "x_test": x[2:],
        "y_train": np.array([0, 1]),
        "y_test": np.array([1, 1]),
    }

    with pytest.raises(RecipeError, match=r"y_test has one class only \(1\)"):
        data.check_parts("mine", parts)


def test_fraud_is_rare_on_both_sides(prepared):
    arrays = data_sets.read_data(str(prepared[0]["fraud"][1]))

    assert 0.015 < arrays["y_train"].mean() < 0.025
    assert 0.015 < arrays["y_test"].mean() < 0.025


def test_an_unknown_data_set_is_refused_with_a_hint():
    with pytest.raises(RecipeError, match="no such data set: 'irys'") as caught:
        data.check_names(["irys"])

    assert caught.value.hint == "did you mean 'iris'?"


def test_mixed_columns_have_gaps_and_words(prepared):
    arrays = data_sets.read_data(str(prepared[0]["mixed"][1]))

    assert set(arrays["x_train"]) == {"age", "income", "visits", "city", "plan"}
    assert np.isnan(arrays["x_train"]["income"]).any()
    assert (arrays["x_train"]["city"] == "").any()


def test_a_data_set_that_another_run_made_meanwhile_is_taken(tmp_path, monkeypatch):
    maker, limit = data._MAKERS["iris"]
    others = []

    def made_twice():
        if not others:
            others.append({})
            others[0] = data.prepare(["iris"], tmp_path)["iris"]
        return maker()

    monkeypatch.setitem(data._MAKERS, "iris", (made_twice, limit))

    assert data.prepare(["iris"], tmp_path)["iris"] == others[0]
    assert [path.name for path in tmp_path.iterdir()] == [others[0][1].name]
