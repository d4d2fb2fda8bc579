"""What a fitted model remembers of its data, column by column.

Scalers remember means, encoders categories, trees thresholds, neighbours whole rows, vectorizers words.
"""

import json
from typing import Any, List, Optional

import numpy as np

from .shapes import get, inner_models, listed, names_of, width_of

MOST_VALUES = 2000000
"""Values of all rows together, so that a model with a million features does not fill the memory."""

_MARKS = 400
_MOST_MARKS = 20000
WORDS = "the model was saved here and may be read there with same answers as before or other ones if not".split()


class Column(object):
    """What a model tells of one column of its input."""

    def __init__(self, name: Optional[str] = None) -> None:
        self.name = name
        self.centre: Optional[float] = None
        self.spread: Optional[float] = None
        self.marks: List[float] = []
        """Values at which the model decides: thresholds of trees, edges of bins, rows that it kept."""
        self.values: Optional[List[Any]] = None
        """Categories; all other facts are for numbers."""
        self.words: Optional[List[str]] = None
        """Words of documents."""
        self.missing = False
        """Whether the model says that it can deal with missing values."""
        self.unknown = False
        """Whether a category that it never saw is allowed."""

    @property
    def known(self) -> bool:
        return bool(self.values or self.words or self.marks) or self.centre is not None

    @property
    def numeric(self) -> bool:
        return self.words is None and (
            self.values is None or all(_is_number(each) for each in self.values)
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(
        value, (bool, np.bool_)
    )


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, (float, np.floating)) and value != value)


def columns_of(model: Any) -> Optional[List[Column]]:
    """What a model tells of its input columns; None where not even their number is known."""
    names, width = names_of(model), width_of(model)
    if names is None and width is None:
        single = Column()
        learn(model, [single], 0)
        return [single] if single.words is not None else None
    columns = (
        [Column(name) for name in names]
        if names is not None
        else [Column() for _ in range(width or 0)]
    )
    learn(model, columns, 0)
    return columns


def learn(model: Any, columns: List[Column], depth: int) -> None:
    """Add what a model, or one inside of it, remembers of the columns."""
    if depth > 12 or model is None or isinstance(model, str):
        return
    steps = get(model, "steps")
    if isinstance(steps, list):
        for _, step in steps:
            if step is None or isinstance(step, str):
                continue
            learn(step, columns, depth + 1)
            if not type(step).__name__.endswith("Imputer"):
                return  # later steps see other columns; behind an imputer they are the same, unless some were empty
        return
    for part in get(model, "transformer_list") or []:
        learn(part[1], columns, depth + 1)
    for part in get(model, "transformers_") or []:
        learn(part[1], _chosen(columns, part[2]), depth + 1)
    _own_facts(model, columns)
    subsets = get(model, "estimators_features_")  # bagging gives each model columns of its own
    if subsets is not None:
        for each, chosen in zip(get(model, "estimators_") or [], subsets):
            learn(each, [columns[int(i)] for i in chosen if int(i) < len(columns)], depth + 1)
        return
    for each in inner_models(model)[:200]:
        if width_of(each) in (None, len(columns)):
            learn(each, columns, depth + 1)


def _chosen(columns: List[Column], wanted: Any) -> List[Column]:
    """Columns of one part of a ColumnTransformer: by name, number, mask or slice."""
    if isinstance(wanted, slice):
        if isinstance(wanted.start, str) or isinstance(wanted.stop, str):
            names = [each.name for each in columns]
            start = names.index(wanted.start) if wanted.start in names else 0
            stop = names.index(wanted.stop) + 1 if wanted.stop in names else None
            return columns[start:stop]
        return columns[wanted]
    chosen = listed(wanted)
    if chosen and all(isinstance(each, (bool, np.bool_)) for each in chosen):
        return [column for column, kept in zip(columns, chosen) if kept]
    by_name = {column.name: column for column in columns if column.name is not None}
    found = []
    for each in chosen:
        if isinstance(each, str) and each in by_name:
            found.append(by_name[each])
        elif isinstance(each, (int, np.integer)) and -len(columns) <= each < len(columns):
            found.append(columns[int(each)])
    return found


def _vector(model: Any, name: str, width: int) -> Any:
    """An attribute with one finite number a column; None for anything else."""
    found = get(model, name)
    if callable(found) or found is None:
        return None
    try:
        array = np.asarray(found, dtype="float64")
    except (TypeError, ValueError):
        return None
    return array if array.shape == (width,) and np.isfinite(array).all() else None


def _rows(model: Any, name: str, width: int) -> Any:
    found = get(model, name)
    if hasattr(found, "toarray"):
        found = found.toarray() if found.shape[0] * found.shape[1] <= MOST_VALUES else None
    if (
        not isinstance(found, np.ndarray)
        or found.ndim != 2
        or found.shape[1] != width
        or found.dtype.kind not in "fiu"
    ):
        return None
    return found


