"""The thresholds at which trees split, of scikit-learn, LightGBM and XGBoost."""

import json
from typing import Any, List

import numpy as np

from .columns import Column
from .shapes import get

# a column: forests have millions of nodes
_MOST_MARKS = 20000


def learn_thresholds(model: Any, columns: List[Column]) -> None:
    """Add the thresholds at which a model splits: a row just below and one just above part there.

    Parameters
    ----------
    model
        A fitted model; one without trees tells nothing.
    columns
        The columns of its input; marks are added to them.
    """
    tree = get(model, "tree_")
    if tree is not None and hasattr(tree, "threshold"):
        # leaves have the feature -2
        for feature, threshold in zip(tree.feature, tree.threshold):
            if 0 <= feature < len(columns) and len(columns[feature].marks) < _MOST_MARKS:
                columns[feature].marks.append(float(threshold))
    _boosters(model, columns)
    is_categorical = get(model, "is_categorical_")
    categories = isinstance(is_categorical, np.ndarray) and is_categorical.shape == (len(columns),)
    inner = columns
    if categories and get(model, "_is_categorical_remapped") is not None:
        # HistGradientBoosting with such an attribute puts columns of categories first: trees and
        # bins count columns in that order
        inner = [column for column, kept in zip(columns, is_categorical) if kept]
        inner += [column for column, kept in zip(columns, is_categorical) if not kept]
    for stage in get(model, "_predictors") or []:
        for predictor in stage if isinstance(stage, (list, tuple)) else [stage]:
            nodes = get(predictor, "nodes")
            if nodes is None or nodes.dtype.names is None:
                continue
            _node_thresholds(nodes, inner)
        # these models split missing values off by themselves
        for column in columns:
            column.missing = True
    # values are told apart by bins before any tree sees them
    bins = get(get(model, "_bin_mapper"), "bin_thresholds_")
    if isinstance(bins, list) and len(bins) == len(columns):
        for column, edges in zip(inner, bins):
            step = max(1, len(edges) // 64)
            column.marks.extend(float(each) for each in edges[::step] if np.isfinite(each))
    if categories:
        for column, categorical in zip(columns, is_categorical):
            if categorical and column.values is None:
                column.values = list(range(8))


def _node_thresholds(nodes: Any, columns: List[Column]) -> None:
    """Add the thresholds of one tree of HistGradientBoosting."""
    # the fields since scikit-learn 0.24, which brought categories:
    # https://github.com/scikit-learn/scikit-learn/pull/18394
    threshold = "num_threshold" if "num_threshold" in nodes.dtype.names else "threshold"
    categorical = np.zeros(len(nodes), bool)
    if "is_categorical" in nodes.dtype.names:
        categorical = nodes["is_categorical"]
    for node, of_category in zip(nodes, categorical):
        feature = int(node["feature_idx"])
        if node["is_leaf"] or of_category or feature >= len(columns):
            continue
        if np.isfinite(node[threshold]) and len(columns[feature].marks) < _MOST_MARKS:
            columns[feature].marks.append(float(node[threshold]))


def _boosters(model: Any, columns: List[Column]) -> None:
    """Add the thresholds of LightGBM and XGBoost, which tell their trees as JSON."""
    trees: List[Any] = []
    try:
        booster = get(model, "booster_")
        if not booster and get(model, "dump_model") and get(model, "num_feature"):
            booster = model
        # the first 50 trees: dumping thousands of them would take long
        if booster is not None and hasattr(booster, "num_trees"):
            dumped = booster.dump_model(num_iteration=50)["tree_info"]
            trees = [each["tree_structure"] for each in dumped]
        elif type(model).__module__.startswith("xgboost") and hasattr(model, "get_booster"):
            texts = model.get_booster().get_dump(dump_format="json")[:50]
            trees = [json.loads(each) for each in texts]
    except Exception:  # a version that tells it in another way: the rows are less to the point
        return
    names = {column.name: index for index, column in enumerate(columns) if column.name is not None}
    while trees:
        node = trees.pop()
        if not isinstance(node, dict):
            continue
        trees.extend(node.get("children", []))
        trees.extend(node[side] for side in ("left_child", "right_child") if side in node)
        # LightGBM's word, or else XGBoost's
        place = node.get("split_feature", node.get("split"))
        value = node.get("threshold", node.get("split_condition"))
        if isinstance(place, str):
            # XGBoost calls columns without names f0, f1, ...
            number = int(place[1:]) if place[:1] == "f" and place[1:].isdigit() else None
            place = names.get(place, number)
        if not isinstance(place, int) or not 0 <= place < len(columns):
            continue
        # LightGBM has texts for splits of categories
        if isinstance(value, (int, float)) and np.isfinite(value):
            column = columns[place]
            column.marks.append(float(value))
            column.missing = column.missing or bool(node.get("missing_type") == "NaN")
