"""What the stand-ins of a pickle tell: which estimators are inside, who wrote them, what they were fitted on."""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any

from crossload.inspection.facts import Certainty, WriterVersion
from crossload.inspection.joblib_arrays import dtype_text
from crossload.inspection.pickle_reader import StandIn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAKERS = ("_reconstructor", "__newobj__", "_reconstruct", "__reduce_newobj__")
_VERSION = re.compile(r"^\d+(\.\d+){1,3}[\w.+]{0,12}$")
_LIMIT = 500_000
"""Objects that are looked at: a forest of a million nodes tells no more than its first half."""


def walk(top: Any) -> Iterator[Any]:
    """All objects, the outermost first; without recursion, because a hostile file nests as deep as it likes."""
    pending, seen, count = [top], set(), 0
    for each in pending:
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


def named(value: Any) -> tuple[str, str]:
    """(module, class) of a stand-in; empty where it has none."""
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
    """Attributes of a stand-in; not a copy: a hostile file lets many objects share a large one."""
    state = value.state if isinstance(value, StandIn) else None
    if isinstance(state, tuple) and len(state) == 2 and isinstance(state[0], dict):
        state = state[0]
    return state if isinstance(state, dict) else {}


class Contents:
    """The objects of a pickle, walked through once."""

    def __init__(self, top: Any) -> None:
        self.top = top
        self.objects = [each for each in walk(top) if isinstance(each, StandIn)]
        self._fitted: dict[int, bool] = {}

    def _is_fitted(self, state: dict[Any, Any]) -> bool:
        """Whether attributes are those of a fitted model: names that end in an underscore."""
        key = id(state)
        if key not in self._fitted:
            names = [name for name in state if isinstance(name, str)]
            self._fitted[key] = (
                any(name.endswith("_") and not name.startswith("_") for name in names)
                or "_idf_diag" in names
            )
        return self._fitted[key]

    def _is_estimator(self, value: StandIn) -> bool:
        """Whether a stand-in is a fitted model or what holds some, and not a tree, a random state, a template."""
        module, name = named(value)
        state = state_of(value)
        if not module or not state or not name[:1].isupper():
            return False
        return self._is_fitted(state) or (
            "_sklearn_version" in state and (value is self.top or "steps" in state)
        )

    @cached_property
    def estimators(self) -> list[StandIn]:
        return [each for each in self.objects if self._is_estimator(each)]

    @cached_property
    def classes(self) -> dict[str, int]:
        """Estimators inside, the outermost first, with their number."""
        found: Counter[str] = Counter()
        for each in self.estimators:
            module, name = named(each)
            found[f"{module.split('.')[0]}.{name}"] += 1
        if not found:
            module, name = named(self.top)
            if name:
                found[f"{module}.{name}"] += 1
        return dict(found)

    @property
    def features(self) -> int | None:
        """Features that the outermost model was fitted on; None where the file does not say it for sure."""
        own = whole(state_of(self.top).get("n_features_in_"))
        if own is not None:
            return own
        known = [
            n
            for each in self.estimators
            if (n := whole(state_of(each).get("n_features_in_"))) is not None
        ]
        if "steps" in state_of(self.top):
            return known[0] if known else None
        return known[0] if len(set(known)) == 1 else None

    def texts(self, name: str) -> tuple[str, ...]:
        """An array of texts that the outermost model with such an attribute has."""
        for each in self.objects:
            found = texts(state_of(each).get(name))
            if found:
                return found
        return ()

    @cached_property
    def sklearn_versions(self) -> Counter[str]:
        """Recorded versions of scikit-learn, with how many objects record them."""
        found = (state_of(each).get("_sklearn_version") for each in self.objects)
        return Counter(each for each in found if isinstance(each, str) and _VERSION.match(each))


def whole(value: Any) -> int | None:
    """An integer, be it Python's or NumPy's."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 < value < 10_000_000 else None
    if isinstance(value, StandIn) and type(value).name == "scalar" and len(value.args) == 2:
        kind, data = value.args
        if dtype_text(kind)[:1] in "iu" and isinstance(data, str | bytes):
            data = data.encode("latin1", "replace") if isinstance(data, str) else data
            return whole(int.from_bytes(data[:8], "little", signed=True))
    return None


def texts(value: Any) -> tuple[str, ...]:
    """Texts of an array of objects, such as the names of features; empty for anything else."""
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
    """Who wrote a pickle, as far as it tells."""
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

    if any(module.startswith("numpy._core") for module in modules):
        bound("numpy", ">=2", "names numpy._core")
    elif any(module.startswith("numpy.core") for module in modules):
        bound("numpy", "<2", "names numpy.core")
    if any(module.startswith("sklearn.externals.joblib") for module in modules):
        bound("scikit-learn", "<0.23", "names sklearn.externals.joblib")
    if wrapped:
        aligned = any(state.get("numpy_array_alignment_bytes") is not None for state in wrapped)
        bound(
            "joblib",
            ">=1.2" if aligned else "<1.2",
            "its arrays are " + ("aligned" if aligned else "not aligned"),
        )
    for package in ("pandas", "xgboost", "lightgbm", "catboost", "imblearn", "scipy"):
        if package in tops:
            bound("imbalanced-learn" if package == "imblearn" else package, "", f"names {package}")
    if protocol >= 4:
        bound("Python", ">=3.8" if protocol == 5 else ">=3.4", f"pickle protocol {protocol}")
    return found
