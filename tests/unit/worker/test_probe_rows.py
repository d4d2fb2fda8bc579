"""Rows that are made for a model whose data is not at hand; with the scikit-learn of the driver."""

from __future__ import annotations

import numpy as np
from builders_worker import X, Y, made
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from crossload.worker import probe_rows


def test_the_same_rows_every_time():
    model = RandomForestClassifier(5, random_state=0).fit(X, Y)
    first, second = made(model)[0].value(), made(model)[0].value()

    assert first.shape == (probe_rows.COUNT, 3)
    assert np.array_equal(first, second)


def test_rows_for_trees_lie_about_their_thresholds_so_that_all_leaves_are_reached():
    model = RandomForestClassifier(5, random_state=0).fit(X, Y)
    value = made(model)[0].value()

    reached = {(tree, leaf) for tree, leaves in enumerate(model.apply(value).T) for leaf in leaves}
    trained = {(tree, leaf) for tree, leaves in enumerate(model.apply(X).T) for leaf in leaves}
    assert len(reached & trained) >= 0.8 * len(trained)
    assert set(model.predict(value)) == {0, 1}


def test_gaps_are_made_where_the_model_can_deal_with_them():
    imputed = make_pipeline(SimpleImputer(), LogisticRegression()).fit(X, Y)
    plain = LogisticRegression().fit(X, Y)

    assert np.isnan(made(imputed)[0].value()).any()
    assert not np.isnan(made(plain)[0].value()).any()
