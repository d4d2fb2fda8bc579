"""Probe rows: input for a model whose data is not at hand, made from what the model itself remembers of its data.

Scalers remember means, encoders categories, trees thresholds, neighbours whole rows, vectorizers words.  Rows are drawn
from these, deterministically, so that they go through the branches that real rows went through.  Where a model remembers
nothing (a linear model alone), they are standard normal, which is said in ``told``.
"""

from typing import Any, List, Optional, Sequence

import numpy as np

COUNT = 200
"""Rows that are made; fewer where a row is wide."""

MOST_VALUES = 2000000
"""Values of all rows together, so that a model with a million features does not fill the memory."""

_MARKS = 400
_INNER = (
    "best_estimator_",
    "estimator_",
    "base_estimator_",
    "regressor_",
    "estimators_",
    "calibrated_classifiers_",
    "estimator",
)
_WORDS = "the model was saved here and may be read there with same answers as before or other ones if not".split()


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
        return self.words is None and (self.values is None or all(_is_number(each) for each in self.values))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, (bool, np.bool_))


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, (float, np.floating)) and value != value)


def _get(model: Any, name: str) -> Any:
    """An attribute, or None: properties of models raise what they like."""
    try:
        return getattr(model, name, None)
    except Exception:
        return None


def names_of(model: Any) -> Optional[List[str]]:
    """Names of the columns that a model was fitted on; None where it does not tell."""
    for attribute in ("feature_names_in_", "_feature_names_in", "_df_columns"):
        found = _get(model, attribute)
        if found is not None and len(found):
            return [str(each) for each in found]
    inner = _first_step(model)
    if inner is not None:
        return names_of(inner)
    wanted: List[str] = []
    for _, _, columns in _get(model, "transformers_") or []:
        for each in [columns] if isinstance(columns, str) else _listed(columns):
            if not isinstance(each, str):
                return None
            if each not in wanted:
                wanted.append(each)
    return wanted or None


def width_of(model: Any) -> Optional[int]:
    """Number of columns that a model was fitted on; None where it does not tell."""
    for attribute in ("n_features_in_", "n_features_", "_n_features"):
        found = _get(model, attribute)
        if isinstance(found, (int, np.integer)):
            return int(found)
    inner = _first_step(model)
    if inner is not None:
        return width_of(inner)
    for attribute in (
        "mean_",
        "coef_",
        "data_min_",
        "center_",
        "scale_",
        "_fit_X",
        "cluster_centers_",
        "theta_",
        "means_",
        "components_",
    ):
        found = _get(model, attribute)
        if hasattr(found, "shape") and len(found.shape):
            return int(found.shape[-1])
    number = _get(model, "num_feature")  # a LightGBM booster
    if callable(number):
        return int(number())
    for each in _inner_models(model):
        found = width_of(each)
        if found is not None:
            return found
    return None


def _first_step(model: Any) -> Any:
    """The first real step of a pipeline, or the first part of a union."""
    for _, step in _get(model, "steps") or []:
        if step is not None and not isinstance(step, str):
            return step
    for part in _get(model, "transformer_list") or []:
        if part[1] is not None and not isinstance(part[1], str):
            return part[1]
    return None


def _inner_models(model: Any) -> List[Any]:
    found: List[Any] = []
    for attribute in _INNER:
        held = _get(model, attribute)
        if held is None or isinstance(held, str):
            continue
        for each in np.ravel(np.asarray(held, dtype=object)) if isinstance(held, (list, np.ndarray)) else [held]:
            if hasattr(each, "__dict__") or hasattr(each, "predict"):
                found.append(each)
    return found


def _listed(columns: Any) -> List[Any]:
    if isinstance(columns, (str, int)) or columns is None:
        return [] if columns is None else [columns]
    try:
        return list(columns)
    except TypeError:
        return []


def columns_of(model: Any) -> Optional[List[Column]]:
    """What a model tells of its input columns; None where not even their number is known."""
    names, width = names_of(model), width_of(model)
    if names is None and width is None:
        single = Column()
        learn(model, [single], 0)
        return [single] if single.words is not None else None
    columns = [Column(name) for name in names] if names is not None else [Column() for _ in range(width or 0)]
    learn(model, columns, 0)
    return columns


