"""Reads ``pylock.toml``, the standard lock file of PEP 751, with packaging's own reader.

https://packaging.python.org/en/latest/specifications/pylock-toml/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.pylock import Pylock, PylockUnsupportedVersionError, PylockValidationError

from crossload.requirements.locked import InvalidLock, Locked, minor_of
from crossload.requirements.structured import parse_toml

if TYPE_CHECKING:
    from pathlib import Path


_NOT_VALID = "it breaks the rules of the standard"


def matches(name: str, text: str) -> bool:  # noqa: ARG001 - the interface of all formats
    """Tell a ``pylock.toml`` or ``pylock.NAME.toml`` by its name, which the standard prescribes."""
    return name.startswith("pylock") and name.endswith(".toml")


def read(text: str, *, folder: Path | None, minor: str) -> Locked:  # noqa: ARG001
    """Read all packages that are for this platform, the wanted Python and the default groups.

    Raises
    ------
    InvalidLock
        The file breaks the rules of the standard, or is of a later major version of it.
    """
    try:
        lock = Pylock.from_dict(parse_toml(text))
    except PylockValidationError as error:
        # its message may hold values of the file; the place is made of names of the standard
        where = f" at {error.context}" if error.context else ""
        # that of an unknown version of the standard holds nothing but that version
        what = str(error) if isinstance(error, PylockUnsupportedVersionError) else _NOT_VALID
        msg = f"no valid pylock.toml: {what}{where}"
        hint = "write it anew with its tool (uv export --format pylock.toml, pip lock)"
        raise InvalidLock(msg, hint=hint) from error
    pythons = str(lock.requires_python or "")
    found = Locked(kind="pylock.toml", minor=minor, python=minor_of(pythons), pythons=pythons)
    # Not Pylock.select(): it chooses files, and ends with an error where the lock has no wheel for
    # this platform or Python.  Here versions are wanted; their files are found in the index.
    for package in lock.packages:
        marker = str(package.marker or "")
        if not found.applies(marker, groups=lock.default_groups or ()):
            continue
        # a direct source is another package than the one of that name in the index
        direct = package.vcs or package.directory or package.archive
        if package.version is None or direct:
            found.refuse_package(package.name)
            continue
        found.add(package.name, package.version)
    return found
