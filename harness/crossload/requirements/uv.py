"""Reads ``uv.lock``, the universal lock of uv for all platforms and Pythons of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossload.requirements.locked import Locked, minor_of
from crossload.requirements.structured import parse_toml

if TYPE_CHECKING:
    from pathlib import Path


def matches(name: str, text: str) -> bool:
    """Tell a lock of uv by its tables."""
    return name.endswith(".lock") and "[[package]]" in text


def read(text: str, *, folder: Path | None, minor: str) -> Locked:  # noqa: ARG001
    """Read all packages of the index that are for this platform and the wanted Python."""
    table = parse_toml(text)
    found = Locked(
        kind="uv.lock",
        minor=minor,
        python=minor_of(table.get("requires-python")),
        pythons=str(table.get("requires-python", "")),
    )
    for package in table.get("package", []):
        source = package.get("source", {})
        if set(source) & {"virtual", "editable"}:
            continue  # the project itself
        # only packages of which a fork of the resolution took another version have these;
        # one of them has to hold (https://github.com/astral-sh/uv/pull/3831)
        markers = package.get("resolution-markers")
        if markers and not any(found.applies(each) for each in markers):
            continue
        if "version" not in package or set(source) & {"git", "url", "path", "directory"}:
            kinds = set(source) & {"git", "url", "path", "directory"}
            found.refuse_package(package.get("name"), ", ".join(sorted(kinds)) or "no version")
            continue
        found.add(package["name"], package["version"])
    return found
