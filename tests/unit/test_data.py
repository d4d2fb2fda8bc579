"""Data sets: fixed, finite where they must be, and honestly split."""

from __future__ import annotations

import numpy as np
import pytest

from crossload.engine import data
from crossload.errors import RecipeError
from crossload.inside import measure


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    return data.prepare(data._MAKERS, folder), folder


def rows(value):
    columns = value.values() if isinstance(value, dict) else [value]
    return [repr([np.asarray(column[i]).tolist() for column in columns]) for i in range(len(next(iter(columns))))]


@pytest.mark.parametrize("name", sorted(data._MAKERS))
def test_held_out_rows_were_not_trained_on(prepared, name):
    _, place = prepared[0][name]
    arrays = measure.read_data(str(place))

    train, test = rows(arrays["x_train"]), rows(arrays["x_test"])

    assert len(train) > 2 * len(test) * 0.9
    assert len(test) >= 30
    assert not set(train) & set(test)
    assert len(arrays["y_train"]) == len(train)
    assert len(data.held_out_labels(place)) == len(test)


def test_data_sets_are_made_once_and_always_the_same(prepared, tmp_path):
    first, folder = prepared

    assert data.prepare(["iris"], folder)["iris"] == first["iris"]
    assert data.prepare(["iris", "mixed"], tmp_path)["mixed"][0] == first["mixed"][0]


def test_an_unknown_data_set_is_refused_with_a_hint():
    with pytest.raises(RecipeError, match="no such data set: 'irys'") as caught:
        data.check_names(["irys"])

    assert caught.value.hint == "did you mean 'iris'?"


def test_mixed_columns_have_gaps_and_words(prepared):
    arrays = measure.read_data(str(prepared[0]["mixed"][1]))

    assert set(arrays["x_train"]) == {"age", "income", "visits", "city", "plan"}
    assert np.isnan(arrays["x_train"]["income"]).any()
    assert (arrays["x_train"]["city"] == "").any()