def _own_facts(model: Any, columns: List[Column]) -> None:
    width, kind = len(columns), type(model).__name__
    vocabulary = get(model, "vocabulary_")
    if isinstance(vocabulary, dict) and vocabulary and width:
        columns[0].words = [
            str(each) for each in sorted(vocabulary, key=lambda word: (vocabulary[word], str(word)))
        ]
    elif kind in ("HashingVectorizer", "CountVectorizer", "TfidfVectorizer") and width:
        columns[0].words = columns[0].words or list(WORDS)
    categories = get(model, "categories_")
    if isinstance(categories, (list, tuple)) and len(categories) == width:
        allowed = get(model, "handle_unknown") in (
            "ignore",
            "infrequent_if_exist",
            "use_encoded_value",
            "warn",
        )
        for column, values in zip(columns, categories):
            column.values = [each for each in list(values)[:2000] if not _is_missing(each)] or None
            column.missing = column.missing or any(_is_missing(each) for each in values)
            column.unknown = allowed
    counts = get(model, "n_categories_")  # CategoricalNB takes whole numbers below these
    if isinstance(counts, np.ndarray) and counts.shape == (width,):
        for column, count in zip(columns, counts):
            column.values = list(range(int(count)))
    centre = next(
        (
            v
            for v in (_vector(model, n, width) for n in ("mean_", "center_", "statistics_"))
            if v is not None
        ),
        None,
    )
    spread = _vector(model, "scale_", width)
    low, high = _vector(model, "data_min_", width), _vector(model, "data_max_", width)
    if low is not None and high is not None:
        centre, spread = (low + high) / 2, (high - low) / 4
    largest = _vector(model, "max_abs_", width)
    if largest is not None:
        centre, spread = largest * 0, largest / 2
    rows = next(
        (
            r
            for r in (
                _rows(model, n, width)
                for n in (
                    "_fit_X",
                    "support_vectors_",
                    "cluster_centers_",
                    "theta_",
                    "means_",
                    "X_train_",
                )
            )
            if r is not None
        ),
        None,
    )
    if rows is not None and len(rows):
        centre, spread = rows.mean(axis=0), rows.std(axis=0)
    edges = get(model, "bin_edges_")
    quantiles = _rows(model, "quantiles_", width)
    for index, column in enumerate(columns):
        if centre is not None and column.centre is None:
            column.centre = float(centre[index])
            column.spread = (
                float(spread[index])
                if spread is not None and spread[index] > 0
                else max(abs(column.centre), 1.0) / 3
            )
        if rows is not None:
            column.marks.extend(float(each) for each in rows[:_MARKS, index])
        if quantiles is not None:
            column.marks.extend(float(each) for each in quantiles[:, index][:_MARKS])
        if isinstance(edges, np.ndarray) and edges.shape == (width,):
            column.marks.extend(float(each) for each in np.ravel(edges[index])[:_MARKS])
        column.missing = column.missing or kind in (
            "SimpleImputer",
            "KNNImputer",
            "IterativeImputer",
        )
    _thresholds(model, columns)


def _thresholds(model: Any, columns: List[Column]) -> None:
    """Where trees split: a row just below and one just above go different ways."""
    tree = get(model, "tree_")
    if tree is not None and hasattr(tree, "threshold"):
        for feature, threshold in zip(tree.feature, tree.threshold):
            if 0 <= feature < len(columns) and len(columns[feature].marks) < _MOST_MARKS:
                columns[feature].marks.append(float(threshold))
    _boosters(model, columns)
    for stage in get(model, "_predictors") or []:
        for predictor in stage if isinstance(stage, (list, tuple)) else [stage]:
            nodes = get(predictor, "nodes")
            if nodes is None or nodes.dtype.names is None:
                continue
            threshold = "num_threshold" if "num_threshold" in nodes.dtype.names else "threshold"
            categorical = (
                nodes["is_categorical"]
                if "is_categorical" in nodes.dtype.names
                else np.zeros(len(nodes), bool)
            )
            for node, of_category in zip(nodes, categorical):
                feature = int(node["feature_idx"])
                if (
                    not node["is_leaf"]
                    and not of_category
                    and feature < len(columns)
                    and np.isfinite(node[threshold])
                ):
                    if len(columns[feature].marks) < _MOST_MARKS:
                        columns[feature].marks.append(float(node[threshold]))
        for column in columns:
            column.missing = True
    bins = get(get(model, "_bin_mapper"), "bin_thresholds_")
    if isinstance(bins, list) and len(bins) == len(columns):
        for column, edges in zip(columns, bins):
            step = max(1, len(edges) // 64)
            column.marks.extend(float(each) for each in edges[::step] if np.isfinite(each))
    is_categorical = get(model, "is_categorical_")
    if isinstance(is_categorical, np.ndarray) and is_categorical.shape == (len(columns),):
        for column, categorical in zip(columns, is_categorical):
            if categorical and column.values is None:
                column.values = list(range(8))


def _boosters(model: Any, columns: List[Column]) -> None:
    """Thresholds of LightGBM and XGBoost, which tell their trees as JSON."""
    trees: List[Any] = []
    try:
        booster = get(model, "booster_") or (
            model if get(model, "dump_model") and get(model, "num_feature") else None
        )
        if booster is not None and hasattr(booster, "num_trees"):
            trees = [
                each["tree_structure"] for each in booster.dump_model(num_iteration=50)["tree_info"]
            ]
        elif type(model).__module__.startswith("xgboost") and hasattr(model, "get_booster"):
            trees = [
                json.loads(each) for each in model.get_booster().get_dump(dump_format="json")[:50]
            ]
    except Exception:  # a version that tells it in another way: the rows are less to the point
        return
    names = {column.name: index for index, column in enumerate(columns) if column.name is not None}
    while trees:
        node = trees.pop()
        if not isinstance(node, dict):
            continue
        trees.extend(node.get("children", []))
        trees.extend(node[side] for side in ("left_child", "right_child") if side in node)
        place, value = (
            node.get("split_feature", node.get("split")),
            node.get("threshold", node.get("split_condition")),
        )
        if isinstance(place, str):
            place = names.get(
                place, int(place[1:]) if place[:1] == "f" and place[1:].isdigit() else None
            )
        if (
            isinstance(place, int)
            and 0 <= place < len(columns)
            and isinstance(value, (int, float))
            and np.isfinite(value)
        ):
            columns[place].marks.append(float(value))
            columns[place].missing = columns[place].missing or bool(
                node.get("missing_type") == "NaN"
            )
