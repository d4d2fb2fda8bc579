"""The ranges, categories and words that a fitted model remembers of its data, column by column.

Scalers remember means, encoders categories, trees thresholds, neighbours whole rows, vectorizers
words.
"""

from typing import Any, List, Optional

import numpy as np

from .columns import MOST_VALUES, WORDS, Column
from .shapes import as_list, get, inner_models, names_of, width_of
from .tree_thresholds import learn_thresholds

# values a column and attribute: enough to lie about all that a model knows
_MARKS = 400


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, (float, np.floating)) and value != value)


def columns_of(model: Any) -> Optional[List[Column]]:
    """Learn what a model tells of its input columns.

    Parameters
    ----------
    model
        A fitted model.

    Returns
    -------
    list of Column or None
        None where not even their number is known.
    """
    names, width = names_of(model), width_of(model)
    if names is None and width is None:
        # a vectorizer takes documents, not columns
        single = Column()
        learn(model, [single], 0)
        return [single] if single.words is not None else None
    if names is not None:
        columns = [Column(name) for name in names]
    else:
        columns = [Column() for _ in range(width or 0)]
    learn(model, columns, 0)
    return columns


def learn(model: Any, columns: List[Column], depth: int) -> None:
    """Add what a model, or one inside of it, remembers of the columns.

    Parameters
    ----------
    model
        A fitted model.
    columns
        The columns of its input; facts are added to them.
    depth
        Number of models that it is inside of.
    """
    # a bound, because an object may hold itself
    if depth > 12 or model is None or isinstance(model, str):
        return
    steps = get(model, "steps")
    if isinstance(steps, list):
        for _, step in steps:
            if step is None or isinstance(step, str):
                continue
            learn(step, columns, depth + 1)
            # later steps see other columns; behind an imputer they are the same, unless some were
            # empty
            if not type(step).__name__.endswith("Imputer"):
                return
        return
    for part in get(model, "transformer_list") or []:
        learn(part[1], columns, depth + 1)
    for part in get(model, "transformers_") or []:
        learn(part[1], _select(columns, part[2]), depth + 1)
    _column_facts(model, columns)
    subsets = get(model, "estimators_features_")  # bagging gives each model columns of its own
    if subsets is not None:
        for each, chosen in zip(get(model, "estimators_") or [], subsets):
            learn(each, [columns[int(i)] for i in chosen if int(i) < len(columns)], depth + 1)
        return
    # the first trees of a large forest tell enough
    for each in inner_models(model)[:200]:
        if width_of(each) in (None, len(columns)):
            learn(each, columns, depth + 1)


def _select(columns: List[Column], wanted: Any) -> List[Column]:
    """Select the columns of one part of a ColumnTransformer: by name, number, mask or slice."""
    if isinstance(wanted, slice):
        if isinstance(wanted.start, str) or isinstance(wanted.stop, str):
            names = [each.name for each in columns]
            # slices of names include the last one, as those of pandas do
            start = names.index(wanted.start) if wanted.start in names else 0
            stop = names.index(wanted.stop) + 1 if wanted.stop in names else None
            return columns[start:stop]
        return columns[wanted]
    chosen = as_list(wanted)
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
    """Give an attribute with one finite number a column; None for anything else."""
    found = get(model, name)
    if callable(found) or found is None:
        return None
    try:
        array = np.asarray(found, dtype="float64")
    except (TypeError, ValueError):
        return None
    return array if array.shape == (width,) and np.isfinite(array).all() else None


def _rows(model: Any, name: str, width: int) -> Any:
    """Give an attribute that is a table with so many columns; None for anything else."""
    found = get(model, name)
    if hasattr(found, "toarray"):
        found = found.toarray() if found.shape[0] * found.shape[1] <= MOST_VALUES else None
    if not isinstance(found, np.ndarray) or found.ndim != 2 or found.shape[1] != width:
        return None
    return found if found.dtype.kind in "fiu" else None


def _first_known(function: Any, model: Any, names: Any, width: int) -> Any:
    """Give the first attribute of these names that a function takes, or None."""
    for name in names:
        found = function(model, name, width)
        if found is not None:
            return found
    return None


def _column_facts(model: Any, columns: List[Column]) -> None:
    """Add what the attributes of a model itself tell of the columns."""
    width, kind = len(columns), type(model).__name__
    vocabulary = get(model, "vocabulary_")
    if isinstance(vocabulary, dict) and vocabulary and width:
        in_order = sorted(vocabulary, key=lambda word: (vocabulary[word], str(word)))
        columns[0].words = [str(each) for each in in_order]
    elif kind in ("HashingVectorizer", "CountVectorizer", "TfidfVectorizer") and width:
        columns[0].words = columns[0].words or list(WORDS)
    categories = get(model, "categories_")
    if isinstance(categories, (list, tuple)) and len(categories) == width:
        # infrequent_if_exist came with scikit-learn 1.1, warn with 1.6
        tolerant = ("ignore", "infrequent_if_exist", "use_encoded_value", "warn")
        allowed = get(model, "handle_unknown") in tolerant
        for column, values in zip(columns, categories):
            # far more than there are rows
            column.values = [each for each in list(values)[:2000] if not _is_missing(each)] or None
            column.missing = column.missing or any(_is_missing(each) for each in values)
            column.unknown = allowed
    counts = get(model, "n_categories_")  # CategoricalNB takes whole numbers below these
    if isinstance(counts, np.ndarray) and counts.shape == (width,):
        for column, count in zip(columns, counts):
            column.values = list(range(int(count)))
    centre = _first_known(_vector, model, ("mean_", "center_", "statistics_"), width)
    spread = _vector(model, "scale_", width)
    low, high = _vector(model, "data_min_", width), _vector(model, "data_max_", width)
    if low is not None and high is not None:
        centre, spread = (low + high) / 2, (high - low) / 4
    largest = _vector(model, "max_abs_", width)
    if largest is not None:
        centre, spread = largest * 0, largest / 2
    kept_rows = ("_fit_X", "support_vectors_", "cluster_centers_", "theta_", "means_", "X_train_")
    rows = _first_known(_rows, model, kept_rows, width)
    if rows is not None and len(rows):
        centre, spread = rows.mean(axis=0), rows.std(axis=0)
    edges = get(model, "bin_edges_")
    quantiles = _rows(model, "quantiles_", width)
    for index, column in enumerate(columns):
        if centre is not None and column.centre is None:
            column.centre = float(centre[index])
            # a constant column has no spread, and some attributes tell the centre alone
            column.spread = max(abs(column.centre), 1.0) / 3
            if spread is not None and spread[index] > 0:
                column.spread = float(spread[index])
        if rows is not None:
            column.marks.extend(float(each) for each in rows[:_MARKS, index])
        if quantiles is not None:
            column.marks.extend(float(each) for each in quantiles[:, index][:_MARKS])
        if isinstance(edges, np.ndarray) and edges.shape == (width,):
            column.marks.extend(float(each) for each in np.ravel(edges[index])[:_MARKS])
        imputers = ("SimpleImputer", "KNNImputer", "IterativeImputer")
        column.missing = column.missing or kind in imputers
    learn_thresholds(model, columns)
