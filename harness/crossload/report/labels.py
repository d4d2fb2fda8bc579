"""Short names for what reports show: error texts without their noise, column headings, the packages people ask for."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossload.report.view_types import EnvironmentFacts

_NAMING = ("ModuleNotFoundError", "ImportError", "AttributeError")
_NUMBERS = re.compile(
    r"0x[0-9a-f.]+|(?<![A-Za-z0-9_.])[-+]?\d+(?:\.\d+)*(?:e-?\d+)?|<(?!module)[^>]{1,160}>(?:/[\w./-]+)?"
)
_NOISE = re.compile(
    r"0x[0-9a-f.]+|(?<![A-Za-z0-9_])[-+]?\d+(?:\.\d+)*(?:e-?\d+)?|'[^']{0,200}'|\"[^\"]{0,200}\"|<[^>]{1,80}>"
)


def signature_of(reason: str) -> str:
    """An error text without what differs from case to case: numbers, quoted names, addresses, paths.

    Of a missing module or attribute the name is what the error says; there only numbers and paths go.
    """
    noise = _NUMBERS if reason.startswith(_NAMING) else _NOISE
    return noise.sub("*", reason)[:160].strip()


def oldest_first(environments: Iterable[EnvironmentFacts]) -> tuple[EnvironmentFacts, ...]:
    """Environments by the version of the package that the matrix moves, so that neighbours are neighbours in time.

    Equal versions stay as they were: first the one of the axis, then those that were spelled out.  Where several packages are
    moved, or a version is not known, the order is that of the matrix.
    """
    found = tuple(environments)
    axes = {facts.axis for facts in found if facts.axis}
    if len(axes) != 1:
        return found
    (axis,) = axes
    versions = [facts.versions.get(axis) or facts.versions.get(f"{axis}-cpu") for facts in found]
    try:
        keys = [Version(str(version)) for version in versions]
    except InvalidVersion:
        return found
    return tuple(found[index] for index in sorted(range(len(found)), key=lambda index: keys[index]))


def literal_of(signature: str) -> str:
    """The longest part of a signature that all its texts have, to look for them by."""
    return max((part.strip() for part in signature.split("*")), key=len)


def short_labels(ids: list[str], *, squeeze: bool = True) -> dict[str, str]:
    """Column headings: ids without the part that all share; squeezed: long words shortened too."""
    prefix = ids[0].split("-")[0] + "-" if ids else ""
    shared = all(each.startswith(prefix) for each in ids)
    found = {}
    for each in ids:
        text = each.removeprefix(prefix) if shared else each
        found[each] = re.sub(r"\.post\d+", "", text).replace("numpy", "np") if squeeze else text
    return found if len(set(found.values())) == len(ids) else {each: each for each in ids}


def letters_of(count: int) -> list[str]:
    """Names for rows and columns where ids are too long: a, b, ..."""
    letters = string.ascii_lowercase + string.ascii_uppercase
    return [letters[index] if index < len(letters) else str(index) for index in range(count)]


def versions_shown(facts: EnvironmentFacts) -> dict[str, Any]:
    """The packages of a lock that people ask for first."""
    wanted = (
        "scikit-learn",
        "tensorflow",
        "tensorflow-cpu",
        "keras",
        "numpy",
        "joblib",
        "pandas",
        "skops",
        "h5py",
    )
    return {name: facts.versions[name] for name in wanted if name in facts.versions}
