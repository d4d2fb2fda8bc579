"""How many columns a fitted model takes, what they are called, and which models are inside of it."""

from typing import Any, List, Optional

import numpy as np

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
    """An attribute, or None: properties of models raise what they like."""
    try:
        return getattr(model, name, None)
    except Exception:
        return None


def names_of(model: Any) -> Optional[List[str]]:
    """Names of the columns that a model was fitted on; None where it does not tell."""
    for attribute in ("feature_names_in_", "_feature_names_in", "_df_columns"):
        found = get(model, attribute)
        if found is not None and len(found):
            return [str(each) for each in found]
    found = get(
        model, "feature_name_"
    )  # LightGBM, which calls columns without names Column_0, Column_1, ...
    if (
        isinstance(found, list)
        and found
        and not all(str(each).startswith("Column_") for each in found)
    ):
        return [str(each) for each in found]
    inner = first_step(model)
    if inner is not None:
        return names_of(inner)
    wanted: List[str] = []
    for _, _, columns in get(model, "transformers_") or []:
        for each in [columns] if isinstance(columns, str) else listed(columns):
            if not isinstance(each, str):
                return None
            if each not in wanted:
                wanted.append(each)
    return wanted or None


def width_of(model: Any) -> Optional[int]:
    """Number of columns that a model was fitted on; None where it does not tell."""
    for attribute in ("n_features_in_", "n_features_", "_n_features"):
        found = get(model, attribute)
        if isinstance(found, (int, np.integer)):
            return int(found)
    inner = first_step(model)
    if inner is not None:
        known = width_of(inner)
        if known is None and not type(inner).__module__.startswith("sklearn."):
            # a class of one's own that does not tell most often keeps the number of columns
            later = [
                width_of(step)
                for _, step in get(model, "steps") or []
                if step is not None and not isinstance(step, str)
            ]
            known = next((each for each in later if each is not None), None)
        return known
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
        found = width_of(each)
        if found is not None:
            return found
    return None


def first_step(model: Any) -> Any:
    """The first real step of a pipeline, or the first part of a union."""
    for _, step in get(model, "steps") or []:
        if step is not None and not isinstance(step, str):
            return step
    for part in get(model, "transformer_list") or []:
        if part[1] is not None and not isinstance(part[1], str):
            return part[1]
    return None


def inner_models(model: Any) -> List[Any]:
    found: List[Any] = []
    for attribute in _INNER:
        held = get(model, attribute)
        if held is None or isinstance(held, str):
            continue
        for each in (
            np.ravel(np.asarray(held, dtype=object))
            if isinstance(held, (list, np.ndarray))
            else [held]
        ):
            if hasattr(each, "__dict__") or hasattr(each, "predict"):
                found.append(each)
    return found


def listed(columns: Any) -> List[Any]:
    if isinstance(columns, (str, int)) or columns is None:
        return [] if columns is None else [columns]
    try:
        return list(columns)
    except TypeError:
        return []
