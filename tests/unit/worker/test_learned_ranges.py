"""Ranges, categories and words that models remember; with the scikit-learn of the driver."""

from __future__ import annotations

import numpy as np
import pytest
from builders_worker import FRAME, RANDOM, X, Y, made
from sklearn.ensemble import BaggingClassifier, HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import CategoricalNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.svm import SVC


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(MinMaxScaler(), SVC()),
        KNeighborsClassifier(),
        make_pipeline(SimpleImputer(), StandardScaler(), SVC()),
        GridSearchCV(make_pipeline(StandardScaler(), SVC()), {"svc__C": [1.0, 2.0]}, cv=2),
        BaggingClassifier(max_features=0.7, random_state=0),
        HistGradientBoostingClassifier(max_iter=5),
    ],
    ids=lambda model: type(model).__name__,
)
def test_rows_are_where_the_data_was(model):
    value = made(model.fit(X, Y))[0].value()

    centre = np.nanmedian(value, axis=0)
    assert abs(centre[0] - 100) < 30
    assert abs(centre[1] + 5) < 3
    assert len(set(model.predict(value))) == 2


def test_a_category_never_seen_is_tried_where_it_is_allowed():
    allowed = OneHotEncoder(handle_unknown="ignore").fit(FRAME[["city"]])
    strict = OneHotEncoder().fit(FRAME[["city"]])

    assert not set(made(allowed)[0].value()["city"]) <= {"Oslo", "Rome", "Bonn"}
    assert set(made(strict)[0].value()["city"]) == {"Oslo", "Rome", "Bonn"}


@pytest.mark.parametrize(
    "vectorizer", [CountVectorizer(), TfidfVectorizer(ngram_range=(1, 2))], ids=["count", "tfidf"]
)
def test_documents_are_made_of_the_words_that_the_model_knows(vectorizer):
    texts = ["good film", "bad film", "good story", "bad story and bad end"] * 5
    model = make_pipeline(vectorizer, LogisticRegression()).fit(texts, [1, 0, 1, 0] * 5)
    value = made(model)[0].value()

    assert all(isinstance(each, str) for each in value)
    assert {"good", "bad", "film"} <= {word for text in value for word in text.split()}
    assert set(model.predict(value)) == {0, 1}


def test_categories_that_are_numbers_stay_below_their_count():
    model = CategoricalNB().fit(RANDOM.randint(0, 3, size=(50, 2)), RANDOM.randint(0, 2, size=50))

    assert set(np.unique(made(model)[0].value())) <= {0, 1, 2}