def learn(model: Any, columns: List[Column], depth: int) -> None:
    """Add what a model, or one inside of it, remembers of the columns."""
    if depth > 12 or model is None or isinstance(model, str):
        return
    steps = _get(model, "steps")
    if isinstance(steps, list):
        for _, step in steps:
            if step is None or isinstance(step, str):
                continue
            learn(step, columns, depth + 1)
            if not type(step).__name__.endswith("Imputer"):
                return  # later steps see other columns; behind an imputer they are the same, unless some were empty
        return
    for part in _get(model, "transformer_list") or []:
        learn(part[1], columns, depth + 1)
    for part in _get(model, "transformers_") or []:
        learn(part[1], _chosen(columns, part[2]), depth + 1)
    _own_facts(model, columns)
    subsets = _get(model, "estimators_features_")  # bagging gives each model columns of its own
    if subsets is not None:
        for each, chosen in zip(_get(model, "estimators_") or [], subsets):
            learn(each, [columns[int(i)] for i in chosen if int(i) < len(columns)], depth + 1)
        return
    for each in _inner_models(model)[:200]:
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
    chosen = _listed(wanted)
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
    found = _get(model, name)
    if callable(found) or found is None:
        return None
    try:
        array = np.asarray(found, dtype="float64")
    except (TypeError, ValueError):
        return None
    return array if array.shape == (width,) and np.isfinite(array).all() else None


def _rows(model: Any, name: str, width: int) -> Any:
    found = _get(model, name)
    if hasattr(found, "toarray"):
        found = found.toarray() if found.shape[0] * found.shape[1] <= MOST_VALUES else None
    if not isinstance(found, np.ndarray) or found.ndim != 2 or found.shape[1] != width or found.dtype.kind not in "fiu":
        return None
    return found


def _own_facts(model: Any, columns: List[Column]) -> None:
    width, kind = len(columns), type(model).__name__
    vocabulary = _get(model, "vocabulary_")
    if isinstance(vocabulary, dict) and vocabulary and width:
        columns[0].words = [str(each) for each in sorted(vocabulary, key=lambda word: (vocabulary[word], str(word)))]
    elif kind in ("HashingVectorizer", "CountVectorizer", "TfidfVectorizer") and width:
        columns[0].words = columns[0].words or list(_WORDS)
    categories = _get(model, "categories_")
    if isinstance(categories, (list, tuple)) and len(categories) == width:
        allowed = _get(model, "handle_unknown") in ("ignore", "infrequent_if_exist", "use_encoded_value", "warn")
        for column, values in zip(columns, categories):
            column.values = [each for each in list(values)[:2000] if not _is_missing(each)] or None
            column.missing = column.missing or any(_is_missing(each) for each in values)
            column.unknown = allowed
    counts = _get(model, "n_categories_")  # CategoricalNB takes whole numbers below these
    if isinstance(counts, np.ndarray) and counts.shape == (width,):
        for column, count in zip(columns, counts):
            column.values = list(range(int(count)))
    centre = next((v for v in (_vector(model, n, width) for n in ("mean_", "center_", "statistics_")) if v is not None), None)
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
                for n in ("_fit_X", "support_vectors_", "cluster_centers_", "theta_", "means_", "X_train_")
            )
            if r is not None
        ),
        None,
    )
    if rows is not None and len(rows):
        centre, spread = rows.mean(axis=0), rows.std(axis=0)
    edges = _get(model, "bin_edges_")
    quantiles = _rows(model, "quantiles_", width)
    for index, column in enumerate(columns):
        if centre is not None and column.centre is None:
            column.centre = float(centre[index])
            column.spread = (
                float(spread[index]) if spread is not None and spread[index] > 0 else max(abs(column.centre), 1.0) / 3
            )
        if rows is not None:
            column.marks.extend(float(each) for each in rows[:_MARKS, index])
        if quantiles is not None:
            column.marks.extend(float(each) for each in quantiles[:, index][:_MARKS])
        if isinstance(edges, np.ndarray) and edges.shape == (width,):
            column.marks.extend(float(each) for each in np.ravel(edges[index])[:_MARKS])
        column.missing = column.missing or kind in ("SimpleImputer", "KNNImputer", "IterativeImputer")
    _thresholds(model, columns)


