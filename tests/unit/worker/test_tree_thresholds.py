"""Thresholds of trees: scikit-learn by its own models, LightGBM and XGBoost by stand-ins."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from builders_worker import X, Y
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.tree import DecisionTreeClassifier

from crossload.worker import tree_thresholds
from crossload.worker.columns import Column


def learnt(model, *names):
    columns = [Column(name) for name in names or ("age", "height", "x")]
    tree_thresholds.learn_thresholds(model, columns)
    return columns


def marks(model, *names):
    return [column.marks for column in learnt(model, *names)]


def test_a_tree_tells_the_thresholds_of_each_column():
    model = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, Y)

    found = marks(model)

    assert sorted(mark for each in found for mark in each) == sorted(
        model.tree_.threshold[model.tree_.feature >= 0]
    )


def test_marks_of_a_column_are_bounded(monkeypatch):
    monkeypatch.setattr(tree_thresholds, "_MOST_MARKS", 2)
    model = DecisionTreeClassifier(random_state=0).fit(X, Y)

    assert max(len(each) for each in marks(model)) == 2


def test_histogram_boosting_tells_nodes_bins_and_categories():
    rows = np.column_stack([X[:, 0], np.arange(120) % 4])
    model = HistGradientBoostingClassifier(max_iter=3, categorical_features=[1]).fit(rows, Y)

    first, second = learnt(model, "n", "c")

    assert len(first.marks) > 10
    assert min(first.marks) > 40
    assert first.values is None
    assert second.values == [0, 1, 2, 3, 4, 5, 6, 7]
    assert first.missing
    assert second.missing


@pytest.mark.parametrize("field", ["threshold", "num_threshold"])
def test_nodes_of_old_versions_are_read_by_their_fields(field):
    nodes = np.array(
        [(0, 1.5, False), (1, np.inf, False), (2, 3.5, True), (9, 4.5, False)],
        dtype=[("feature_idx", "i4"), (field, "f8"), ("is_leaf", "?")],
    )
    model = SimpleNamespace(
        _predictors=[SimpleNamespace(nodes=nodes), [SimpleNamespace(nodes=np.zeros(2)), object()]]
    )

    assert marks(model) == [[1.5], [], []]


def lightgbm(*trees):
    asked = []

    def dump_model(num_iteration):
        asked.append(num_iteration)
        return {"tree_info": [{"tree_structure": tree} for tree in trees]}

    return SimpleNamespace(
        dump_model=dump_model, num_trees=lambda: 1, num_feature=lambda: 3, asked=asked
    )


TREE = {
    "split_feature": 0,
    "threshold": 30.5,
    "missing_type": "NaN",
    "left_child": {"split_feature": 1, "threshold": "1||2", "left_child": {"leaf_value": 1}},
    "right_child": {"split_feature": 7, "threshold": 1.0, "right_child": "not a node"},
}


@pytest.mark.parametrize("wrapped", [True, False])
def test_lightgbm_tells_its_trees_of_numbers(wrapped):
    booster = lightgbm(TREE)

    columns = learnt(SimpleNamespace(booster_=booster) if wrapped else booster)

    assert [column.marks for column in columns] == [[30.5], [], []]
    assert [column.missing for column in columns] == [True, False, False]
    assert booster.asked == [50]


def xgboost(*trees):
    kind = type("XGBClassifier", (), {"__module__": "xgboost.sklearn"})
    model = kind()
    booster = SimpleNamespace(get_dump=lambda dump_format: [json.dumps(tree) for tree in trees])
    model.get_booster = lambda: booster
    return model


def test_xgboost_tells_its_trees_by_names_or_numbers_of_columns():
    named = {"split": "x", "split_condition": 2.5, "children": [{"leaf": 1}, {"leaf": 2}]}
    numbered = {"split": "f1", "split_condition": 1.5, "children": [named]}
    unknown = {"split": "feathers", "split_condition": 9.5}

    assert marks(xgboost(numbered, unknown)) == [[], [1.5], [2.5]]


def test_a_library_that_tells_its_trees_in_another_way_adds_nothing():
    model = lightgbm()
    model.dump_model = dict

    assert marks(model) == [[], [], []]
    assert marks(object()) == [[], [], []]
