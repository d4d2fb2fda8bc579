"""Reads from the stand-ins of a pickle which estimators are inside, and what they were fitted on.

Who wrote them is read as well: from versions that are recorded, and from names and layouts that
only some releases write.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any

from crossload import limits
from crossload.inspection.dtypes import text_of
from crossload.inspection.facts import Certainty, WriterVersion
from crossload.inspection.stand_ins import StandIn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAKERS = ("_reconstructor", "__newobj__", "_reconstruct", "__reduce_newobj__")
"""Functions that get a class as their first argument and make an object of it."""

_VERSION = re.compile(r"^\d+(\.\d+){1,3}[\w.+]{0,12}$")
_LIMIT = 500_000
"""Objects that are looked at: a forest of a million nodes tells no more than its first half."""

_MOST_FEATURES = 10_000_000


def walk(top: Any) -> Iterator[Any]:
    """Go through all objects, the outermost first."""
    # without recursion, because a hostile file nests as deep as it likes; each once, because it may
    # hold itself
    pending, seen, count = [top], set(), 0
    for each in pending:
        limits.check()
        if id(each) in seen or count > _LIMIT:
            continue
        if not isinstance(each, StandIn | dict | list | tuple | set | frozenset):
            continue
        seen.add(id(each))
        count += 1
        yield each
        if isinstance(each, StandIn):
            pending += [each.state, each.args, each.items]
        else:
            pending += each.values() if isinstance(each, dict) else each


def class_of(value: Any) -> tuple[str, str]:
    """Give the module and the name of the class of a stand-in; empty texts where it has none."""
    kind = type(value) if isinstance(value, StandIn) else None
    if kind is None:
        return "", ""
    if (
        kind.name in _MAKERS
        and value.args
        and isinstance(value.args[0], type)
        and issubclass(value.args[0], StandIn)
    ):
        kind = value.args[0]
    return kind.module, kind.name


def state_of(value: Any) -> dict[Any, Any]:
    """Give the attributes of a stand-in; empty where it has none."""
    # not a copy: a hostile file lets many objects share a large one
    state = value.state if isinstance(value, StandIn) else None
    # objects with slots have a pair as their state: the dict, and the values of the slots
    if isinstance(state, tuple) and len(state) == 2 and isinstance(state[0], dict):
        state = state[0]
    return state if isinstance(state, dict) else {}


class Contents:
    """The objects of a pickle, which are walked through once."""

    def __init__(self, top: Any) -> None:
        self.top = top
        self.objects = [each for each in walk(top) if isinstance(each, StandIn)]
        self._fitted: dict[int, bool] = {}

    def _is_fitted(self, state: dict[Any, Any]) -> bool:
        """Tell whether attributes are those of a fitted model."""
        # by scikit-learn's convention: what is learnt ends in an underscore
        # (https://scikit-learn.org/stable/developers/develop.html#estimated-attributes), except for
        # the weights of TfidfTransformer in older releases.  Kept by id, as objects may share a
        # dict that is large.
        key = id(state)
        if key not in self._fitted:
            names = [name for name in state if isinstance(name, str)]
            self._fitted[key] = (
                any(name.endswith("_") and not name.startswith("_") for name in names)
                or "_idf_diag" in names
            )
        return self._fitted[key]

    def _is_estimator(self, value: StandIn) -> bool:
        """Tell whether a stand-in is a fitted model, or a pipeline of some."""
        # not a tree, a random state, or the unfitted template that a forest keeps
        module, name = class_of(value)
        state = state_of(value)
        if not module or not state or not name[:1].isupper():
            return False
        return self._is_fitted(state) or (
            "_sklearn_version" in state and (value is self.top or "steps" in state)
        )

    @cached_property
    def estimators(self) -> list[StandIn]:
        """The fitted models inside, the outermost first."""
        return [each for each in self.objects if self._is_estimator(each)]

    @cached_property
    def classes(self) -> dict[str, int]:
        """The estimators inside, the outermost first, with their number."""
        found: Counter[str] = Counter()
        for each in self.estimators:
            module, name = class_of(each)
            found[f"{module.split('.')[0]}.{name}"] += 1
        if not found:
            module, name = class_of(self.top)
            if name:
                found[f"{module}.{name}"] += 1
        return dict(found)

    @property
    def features(self) -> int | None:
        """The number of features of the outermost model; None where the file is not sure."""
        own = integer_of(state_of(self.top).get("n_features_in_"))
        if own is not None:
            return own
        known = [
            n
            for each in self.estimators
            if (n := integer_of(state_of(each).get("n_features_in_"))) is not None
        ]
        # A pipeline takes what its first step takes.  Of others, such as a stack, the models inside
        # must agree: the last of a stack takes the answers of those before.
        if "steps" in state_of(self.top):
            return known[0] if known else None
        return known[0] if len(set(known)) == 1 else None

    def texts(self, name: str) -> tuple[str, ...]:
        """Give the texts in an attribute of the outermost model that has it; empty for none."""
        for each in self.objects:
            found = texts_in(state_of(each).get(name))
            if found:
                return found
        return ()

    @cached_property
    def sklearn_versions(self) -> Counter[str]:
        """The recorded versions of scikit-learn, with how many objects record each."""
        # since 0.18 each estimator records the release that pickled it
        # (https://github.com/scikit-learn/scikit-learn/pull/7248)
        found = (state_of(each).get("_sklearn_version") for each in self.objects)
        return Counter(each for each in found if isinstance(each, str) and _VERSION.match(each))


def integer_of(value: Any) -> int | None:
    """Read a number of features, be it an integer of Python or NumPy; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 < value < _MOST_FEATURES else None
    # a number of NumPy is pickled as the call scalar(dtype, bytes); Python 2 has a text for bytes
    if isinstance(value, StandIn) and type(value).name == "scalar" and len(value.args) == 2:
        kind, data = value.args
        if text_of(kind)[:1] in "iu" and isinstance(data, str | bytes):
            data = data.encode("latin1", "replace") if isinstance(data, str) else data
            return integer_of(int.from_bytes(data[:8], "little", signed=True))
    return None


