"""Asks a model of which nothing is known beforehand: what it offers, and what it answers, as plain arrays."""

from typing import Any, Dict, List, Tuple

import numpy as np

from . import outputs, shapes
from .input_rows import Rows

METHODS = ("predict", "predict_proba", "decision_function", "score_samples", "transform")
"""What is asked of a model that has it, as scikit-learn names it."""

FITTED = ("labels_", "embedding_")
"""What is compared of a model that has none of these methods, and that no rows can be given to (DBSCAN, TSNE)."""

_NOT_ASKED = ("tensorflow", "keras", "tf_keras")


class CannotAsk(Exception):
    """No rows can be made for this model, or it takes none of those that were tried."""


MOST_PARTS = 50
_DATA = (str, bytes, bool, int, float, complex, type(None), np.ndarray, np.generic)


def parts_of(model: Any) -> List[Tuple[str, Any]]:
    """(name, model) of everything that can be asked: the model, or the members of dicts and lists of models."""
    return _members(model)[0]


def skipped_in(model: Any) -> List[str]:
    """What a dict or list holds that is neither asked nor plain data, in words."""
    return _members(model)[1]


def _members(model: Any) -> Tuple[List[Tuple[str, Any]], List[str]]:
    if not isinstance(model, (dict, list, tuple)):
        return [("", model)], []
    found: List[Tuple[str, Any]] = []
    left: List[str] = []
    _collect(model, "", 0, found, left)
    if len(found) > MOST_PARTS:
        left.append("%d models beyond the first %d" % (len(found) - MOST_PARTS, MOST_PARTS))
    return found[:MOST_PARTS], left


def _collect(
    value: Any, place: str, depth: int, found: List[Tuple[str, Any]], left: List[str]
) -> None:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (str(key), type(key).__name__))
        named = [
            (str(key) if isinstance(key, str) else "[" + repr(key) + "]", value[key])
            for key in keys
        ]
    elif isinstance(value, (list, tuple)):
        named = [("[%d]" % index, each) for index, each in enumerate(value)]
    elif methods_of(value):
        found.append((place, value))
        return
    else:
        if not isinstance(value, _DATA):
            left.append(
                "%s, a %s that has none of %s" % (place, type(value).__name__, ", ".join(METHODS))
            )
        return
    if depth > 6 or len(found) > 10 * MOST_PARTS:
        left.append(place + ", which is nested too deeply")
        return
    for name, each in named:
        joined = name if not place else place + name if name.startswith("[") else place + "." + name
        _collect(each, joined, depth + 1, found, left)


def methods_of(model: Any) -> List[str]:
    """Methods that a model has and that can be asked; ``call`` for those of Keras and loaded functions."""
    if is_called(model):
        return ["call"]
    found = []
    for name in METHODS:
        try:
            offered = callable(getattr(model, name, None))
        except Exception:  # a property that raises offers nothing
            offered = False
        if offered and not isinstance(model, type):
            found.append(name)
    return found or [name for name in FITTED if isinstance(shapes.get(model, name), np.ndarray)]


def task_of(model: Any) -> str:
    """classifier, regressor, clusterer, outlier_detector, transformer or other, as scikit-learn says it."""
    known = str(getattr(model, "_estimator_type", None) or "")
    if not known and hasattr(model, "__sklearn_tags__"):
        try:
            known = str(getattr(model.__sklearn_tags__(), "estimator_type", None) or "")
        except Exception:  # tags of a model of another version
            known = ""
    if known:
        return known
    if "predict_proba" in methods_of(model) or hasattr(model, "classes_"):
        return "classifier"
    return "transformer" if hasattr(model, "transform") else "other"


def is_called(model: Any) -> bool:
    """Whether a model is asked by calling it: Keras models, loaded signatures."""
    kinds = [kind.__module__.split(".")[0] for kind in type(model).__mro__]
    return type(model).__name__ == "Signature" or any(each in _NOT_ASKED for each in kinds)


def ask(model: Any, method: str, value: Any) -> Dict[str, Any]:
    """One output as arrays; a sparse matrix gives three (``transform.data`` ...), so that it need not be made dense."""
    if method == "call":
        found = (
            model(value, training=False) if type(model).__name__ != "Signature" else model(value)
        )
        if isinstance(found, dict):
            return {
                "call." + str(key): outputs.as_array(found[key], "call")
                for key in sorted(found, key=str)
            }
        return {"call": outputs.as_array(found, "call")}
    found = getattr(model, method) if method in FITTED else getattr(model, method)(value)
    if hasattr(found, "tocsr"):
        matrix = found.tocsr()
        matrix.sort_indices()
        return {
            method + "." + name: outputs.as_array(getattr(matrix, name), method)
            for name in ("data", "indices", "indptr")
        }
    more: Dict[str, Any] = {}
    if hasattr(found, "to_numpy"):
        if hasattr(found, "columns"):
            more[method + ".columns"] = np.array([str(each) for each in found.columns])
        found = found.to_numpy()
    if isinstance(found, list) and found and all(isinstance(each, np.ndarray) for each in found):
        found = np.concatenate(
            [each.reshape(len(each), -1) for each in found], axis=1
        )  # one array an output
    if isinstance(found, np.ndarray) and found.dtype == object:
        found = _of_one_kind(found)
    array = outputs.as_array(found, method)
    if (
        method == "predict"
        and array.dtype.kind == "f"
        and task_of(model) in ("classifier", "clusterer", "outlier_detector")
    ):
        array = _labels(array)
    more[method] = array
    return more


def _labels(array: Any) -> Any:
    """Labels that are floating-point numbers, so that they are equal or others: whole ones as integers, else as text."""
    if (
        np.isfinite(array).all()
        and (array == np.floor(array)).all()
        and (np.abs(array) < 2**53).all()
    ):
        return array.astype("int64")
    return np.array([repr(float(each)) for each in array.ravel()]).reshape(array.shape)


def _of_one_kind(array: Any) -> Any:
    """An array of objects as one of numbers or text; values of several kinds as texts that tell the kind."""
    kinds = {type(each) for each in array.ravel()}
    if len(kinds) > 1 and any(issubclass(kind, str) for kind in kinds):
        return np.array([type(each).__name__ + " " + repr(each) for each in array.ravel()]).reshape(
            array.shape
        )
    return np.array(array.tolist())


def ask_all(model: Any, given: Dict[str, Rows], wanted: Dict[str, List[str]]) -> Dict[str, Any]:
    """Outputs of all parts: ``wanted`` names the methods of each; what raises, raises."""
    found: Dict[str, Any] = {}
    for name, part in parts_of(model):
        if name not in wanted:
            continue
        for method in wanted[name]:
            for output, array in ask(part, method, given[name].value()).items():
                found[(name + "." if name else "") + output] = array
    return found
