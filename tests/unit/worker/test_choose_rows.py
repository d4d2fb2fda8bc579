"""The rows that a model takes, made or the user's; with the scikit-learn of the driver."""

from __future__ import annotations

import numpy as np
import pytest
from builders_worker import COLUMNS, FRAME, X, Y, data, made
from sklearn.cluster import DBSCAN, KMeans
from sklearn.decomposition import NMF
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

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
