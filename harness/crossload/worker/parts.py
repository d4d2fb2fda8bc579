"""The classes that a model is made of, by name: causes of failures are known by them."""

from typing import Any, Dict, List, Set

import numpy as np

MOST = 200
"""Names beyond this number are not listed."""

_OBJECTS = 5000
"""Objects that are looked at: a forest of thousands of trees is told by its first ones."""

_ELEMENTS = 50
"""Elements of one list or array that are looked at."""

_PLAIN = (str, bytes, int, float, complex, type(None), np.generic, np.dtype, type)


def classes_of(model: Any, kind: str) -> List[str]:
    """List the classes of a model and of its parts.

    Parameters
    ----------
    model
        Any model.
    kind
        Kind of its recipe: ``object``, ``keras`` or ``tf-module``.

    Returns
    -------
    list of str
        Names with their modules, such as ``sklearn.tree._classes.DecisionTreeClassifier``, sorted.
        Of networks those of layers, optimizer and loss, and ``policy.mixed_float16``.
    """
    look = _parts_of_object if kind == "object" else _parts_of_network
    names: Set[str] = set()
    # what is held is kept alive, because the identity of an object that is gone may be given away
    seen: Dict[int, Any] = {}
    waiting = [model]
    while waiting and len(seen) < _OBJECTS and len(names) < MOST:
        value = waiting.pop()
        if isinstance(value, _PLAIN) or id(value) in seen:
            continue
        seen[id(value)] = value
        module = type(value).__module__ or ""
        plain = module.split(".")[0] in ("builtins", "collections") or type(value) is np.ndarray
        if not plain:
            names.add(module + "." + type(value).__name__)
        names.update(_policy_of(value))
        waiting.extend(look(value))
    return sorted(names)


def _policy_of(value: Any) -> List[str]:
    """Name the policy of a layer that computes with less precision than its weights have."""
    policy = getattr(value, "dtype_policy", None) or getattr(value, "_dtype_policy", None)
    name = getattr(policy, "name", "")
    return ["policy." + name] if isinstance(name, str) and name.startswith("mixed") else []


def _parts_of_object(value: Any) -> List[Any]:
    if isinstance(value, np.ndarray):
        return list(value.ravel()[:_ELEMENTS]) if value.dtype == object else []
    if isinstance(value, dict):
        return list(value.values())[:_ELEMENTS]
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)[:_ELEMENTS]
    try:
        held = vars(value)
    except TypeError:
        return []
    # a module or a function holds the whole of a library
    return [] if callable(value) and not hasattr(value, "predict") else list(held.values())


def _parts_of_network(value: Any) -> List[Any]:
    found: List[Any] = []
    for name in ("layers", "layer", "forward_layer", "backward_layer", "cell", "optimizer", "loss"):
        part = getattr(value, name, None)
        if isinstance(part, (list, tuple)):
            found.extend(part)
        elif part is not None and not callable(part) or hasattr(part, "get_config"):
            found.append(part)
    return found
