"""The number and names of the columns that a fitted model takes, and the models inside of it."""

from typing import Any, List, Optional

import numpy as np

# base_estimator_ is estimator_ since scikit-learn 1.2
_INNER = (
    "best_estimator_",
    "estimator_",
    "base_estimator_",
    "regressor_",
    "estimators_",
    "calibrated_classifiers_",
    "estimator",
)


def get(model: Any, name: str) -> Any:
    """Give an attribute of a model, or None.

    Properties raise what they like: NotFittedError, or an error about what another version calls
    otherwise.
    """
    try:
        return getattr(model, name, None)
    except Exception:
        return None


def names_of(model: Any) -> Optional[List[str]]:
    """Give the names of the columns that a model was fitted on.

    Parameters
    ----------
    model
        A fitted model, also a pipeline.

    Returns
    -------
    list of str or None
        None where it does not tell.
    """
    # the first since scikit-learn 1.0, the others of ColumnTransformer before
    for attribute in ("feature_names_in_", "_feature_names_in", "_df_columns"):
        found = get(model, attribute)
        if found is not None and len(found):
            return [str(each) for each in found]
    # LightGBM, which calls columns without names Column_0, Column_1, ...
    given = get(model, "feature_name_")
    if isinstance(given, list) and not all(str(each).startswith("Column_") for each in given):
        return [str(each) for each in given]
    inner = first_step(model)
    if inner is not None:
        return names_of(inner)
    wanted: List[str] = []
    for _, _, columns in get(model, "transformers_") or []:
        for each in [columns] if isinstance(columns, str) else as_list(columns):
            # one column by its number: the names of the others would not be all
            if not isinstance(each, str):
                return None
            if each not in wanted:
                wanted.append(each)
    return wanted or None


def width_of(model: Any) -> Optional[int]:
    """Give the number of columns that a model was fitted on.

    Parameters
    ----------
    model
        A fitted model, also a pipeline.

    Returns
    -------
    int or None
        None where it does not tell.
    """
    return _width_of(model, [])


def _width_of(model: Any, above: List[int]) -> Optional[int]:
    # an object may hold itself
    if id(model) in above:
        return None
    above = above + [id(model)]
    # the first since scikit-learn 0.24, the others of single estimators before
    for attribute in ("n_features_in_", "n_features_", "_n_features"):
        found = get(model, attribute)
        if isinstance(found, (int, np.integer)):
            return int(found)
    inner = first_step(model)
    if inner is not None:
        known = _width_of(inner, above)
        if known is None and not type(inner).__module__.startswith("sklearn."):
            # a class of one's own that does not tell most often keeps the number of columns
            later = [
                _width_of(step, above)
                for _, step in get(model, "steps") or []
                if step is not None and not isinstance(step, str)
            ]
            known = next((each for each in later if each is not None), None)
        return known
    # models that were fitted before 0.24 tell by the arrays that they learnt, one value a column
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
        found = get(model, attribute)
        if hasattr(found, "shape") and len(found.shape):
            return int(found.shape[-1])
    number = get(model, "num_feature")  # a LightGBM booster
    if callable(number):
        return int(number())
    for each in inner_models(model):
        found = _width_of(each, above)
        if found is not None:
            return found
    return None


def first_step(model: Any) -> Any:
    """Give the first real step of a pipeline, or the first part of a union; else None."""
    # steps may be "passthrough", "drop" or None
    for _, step in get(model, "steps") or []:
        if step is not None and not isinstance(step, str):
            return step
    for part in get(model, "transformer_list") or []:
        if part[1] is not None and not isinstance(part[1], str):
            return part[1]
    return None


def inner_models(model: Any) -> List[Any]:
    """List the fitted models that a model consists of: of ensembles, searches and wrappers."""
    found: List[Any] = []
    for attribute in _INNER:
        held = get(model, attribute)
        if held is None or isinstance(held, str):
            continue
        # gradient boosting has an array of trees, a row a stage and a column a class
        several = isinstance(held, (list, np.ndarray))
        for each in np.ravel(np.asarray(held, dtype=object)) if several else [held]:
            if hasattr(each, "__dict__") or hasattr(each, "predict"):
                found.append(each)
    return found


def as_list(columns: Any) -> List[Any]:
    """Give what a ColumnTransformer has for the columns of a part as a list."""
    if isinstance(columns, (str, int)) or columns is None:
        return [] if columns is None else [columns]
    try:
        return list(columns)
    except TypeError:
        return []
