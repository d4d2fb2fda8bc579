"""Names and number of columns, and the models inside of a model."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from builders_worker import COLUMNS, FRAME, X, Y
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import BaggingClassifier, GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler

from crossload.worker import shapes


class Moody:
    """Raises where another version calls it otherwise."""

    @property
    def coef_(self):
        raise RuntimeError("renamed")


def old(**attributes):
    """A model that was fitted before versions told their columns."""
    return SimpleNamespace(**attributes)


def test_a_property_that_raises_is_as_if_it_were_not_there():
    assert shapes.get(Moody(), "coef_") is None
    assert shapes.width_of(Moody()) is None


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (StandardScaler().fit(FRAME[["age", "x"]]), ["age", "x"]),
        (make_pipeline(COLUMNS, LogisticRegression()).fit(FRAME, Y), ["age", "city", "x"]),
        (old(_df_columns=np.array(["a", "b"], dtype=object)), ["a", "b"]),
        (old(feature_name_=["height", "width"]), ["height", "width"]),
        (old(feature_name_=["Column_0", "Column_1"]), None),
        (old(transformers_=[("n", None, ["a", "b"]), ("m", None, "c"), ("o", None, ["a"])]),
         ["a", "b", "c"]),
        (old(transformers_=[("n", None, ["a"]), ("m", None, [1])]), None),
        (old(transformers_=[("n", None, ["a"]), ("m", None, None)]), ["a"]),
        (old(steps=[("none", None), ("skip", "passthrough"), ("s", old(_df_columns=["a"]))]),
         ["a"]),
        (StandardScaler().fit(X), None),
    ],
)  # fmt: skip
def test_names_are_those_that_a_model_was_fitted_on(model, names):
    assert shapes.names_of(model) == names


class Own(BaseEstimator, TransformerMixin):
    """A step of a user's own, which does not tell the number of its columns."""

    def fit(self, rows, labels=None):
        return self

    def transform(self, rows):
        return rows


@pytest.mark.parametrize(
    ("model", "width"),
    [
        (LogisticRegression().fit(X, Y), 3),
        (make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y), 3),
        (make_pipeline(Own(), "passthrough", LogisticRegression()).fit(X, Y), 3),
        (old(steps=[("own", Own())]), None),
        (old(steps=[("s", old(mean_=np.zeros(4))), ("m", old(coef_=np.zeros((1, 9))))]), 4),
        (FeatureUnion([("drop", "drop"), ("s", StandardScaler())]).fit(X), 3),
        (old(n_features_=np.int64(6)), 6),
        (old(n_features_="many"), None),
        (old(coef_=np.zeros((2, 5))), 5),
        (old(coef_=np.float64(3.0)), None),
        (old(num_feature=lambda: 7), 7),
        (old(estimators_=[old(x=1), old(mean_=np.zeros(2))]), 2),
        (object(), None),
    ],
)
def test_the_number_of_columns_is_told_in_the_way_of_many_versions(model, width):
    assert shapes.width_of(model) == width


def test_the_first_real_step_of_a_pipeline_or_union():
    assert shapes.first_step(old(transformer_list=[("a", None), ("b", "drop"), ("c", 3)])) == 3
    assert shapes.first_step(old(steps=[("a", "passthrough"), ("b", None)])) is None
    assert shapes.first_step(object()) is None


@pytest.mark.parametrize(
    ("model", "count"),
    [
        (BaggingClassifier(n_estimators=4, random_state=0).fit(X, Y), 5),
        (GradientBoostingClassifier(n_estimators=6).fit(X, Y), 6),
        (old(estimator_="deprecated", best_estimator_=Own()), 1),
        (old(estimators_=[Own(), "drop", 3]), 1),
        (object(), 0),
    ],
)
def test_the_models_inside_of_a_model(model, count):
    assert len(shapes.inner_models(model)) == count


@pytest.mark.parametrize(
    ("columns", "expected"),
    [(None, []), ("a", ["a"]), (2, [2]), (np.array([0, 2]), [0, 2]), (len, [])],
)
def test_what_selects_columns_is_a_list(columns, expected):
    assert shapes.as_list(columns) == expected


def test_a_column_transformer_of_this_version_tells_its_columns():
    model = ColumnTransformer([("s", StandardScaler(), [0, 2])]).fit(X)

    assert shapes.names_of(model) is None
    assert shapes.width_of(model) == 3