def texts_in(value: Any) -> tuple[str, ...]:
    """Read the texts of an array of objects, such as names of features; empty for anything else."""
    # the state of a pickled array: (version, shape, dtype, order, list of the objects); joblib
    # keeps such a pickle behind its wrapper
    if (
        isinstance(value, StandIn)
        and isinstance(value.state, tuple)
        and value.state
        and isinstance(value.state[-1], list)
    ):
        value = value.state[-1]
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return tuple(value)
    return ()


def written_by(
    contents: Contents,
    imports: Iterable[tuple[str, str]],
    protocol: int,
    wrapped: list[dict[str, Any]],
) -> list[WriterVersion]:
    """Tell who wrote a pickle, as far as it says.

    Parameters
    ----------
    contents
        The objects inside.
    imports
        The modules and names that it imports.
    protocol
        Its pickle protocol.
    wrapped
        The states of joblib's wrappers of arrays.
    """
    found = []
    for version, count in contents.sklearn_versions.most_common(5):
        how = f"_sklearn_version of {count} object{'s' if count > 1 else ''}"
        found.append(
            WriterVersion(package="scikit-learn", version=version, sure=Certainty.RECORDED, how=how)
        )
    modules = {module for module, _ in imports}
    tops = {module.split(".")[0] for module in modules}

    def bound(package: str, specifier: str, how: str) -> None:
        found.append(
            WriterVersion(package=package, version=specifier, sure=Certainty.BOUND, how=how)
        )

    # renamed in NumPy 2.0 (https://github.com/numpy/numpy/pull/24634)
    if any(module.startswith("numpy._core") for module in modules):
        bound("numpy", ">=2", "names numpy._core")
    elif any(module.startswith("numpy.core") for module in modules):
        bound("numpy", "<2", "names numpy.core")
    # scikit-learn's copy of joblib is gone since 0.23
    # (https://github.com/scikit-learn/scikit-learn/issues/17248)
    if any(module.startswith("sklearn.externals.joblib") for module in modules):
        bound("scikit-learn", "<0.23", "names sklearn.externals.joblib")
    if wrapped:
        # since joblib 1.2 (https://github.com/joblib/joblib/pull/1254)
        aligned = any(state.get("numpy_array_alignment_bytes") is not None for state in wrapped)
        bound(
            "joblib",
            ">=1.2" if aligned else "<1.2",
            "its arrays are " + ("aligned" if aligned else "not aligned"),
        )
    for package in ("pandas", "xgboost", "lightgbm", "catboost", "imblearn", "scipy"):
        if package in tops:
            bound("imbalanced-learn" if package == "imblearn" else package, "", f"names {package}")
    # protocol 4 came with Python 3.4, 5 with 3.8; writers may choose an older one than they have
    if protocol >= 4:
        bound("Python", ">=3.8" if protocol == 5 else ">=3.4", f"pickle protocol {protocol}")
    return found