def _thresholds(model: Any, columns: List[Column]) -> None:
    """Where trees split: a row just below and one just above go different ways."""
    tree = _get(model, "tree_")
    if tree is not None and hasattr(tree, "threshold"):
        for feature, threshold in zip(tree.feature, tree.threshold):
            if 0 <= feature < len(columns) and len(columns[feature].marks) < _MARKS:
                columns[feature].marks.append(float(threshold))
    for stage in _get(model, "_predictors") or []:
        for predictor in stage if isinstance(stage, (list, tuple)) else [stage]:
            nodes = _get(predictor, "nodes")
            if nodes is None or nodes.dtype.names is None:
                continue
            threshold = "num_threshold" if "num_threshold" in nodes.dtype.names else "threshold"
            categorical = nodes["is_categorical"] if "is_categorical" in nodes.dtype.names else np.zeros(len(nodes), bool)
            for node, of_category in zip(nodes, categorical):
                feature = int(node["feature_idx"])
                if not node["is_leaf"] and not of_category and feature < len(columns) and np.isfinite(node[threshold]):
                    if len(columns[feature].marks) < _MARKS:
                        columns[feature].marks.append(float(node[threshold]))
        for column in columns:
            column.missing = True
    bins = _get(_get(model, "_bin_mapper"), "bin_thresholds_")
    if isinstance(bins, list) and len(bins) == len(columns):
        for column, edges in zip(columns, bins):
            step = max(1, len(edges) // 64)
            column.marks.extend(float(each) for each in edges[::step] if np.isfinite(each))
    is_categorical = _get(model, "is_categorical_")
    if isinstance(is_categorical, np.ndarray) and is_categorical.shape == (len(columns),):
        for column, categorical in zip(columns, is_categorical):
            if categorical and column.values is None:
                column.values = list(range(8))


# --- from facts to rows -----------------------------------------------------------------------------------------------


def count_for(columns: Sequence[Column]) -> int:
    """Number of rows for so many columns."""
    return max(8, min(COUNT, MOST_VALUES // max(1, len(columns))))


def make(columns: Sequence[Column], missing: bool) -> List[Any]:
    """One array a column; the same ones every time.  ``missing`` puts NaN or None where the model can deal with it."""
    random = np.random.RandomState(20221108)
    count = count_for(columns)
    return [_column(column, count, random, missing) for column in columns]


def _column(column: Column, count: int, random: Any, missing: bool) -> Any:
    if column.words is not None:
        joined = [
            " ".join(column.words[int(i)] for i in random.randint(0, len(column.words), size=int(random.randint(1, 25))))
            for _ in range(count)
        ]
        return np.array(joined)
    gaps = (random.random_sample(count) < 0.06) if missing and column.missing else np.zeros(count, bool)
    if column.values is not None:
        chosen = [column.values[int(i)] for i in random.randint(0, len(column.values), size=count)]
        if column.unknown and not column.numeric:
            chosen[count // 2] = "crossload never seen before"
        if column.numeric:
            numbers = np.array(chosen, dtype="float64")
            numbers[gaps] = np.nan
            return numbers
        texts = np.array(chosen, dtype=object)
        texts[gaps] = None
        return texts
    centre = 0.0 if column.centre is None else column.centre
    spread = 1.0 if column.spread is None else column.spread
    marks = np.array(column.marks, dtype="float64")
    marks = marks[np.isfinite(marks)]
    if column.centre is None and len(marks):
        centre, spread = float(marks.mean()), float(marks.std()) or max(abs(float(marks.mean())), 1.0) / 3
    values = random.normal(centre, spread, size=count)
    if len(marks):
        near = random.random_sample(count) < 0.5
        step = max(abs(centre), spread, 1e-6) * 1e-3
        values = np.where(
            near, marks[random.randint(0, len(marks), size=count)] + random.choice([-step, 0.0, step], size=count), values
        )
    values[gaps] = np.nan
    return values
