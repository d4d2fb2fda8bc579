"""Reads ``poetry.lock``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossload.requirements.locked import Locked, minor_of
from crossload.requirements.structured import parse_toml

if TYPE_CHECKING:
    from pathlib import Path


def matches(name: str, text: str) -> bool:
    """Tell a lock of Poetry by its name or its first line, in which Poetry names itself."""
    return name == "poetry.lock" or (name.endswith(".lock") and "Poetry" in text[:200])


def read(text: str, *, folder: Path | None, minor: str) -> Locked:  # noqa: ARG001
    """Read all packages of the main group that are for this platform and the wanted Python."""
    table = parse_toml(text)
    wanted = str(table.get("metadata", {}).get("python-versions", ""))
    found = Locked(kind="poetry.lock", minor=minor, python=minor_of(wanted), pythons=wanted)
    for package in table.get("package", []):
        # "groups" since Poetry 2 (https://github.com/python-poetry/poetry/pull/9427), "category"
        # before 1.5; what only tests and tools of the project need loads no models
        if "main" not in package.get("groups", ["main"]) or package.get("category") == "dev":
            continue
        # packages of the default index have no source at all, those of other indexes "legacy"
        kind = package.get("source", {}).get("type", "legacy")
        # since Poetry 2: one marker, or a table of them by group where groups differ
        # (https://github.com/python-poetry/poetry/pull/9427)
        marker = package.get("markers")
        if not found.applies(marker.get("main") if isinstance(marker, dict) else marker):
            continue
        if kind in ("git", "url", "file", "directory"):
            found.refuse_package(package["name"], kind)
            continue
        found.add(package["name"], package["version"])
    return found
