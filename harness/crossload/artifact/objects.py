"""What the stand-ins of a pickle tell: which estimators are inside, who wrote them, what they were fitted on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from crossload.artifact.arrays import dtype_text
from crossload.artifact.facts import Sure, Written
from crossload.artifact.inert import Blob, Inert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAKERS = ("_reconstructor", "__newobj__", "_reconstruct", "__reduce_newobj__")
_LIMIT = 500_000
"""Objects that are looked at: a forest of a million nodes tells no more than its first half."""


def walk(top: Any) -> Iterator[Any]:
    """All objects, the outermost first; without recursion, because a hostile file nests as deep as it likes."""
    pending, seen, count = [top], set(), 0
    for each in pending:
        if id(each) in seen or count > _LIMIT:
            continue
        if not isinstance(each, Inert | dict | list | tuple | set | frozenset):
            continue
        seen.add(id(each))
        count += 1
        yield each
        if isinstance(each, Inert):
            pending += [each.state, list(each.args), each.items]
        else:
            pending += each.values() if isinstance(each, dict) else each


def named(value: Any) -> tuple[str, str]:
    """(module, class) of a stand-in; empty where it has none."""
    kind = type(value) if isinstance(value, Inert) else None
    if kind is None:
        return "", ""
    if kind.name in _MAKERS and value.args and isinstance(value.args[0], type) and issubclass(value.args[0], Inert):
        kind = value.args[0]
    return kind.module, kind.name


def state_of(value: Any) -> dict[str, Any]:
    """Attributes of a stand-in."""
    state = value.state if isinstance(value, Inert) else None
    if isinstance(state, tuple) and len(state) == 2 and isinstance(state[0], dict):
        state = state[0]
    return {str(name): each for name, each in state.items()} if isinstance(state, dict) else {}


def is_estimator(value: Any) -> bool:
    """Whether a stand-in looks like a fitted model or a step of one, and not like a tree, a random state, a dtype."""
    module, name = named(value)
    state = state_of(value)
    return (
        bool(module)
        and bool(state)
        and name[:1].isupper()
        and ("_sklearn_version" in state or any(key.endswith("_") and not key.startswith("_") for key in state))
    )


def classes_of(top: Any) -> dict[str, int]:
    """Estimators inside, the outermost first, with their number."""
    found: Counter[str] = Counter()
    for each in walk(top):
        if is_estimator(each):
            module, name = named(each)
            found[f"{module.split('.')[0]}.{name}"] += 1
    if not found:
        module, name = named(top)
        if name:
            found[f"{module}.{name}"] += 1
    return dict(found)


def whole(value: Any) -> int | None:
    """An integer, be it Python's or NumPy's."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, Inert) and type(value).name == "scalar" and len(value.args) == 2:
        kind, data = value.args
        if dtype_text(kind)[:1] in "iu" and isinstance(data, str | bytes):
            return int.from_bytes(data.encode("latin1") if isinstance(data, str) else data, "little", signed=True)
    return None


def texts(value: Any) -> tuple[str, ...]:
    """Texts of an array of objects, such as the names of features; empty for anything else."""
    if isinstance(value, Inert) and isinstance(value.state, tuple) and value.state and isinstance(value.state[-1], list):
        value = value.state[-1]
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return tuple(value)
    return ()


def first_with(top: Any, names: Iterable[str]) -> Any:
    """The first attribute of one of these names, of the outermost object that has one."""
    for each in walk(top):
        state = state_of(each)
        for name in names:
            if name in state and not isinstance(state[name], Blob):
                return state[name]
    return None


def written_by(top: Any, imports: Iterable[tuple[str, str]], protocol: int, wrapped: list[dict[str, Any]]) -> list[Written]:
    """Who wrote a pickle, as far as it tells."""
    found = []
    versions: Counter[str] = Counter()
    for each in walk(top):
        version = state_of(each).get("_sklearn_version")
        if isinstance(version, str):
            versions[version[:40]] += 1
    for version, count in versions.most_common():
        how = f"_sklearn_version of {count} object{'s' if count > 1 else ''}"
        found.append(Written(package="scikit-learn", version=version, sure=Sure.RECORDED, how=how))
    modules = {module for module, _ in imports}
    tops = {module.split(".")[0] for module in modules}

    def bound(package: str, specifier: str, how: str) -> None:
        found.append(Written(package=package, version=specifier, sure=Sure.BOUND, how=how))

    if any(module.startswith("numpy._core") for module in modules):
        bound("numpy", ">=2", "names numpy._core")
    elif any(module.startswith("numpy.core") for module in modules):
        bound("numpy", "<2", "names numpy.core")
    if any(module.startswith("sklearn.externals.joblib") for module in modules):
        bound("scikit-learn", "<0.23", "names sklearn.externals.joblib")
    if wrapped:
        aligned = any(state.get("numpy_array_alignment_bytes") is not None for state in wrapped)
        bound("joblib", ">=1.2" if aligned else "<1.2", "its arrays are " + ("aligned" if aligned else "not aligned"))
    for package in ("pandas", "xgboost", "lightgbm", "catboost", "imblearn", "scipy"):
        if package in tops:
            bound("imbalanced-learn" if package == "imblearn" else package, "", f"names {package}")
    if protocol >= 4:
        bound("Python", ">=3.8" if protocol == 5 else ">=3.4", f"pickle protocol {protocol}")
    elif any(module in ("copy_reg", "__builtin__") for module in modules):
        bound("Python", "any (Python 2 names)", f"pickle protocol {protocol}")
    return found
