"""Ranges, categories and words that models remember; with the scikit-learn of the driver."""

from __future__ import annotations

import numpy as np
import pytest
from builders_worker import FRAME, RANDOM, X, Y, made
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier, HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import CategoricalNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC

from crossload.worker import learned_ranges
from crossload.worker.columns import Column


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


def facts(model, width=2, names=()):
    """Columns after a model was asked what it remembers of them."""
    columns = [Column(name) for name in names] or [Column() for _ in range(width)]
    learned_ranges.learn(model, columns, 0)
    return columns


def rows_of(*columns):
    return np.column_stack(columns)


SMALL = rows_of(np.linspace(10, 20, 50), np.linspace(-3, -1, 50))


@pytest.mark.parametrize(
    ("model", "centres"),
    [
        (StandardScaler().fit(SMALL), [15, -2]),
        (MinMaxScaler().fit(SMALL), [15, -2]),
        (RobustScaler().fit(SMALL), [15, -2]),
        (SimpleImputer().fit(SMALL), [15, -2]),
        (MaxAbsScaler().fit(SMALL), [0, 0]),
        (KMeans(1, n_init=1).fit(SMALL), [15, -2]),
        (FeatureUnion([("s", StandardScaler())]).fit(SMALL), [15, -2]),
        (make_pipeline("passthrough", StandardScaler(), PCA()).fit(SMALL), [15, -2]),
    ],
)
def test_centres_are_those_of_the_data(model, centres):
    assert [round(column.centre, 6) for column in facts(model)] == centres


def test_a_constant_column_has_some_spread():
    found = facts(StandardScaler().fit(rows_of(np.full(9, 60.0), np.zeros(9))))

    assert all(column.spread > 0 for column in found)


@pytest.mark.parametrize(
    "model",
    [
        QuantileTransformer(n_quantiles=5).fit(SMALL),
        KBinsDiscretizer(4, encode="ordinal", strategy="uniform").fit(SMALL),
        KNeighborsClassifier().fit(sparse.csr_matrix(SMALL), np.arange(50) % 2),
    ],
    ids=["quantiles", "bins", "rows"],
)
def test_values_at_which_a_model_decides_are_marks(model):
    first, second = facts(model)

    assert 10 <= min(first.marks) < max(first.marks) <= 20
    assert -3 <= min(second.marks) < max(second.marks) <= -1


def test_missing_categories_are_gaps_not_values():
    model = OneHotEncoder().fit(np.array([["a"], [None], ["b"]], dtype=object))

    (column,) = facts(model, width=1)

    assert (column.values, column.missing, column.unknown) == (["a", "b"], True, False)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["c", "a", "more"], ["c", "a"]),
        ("b", ["b"]),
        ([0, -1, 7], ["a", "d"]),
        (slice(1, 3), ["b", "c"]),
        (slice("b", "c"), ["b", "c"]),
        (slice(None, "b"), ["a", "b"]),
        (slice("c", None), ["c", "d"]),
        ([True, False, False, True], ["a", "d"]),
        ([], []),
    ],
)
def test_parts_of_a_column_transformer_learn_of_their_columns_alone(wanted, expected):
    class Scaler:
        mean_ = np.full(len(expected), 5.0)

    class Transformer:
        transformers_ = [("part", Scaler(), wanted), ("rest", "drop", [0])]  # noqa: RUF012

    found = facts(Transformer(), names=("a", "b", "c", "d"))

    assert [column.name for column in found if column.centre == 5.0] == sorted(expected)


def test_bagged_models_learn_of_the_columns_that_they_were_given():
    class Scaler:
        mean_ = np.array([5.0])

    class Bagging:
        estimators_ = [Scaler(), Scaler()]  # noqa: RUF012
        estimators_features_ = [np.array([1]), np.array([1, 9])]  # noqa: RUF012

    assert [column.centre for column in facts(Bagging())] == [None, 5.0]


def test_models_that_hold_themselves_or_texts_end():
    class Circular:
        pass

    model = Circular()
    model.estimators_ = [model, "drop", None]

    assert [column.known for column in facts(model)] == [False, False]


def test_attributes_of_other_shapes_and_kinds_tell_nothing():
    class Odd:
        mean_ = "a text"
        scale_ = np.zeros(9)
        center_ = len
        data_min_ = np.array([np.nan, 1.0])
        cluster_centers_ = np.array([["a", "b"]])
        theta_ = np.zeros(2)

    assert [column.known for column in facts(Odd())] == [False, False]


def test_a_vectorizer_that_hashes_takes_any_words():
    (column,) = learned_ranges.columns_of(HashingVectorizer())

    assert "model" in column.words


def test_a_model_that_tells_nothing_has_no_columns():
    assert learned_ranges.columns_of(object()) is None
