"""The fitted state of a model: a digest of every array that it holds, by its place in the model.

Outputs tell if a model answers alike, the state tells why not: equal state and other outputs are
numerics, other state is damage.  Arrays are compared by value and shape; the fields of a structured
array (the nodes of a tree) apart, because versions add fields to them.
"""

import hashlib
import json
import os
from typing import Any, Dict, List

import numpy as np

MOST = 4000
"""Arrays beyond this number are not listed.

A forest of thousands of trees is told by its first ones.
"""

# a bound for objects that make new parts at each look, which `above` cannot know again
_DEPTH = 14
# generators and seeds: they say how a model was fitted, not what it has learnt
_SKIPPED = ("_random_state", "random_state", "_rng", "_bin_mapper_rng")
_PLAIN = (str, bytes, int, type, np.random.RandomState)


def keep(model: Any, kind: str, folder: str) -> str:
    """Write the state of a model as JSON, named by its digest, unless it is there already.

    Parameters
    ----------
    model
        Any fitted model.
    kind
        Kind of its recipe: ``object``, ``keras`` or ``tf-module``.
    folder
        Where states are kept.

    Returns
    -------
    str
        The name of the file, without suffix; empty where there is no state.
    """
    found = describe(model, kind)
    if not found:
        return ""
    text = json.dumps(found, sort_keys=True)
    name = hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]
    path = os.path.join(folder, name + ".json")
    if not os.path.exists(path):
        # several processes write the same state at the same time, and a kill may come in between:
        # by this name the file is there whole or not at all
        part = path + ".part" + str(os.getpid())
        with open(part, "w") as stream:
            stream.write(text)
        os.replace(part, path)
    return name


def describe(model: Any, kind: str) -> Dict[str, str]:
    """Give the digest of each array that a model holds.

    Parameters
    ----------
    model
        Any fitted model.
    kind
        Kind of its recipe: ``object``, ``keras`` or ``tf-module``.

    Returns
    -------
    dict of str to str
        Digests by place, e.g. ``estimators_[3].tree_.nodes.threshold`` or ``weights[0]``, of what
        layers computed from their weights ``computed[Normalization[0].mean]``; empty for loaded
        functions, which hold nothing that could be compared.
    """
    found: Dict[str, str] = {}
    if kind == "object":
        _walk(model, "", found, [], 0)
    elif hasattr(model, "weights") and not callable(model.weights):
        # by number: names of layers and variables follow other rules in each version of Keras
        for index, weight in enumerate(model.weights):
            found["weights[%d]" % index] = _digest(weight.numpy())
        for index, variable in enumerate(_optimizer_variables(model)):
            found["optimizer[%d]" % index] = _digest(np.asarray(variable))
        found.update(_computed(model))
    elif hasattr(model, "variables") and not callable(model.variables):
        for index, variable in enumerate(model.variables):
            found["weights[%d]" % index] = _digest(variable.numpy())
    return found


def _computed(model: Any) -> Dict[str, str]:
    """Digest the arrays of layers that are no weights, but computed from them.

    ``Normalization`` calls with the ``mean`` that it computes from the weight ``adapt_mean``, and a
    way of loading that restores the one need not compute the other anew.
    """
    # private in all releases of Keras, which has no public way to nested layers
    flatten = getattr(model, "_flatten_layers", None)
    layers = list(flatten()) if flatten else list(getattr(model, "layers", []))
    found: Dict[str, str] = {}
    counts: Dict[str, int] = {}
    for layer in layers:
        # by class and number: names of layers differ from one model to the next
        kind = type(layer).__name__
        number = counts[kind] = counts.get(kind, -1) + 1
        for name, value in sorted(vars(layer).items()):
            if isinstance(value, np.ndarray):
                found["computed[%s[%d].%s]" % (kind, number, name)] = _digest(value)
            # variables, which can be assigned to, stand among the weights
            elif hasattr(value, "numpy") and not hasattr(value, "assign"):
                try:
                    array = value.numpy()
                except Exception:  # the tensors of a graph have no value  # noqa: S112
                    continue
                found["computed[%s[%d].%s]" % (kind, number, name)] = _digest(array)
    return found


def _optimizer_variables(model: Any) -> List[Any]:
    optimizer = getattr(model, "optimizer", None)
    # a method of the optimizers before Keras 2.11, a property of those that came with it:
    # https://github.com/tensorflow/tensorflow/releases/tag/v2.11.0
    variables = getattr(optimizer, "variables", [])
    variables = variables() if callable(variables) else variables
    return [each.numpy() if hasattr(each, "numpy") else each for each in variables]


def _digest(array: Any) -> str:
    """Digest shape, kind and value.

    The byte order and the width of integers are the platform's, not the model's.
    """
    array = np.asarray(array)
    if array.dtype.kind in "iu":
        # the default integer of Windows has 32 bits before NumPy 2.0
        array = array.astype("int64")
    elif array.dtype.kind == "f":
        array = array.astype(array.dtype.newbyteorder("="))
    elif array.dtype.kind in "USO":
        # the same labels may be held as text or as Python's own strings
        array = array.astype(str)
    state = hashlib.sha256(str(array.shape).encode("ascii"))
    state.update(np.ascontiguousarray(array).tobytes())
    return str(array.dtype.kind) + str(array.shape) + " " + state.hexdigest()[:16]


def _walk(value: Any, place: str, found: Dict[str, str], above: List[int], depth: int) -> None:
    """Add the digests of all arrays in a value.

    ``above`` has the identities of the objects that hold it: models may hold themselves.
    """
    if len(found) >= MOST or depth > _DEPTH or id(value) in above:
        return
    above = above + [id(value)]
    if isinstance(value, np.ndarray):
        if value.dtype.names:
            for name in value.dtype.names:
                found[place + "." + name] = _digest(value[name])
        elif value.dtype == object:
            for index, each in enumerate(value.ravel()[:MOST]):
                _walk(each, "%s[%d]" % (place, index), found, above, depth + 1)
        else:
            found[place] = _digest(value)
    elif isinstance(value, (float, np.generic)) and place.endswith("_"):
        # fitted attributes of scikit-learn end in "_"; other numbers are parameters
        found[place] = _digest(value)
    elif isinstance(value, dict):
        for key in sorted(value, key=str):
            if str(key) not in _SKIPPED:
                below = "%s.%s" % (place, key) if place else str(key)
                _walk(value[key], below, found, above, depth + 1)
    elif isinstance(value, (list, tuple)):
        for index, each in enumerate(value):
            _walk(each, "%s[%d]" % (place, index), found, above, depth + 1)
    elif hasattr(value, "tocsr") and hasattr(value, "toarray"):  # a SciPy sparse matrix
        matrix = value.tocsr()
        for name in ("data", "indices", "indptr"):
            found[place + "." + name] = _digest(getattr(matrix, name))
    elif not callable(value) and not isinstance(value, _PLAIN):
        _walk(_inner(value), place, found, above, depth + 1)


def _inner(value: Any) -> Any:
    """Give what an object holds: its attributes; compiled objects give it by ``__getstate__``.

    The trees of scikit-learn are such objects: ``Tree.__getstate__`` gives nodes and values.
    """
    held = getattr(value, "__dict__", None)
    if held:
        return held
    try:
        return value.__getstate__()
    except Exception:  # an object that does not tell its state has none to compare
        return None
