"""Reads ``Pipfile.lock``, the lock of Pipenv."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, canonicalize_name

from crossload import limits
from crossload.requirements.locked import InvalidLock, Locked, minor_of
from crossload.requirements.structured import parse_json

if TYPE_CHECKING:
    from pathlib import Path


def matches(name: str, text: str) -> bool:
    """Tell a lock of Pipenv by its name; of all formats it alone is JSON."""
    is_json = name.endswith((".lock", ".json")) and text.lstrip().startswith("{")
    return name == "Pipfile.lock" or is_json


def read(text: str, *, folder: Path | None, minor: str) -> Locked:  # noqa: ARG001
    """Read the packages of the section ``default``; those of ``develop`` load no models.

    Raises
    ------
    InvalidLock
        There is no such section.
    """
    table = parse_json(text)
    if "default" not in table:
        msg = "it has no section 'default'"
        raise InvalidLock(msg)
    wanted = table.get("_meta", {}).get("requires", {}).get("python_version")
    found = Locked(kind="Pipfile.lock", minor=minor, python=minor_of(wanted))
    for name, package in table["default"].items():
        limits.check()
        if not found.applies(package.get("markers")):
            continue
        if "version" not in package:
            source = ", ".join(sorted(set(package) & {"git", "path", "file"}))
            found.refuse_package(name, source or "no version")
            continue
        try:
            # versions are written with their operator ("==1.5"); "*" is any version
            specifier = SpecifierSet(str(package["version"]).replace("*", ""))
            found.require(str(canonicalize_name(name, validate=True)), specifier)
        except (InvalidName, InvalidSpecifier):
            found.refuse_package(name, "no version of the index")
    return found
