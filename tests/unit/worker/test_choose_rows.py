"""The rows that a model takes, made or the user's; with the scikit-learn of the driver."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from builders_worker import COLUMNS, FRAME, X, Y, data, made
from sklearn.cluster import DBSCAN, KMeans
from sklearn.decomposition import NMF
from sklearn.feature_extraction import DictVectorizer, FeatureHasher
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from crossload.worker import choose_rows, probe_model


def test_where_nothing_is_remembered_it_is_said():
    assert "standard normal" in made(LogisticRegression().fit(X, Y))[0].description


def test_columns_with_names_come_as_a_frame_with_their_categories():
    model = make_pipeline(COLUMNS, LogisticRegression()).fit(FRAME, Y)
    found, methods, _ = made(model)
    value = found.value()

    assert found.form == "frame"
    assert list(value.columns) == ["age", "city", "x"]
    assert {"Oslo", "Rome", "Bonn"} < set(value["city"])
    assert value["age"].isna().any()
    assert methods == ["predict", "predict_proba", "decision_function"]


def test_dictionaries_are_made_of_the_names_that_the_model_knows():
    model = make_pipeline(DictVectorizer(), LogisticRegression())
    model.fit([{"city": "Oslo", "n": 1.0}, {"city": "Rome", "n": 3.0}] * 5, [0, 1] * 5)

    assert {key for record in made(model)[0].value() for key in record} == {"city", "n"}


def test_models_that_refuse_negative_values_get_none():
    found, methods, _ = made(NMF(2, max_iter=500, random_state=0).fit(np.abs(X)))

    assert (found.value() >= 0).all()
    assert methods == ["transform"]


@pytest.mark.parametrize("model", [{"threshold": 1}, "text", None, 3.5, object])
def test_what_cannot_be_asked_is_told(model):
    parts = probe_model.parts_of(model)
    with pytest.raises(probe_model.CannotAsk, match="has none of"):
        choose_rows.find_rows(parts[0][1] if parts else model, None)


def test_the_users_rows_come_in_the_order_of_the_model():
    model = make_pipeline(COLUMNS, LogisticRegression()).fit(FRAME, Y)
    shuffled = FRAME[["x", "city", "age"]].assign(more=1.0)
    found, _, _ = choose_rows.find_rows(model, data(shuffled))

    assert list(found.value().columns) == ["age", "city", "x"]
    assert found.description == "rows of the user"


def test_the_users_array_reaches_a_model_without_names():
    found, _, _ = choose_rows.find_rows(
        KMeans(2, n_init=1, random_state=0).fit(X),
        {"names": ["x"], "arrays": [X], "description": "t"},
    )

    assert np.array_equal(found.value(), X)


def test_rows_that_the_model_does_not_take_are_an_error_that_says_why():
    with pytest.raises(probe_model.CannotAsk, match="features"):
        choose_rows.find_rows(
            LogisticRegression().fit(X, Y),
            {"names": ["x"], "arrays": [X[:, :2]], "description": "t"},
        )


class Dull:
    """Scores the same for all rows, or nothing at all."""

    n_features_in_ = 2

    def __init__(self, answer):
        self.answer = answer

    def predict(self, rows):
        return self.answer(len(rows))


def test_answers_that_say_nothing_are_no_answers():
    for answer in (lambda _: np.zeros(0), lambda n: np.full(n, np.nan)):
        with pytest.raises(probe_model.CannotAsk, match="empty, or not a number"):
            choose_rows.find_rows(Dull(answer), None)
    _, _, notes = choose_rows.find_rows(Dull(np.ones), None)
    assert "the same answer for all rows" in notes[0]


def test_of_a_model_that_takes_no_rows_the_fit_itself_is_compared():
    model = DBSCAN(eps=30).fit(X)
    found, methods, _ = made(model)

    assert methods == ["labels_"]
    assert np.array_equal(
        probe_model.ask(model, "labels_", found.value())["labels_"], model.labels_
    )
    assert "takes no new rows" in found.description


def user_rows(**columns):
    return {
        "names": list(columns),
        "arrays": [np.asarray(each) for each in columns.values()],
        "description": "t",
    }


def forms(model, given):
    return [rows.form for rows in choose_rows._from_data(model, given)]


def test_a_network_is_given_tensors():
    class Network:
        inputs = [SimpleNamespace(name="x", shape=(None, 3), dtype="float32")]  # noqa: RUF012

        def __call__(self, rows, training):
            return rows.sum(axis=1)

    Network.__module__ = "keras.models"
    found, methods, _ = made(Network())
    mine, _, _ = choose_rows.find_rows(Network(), user_rows(x=X))

    assert (found.form, found.value().shape, methods) == ("tensor", (64, 3), ["call"])
    assert np.allclose(mine.value(), X)


def test_a_method_that_fails_is_told_and_the_others_are_asked():
    model = LogisticRegression().fit(X, Y)
    model.predict_proba = lambda rows: 1 / 0

    _, methods, notes = made(model)

    assert methods == ["predict", "decision_function"]
    assert notes[0] == (
        "not asked, because it fails where it was written: "
        "predict_proba: ZeroDivisionError: division by zero"
    )


def test_a_model_without_columns_says_that_it_does_not_tell_them():
    class Silent:
        def predict(self, rows):
            return rows

    with pytest.raises(probe_model.CannotAsk, match="does not tell how many features"):
        made(Silent())


def test_single_categories_of_several_kinds_are_pythons_own_values():
    rows = np.array([["a", True], ["b", False]] * 5, dtype=object)

    found = made(OneHotEncoder().fit(rows))[0]

    assert found.form == "objects"
    assert set(found.value()[:, 1]) == {True, False}


def test_hashed_records_have_any_names():
    found = made(FeatureHasher(8))[0]

    assert found.form == "records"
    assert all(isinstance(value, float) for record in found.value() for value in record.values())


def test_columns_that_are_lacking_are_named():
    model = make_pipeline(COLUMNS, LogisticRegression()).fit(FRAME, Y)

    with pytest.raises(probe_model.CannotAsk, match="the rows lack the columns city, x"):
        choose_rows.find_rows(model, data(FRAME[["age"]]))
    with pytest.raises(probe_model.CannotAsk, match="the rows lack the column x$"):
        choose_rows.find_rows(model, data(FRAME[["age", "city"]]))


def test_the_users_rows_are_tried_in_the_forms_that_a_model_may_take():
    named = StandardScaler().fit(FRAME[["age", "x"]])
    plain = StandardScaler().fit(X[:, :2])

    assert forms(named, user_rows(age=[1.0], x=[2.0])) == ["frame", "array"]
    assert forms(named, user_rows(rows=[[1.0, 2.0]])) == ["array", "frame"]
    assert forms(named, user_rows(rows=[[1.0, 2.0, 3.0]])) == ["array"]
    assert forms(named, user_rows(a=[1.0], b=[2.0])) == ["frame", "array"]
    assert forms(plain, user_rows(age=[1.0], x=[2.0])) == ["array"]
    assert forms(plain, user_rows(a=["x"], b=[2.0])) == ["frame", "objects"]
    assert forms(plain, user_rows(text=["x"])) == ["texts", "frame", "objects"]
