"""Asks a model of which nothing is known beforehand for its methods, and for answers as arrays."""

from typing import Any, Dict, List, Tuple

import numpy as np

from . import outputs, shapes
from .input_rows import Rows

METHODS = ("predict", "predict_proba", "decision_function", "score_samples", "transform")
"""The methods that are asked of a model that has them, as scikit-learn names them."""

FITTED = ("labels_", "embedding_")
"""The attributes that are compared of a model that has none of these methods (DBSCAN, TSNE).

No rows can be given to it: what it was fitted to is compared.
"""

# tf_keras is Keras 2 beside Keras 3: https://github.com/keras-team/tf-keras
_CALLED = ("tensorflow", "keras", "tf_keras")


class CannotAsk(Exception):
    """No rows can be made for this model, or it takes none of those that were tried."""


MOST_PARTS = 50
"""Members beyond this number are named, not asked."""
_DATA = (str, bytes, bool, int, float, complex, type(None), np.ndarray, np.generic)


def parts_of(model: Any) -> List[Tuple[str, Any]]:
    """List everything in a loaded object that can be asked.

    Parameters
    ----------
    model
        A model, or dicts and lists of models, as people save them together with a scaler.

    Returns
    -------
    list of tuple
        Name and model of each, `MOST_PARTS` at most; a model alone has an empty name.
    """
    return _members(model)[0]


def skipped_in(model: Any) -> List[str]:
    """List in words what a dict or list holds that is neither asked nor plain data."""
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
        # keys of several kinds cannot be compared; 1 and "1" are two members
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
            text = "%s, a %s that has none of %s"
            left.append(text % (place, type(value).__name__, ", ".join(METHODS)))
        return
    # an object may hold itself
    if depth > 6 or len(found) > 10 * MOST_PARTS:
        left.append(place + ", which is nested too deeply")
        return
    for name, each in named:
        joined = name if not place else place + name if name.startswith("[") else place + "." + name
        _collect(each, joined, depth + 1, found, left)


def methods_of(model: Any) -> List[str]:
    """List the methods of a model that can be asked.

    ``call`` stands for those of Keras and loaded functions, which are called themselves; attributes
    of `FITTED` for models that have no such method.
    """
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
    """Give the task of a model, as scikit-learn says it.

    Returns
    -------
    str
        ``classifier``, ``regressor``, ``clusterer``, ``outlier_detector``, ``transformer`` or
        ``other``.
    """
    # an attribute before scikit-learn 1.8
    # (https://github.com/scikit-learn/scikit-learn/pull/32156), a tag since 1.6
    # (https://github.com/scikit-learn/scikit-learn/pull/29677)
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
    """Say if a model is asked by calling it: Keras models, loaded signatures.

    By the names of its classes, so that no model makes TensorFlow be imported.
    """
    kinds = [kind.__module__.split(".")[0] for kind in type(model).__mro__]
    return type(model).__name__ == "Signature" or any(each in _CALLED for each in kinds)


def ask(model: Any, method: str, value: Any) -> Dict[str, Any]:
    """Ask a model once.

    Parameters
    ----------
    model
        The model.
    method
        One of `methods_of`.
    value
        The rows, in the form that the model takes.

    Returns
    -------
    dict of str to numpy.ndarray
        The output, called like the method. A sparse matrix gives three arrays (``transform.data``
        ...), so that it need not be made dense; a DataFrame its names of columns too.

    Raises
    ------
    Exception
        Anything that the model raises.
    """
    if method == "call":
        # training=False, because dropout and the like would make each answer another one
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
        # the same matrix can be stored in several orders
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
    # models with several outputs give a list of arrays (predict_proba of a multi-output forest)
    if isinstance(found, list) and found and all(isinstance(each, np.ndarray) for each in found):
        found = np.concatenate([each.reshape(len(each), -1) for each in found], axis=1)
    if isinstance(found, np.ndarray) and found.dtype == object:
        found = _without_objects(found)
    array = outputs.as_array(found, method)
    labelling = task_of(model) in ("classifier", "clusterer", "outlier_detector")
    if method == "predict" and array.dtype.kind == "f" and labelling:
        array = _exact_labels(array)
    more[method] = array
    return more


def _exact_labels(array: Any) -> Any:
    """Give labels that are floating-point numbers as integers if they are whole, else as text.

    Tolerances are for numbers: labels are equal or others.
    """
    # up to 2**53 each whole number is a float64 of its own
    whole = np.isfinite(array).all() and (array == np.floor(array)).all()
    if whole and (np.abs(array) < 2**53).all():
        return array.astype("int64")
    return np.array([repr(float(each)) for each in array.ravel()]).reshape(array.shape)


def _without_objects(array: Any) -> Any:
    """Give an array of Python's own values as one of numbers or text.

    Values of several kinds become texts that tell the kind, because 1 and "1" are two labels.
    """
    kinds = {type(each) for each in array.ravel()}
    if len(kinds) > 1 and any(issubclass(kind, str) for kind in kinds):
        texts = [type(each).__name__ + " " + repr(each) for each in array.ravel()]
        return np.array(texts).reshape(array.shape)
    return np.array(array.tolist())


def ask_all(model: Any, given: Dict[str, Rows], wanted: Dict[str, List[str]]) -> Dict[str, Any]:
    """Ask all parts of a loaded object.

    Parameters
    ----------
    model
        The object.
    given
        Rows by name of the part.
    wanted
        Methods by name of the part; parts that are not in it are left out.

    Returns
    -------
    dict of str to numpy.ndarray
        Outputs, called ``part.method``, or ``method`` for a model alone.

    Raises
    ------
    Exception
        Anything that a part raises.
    """
    found: Dict[str, Any] = {}
    for name, part in parts_of(model):
        if name not in wanted:
            continue
        for method in wanted[name]:
            for output, array in ask(part, method, given[name].value()).items():
                found[(name + "." if name else "") + output] = array
    return found
