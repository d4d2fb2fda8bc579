"""Short names for reports: error texts without their noise, column headings, versions."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

from crossload.safe import cut
from crossload.verdict.error_texts import FAILED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crossload.report.view_types import EnvironmentFacts

_NAMING = ("ModuleNotFoundError", "ImportError", "AttributeError")
"""Errors whose message is a name: without it all of them would be one."""

# Lengths are bounded: texts are untrusted, and each open quote would be followed to the end.
# ``<module 'numpy'>`` stays, because an AttributeError names it.
_NUMBERS = re.compile(
    r"0x[0-9a-f.]+"
    r"|(?<![A-Za-z0-9_.])[-+]?\d+(?:\.\d+)*(?:e-?\d+)?"
    r"|<(?!module)[^>]{1,160}>(?:/[\w./-]+)?"
)
_NOISE = re.compile(
    r"0x[0-9a-f.]+"
    r"|(?<![A-Za-z0-9_])[-+]?\d+(?:\.\d+)*(?:e-?\d+)?"
    r"|'[^']{0,200}'|\"[^\"]{0,200}\"|<[^>]{1,80}>"
)


def signature_of(reason: str) -> str:
    """Reduce an error text to what is the same from case to case.

    Numbers, quoted names, addresses and paths become ``*``.  Of a missing module or attribute the
    name is what the error says; there only numbers and paths go.

    Returns
    -------
    str
        At most 300 characters, the beginning and the end.
    """
    # which outputs failed beside it does not make it another failure
    reason = reason.split(FAILED, maxsplit=1)[0]
    noise = _NUMBERS if reason.startswith(_NAMING) else _NOISE
    return cut(noise.sub("*", reason), 300).strip()


def oldest_first(environments: Iterable[EnvironmentFacts]) -> tuple[EnvironmentFacts, ...]:
    """Sort environments by the version of the package that the matrix moves.

    So neighbours in a table are neighbours in time.  Equal versions stay as they were: first the
    one of the axis, then those that were spelled out.  Where several packages are moved, or a
    version is not known, the order is that of the matrix.
    """
    found = tuple(environments)
    axes = {facts.axis for facts in found if facts.axis}
    if len(axes) != 1:
        return found
    (axis,) = axes
    # tensorflow-cpu is the same release under a name of its own, without support for GPUs
    versions = [facts.versions.get(axis) or facts.versions.get(f"{axis}-cpu") for facts in found]
    # versions, not texts: 1.10 is newer than 1.9
    try:
        keys = [Version(str(version)) for version in versions]
    except InvalidVersion:
        return found
    return tuple(found[index] for index in sorted(range(len(found)), key=lambda index: keys[index]))


def literal_of(signature: str) -> str:
    """Give the longest part of a signature that all its texts have, to search for them."""
    return max((part.strip() for part in signature.split("*")), key=len)


def short_labels(ids: list[str], *, squeeze: bool = True) -> dict[str, str]:
    """Shorten ids to column headings.

    Parameters
    ----------
    ids
        Ids of environments.
    squeeze
        True to shorten long words too, for tables of text.

    Returns
    -------
    dict
        Headings by id, without the first word if all ids share it; the ids themselves where two
        headings would be equal.
    """
    prefix = ids[0].split("-")[0] + "-" if ids else ""
    shared = all(each.startswith(prefix) for each in ids)
    found = {}
    for each in ids:
        # a release that was built again (.post1) is the same release to who reads a table
        text = each.removeprefix(prefix) if shared else each
        found[each] = re.sub(r"\.post\d+", "", text).replace("numpy", "np") if squeeze else text
    return found if len(set(found.values())) == len(ids) else {each: each for each in ids}


def letters_of(count: int) -> list[str]:
    """Make names for rows and columns whose ids are too long: a, b, ... Z, 52, 53, ..."""
    letters = string.ascii_lowercase + string.ascii_uppercase
    return [letters[index] if index < len(letters) else str(index) for index in range(count)]


def versions_shown(facts: EnvironmentFacts) -> dict[str, Any]:
    """Select the packages of a lock that people ask for first."""
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
