"""Reads ``environment.yml`` of conda: its pip section, and the packages that the index has too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from crossload import limits
from crossload.requirements.locked import InvalidLock, Locked, minor_of
from crossload.requirements.pip import take_lines
from crossload.requirements.structured import parse_yaml

if TYPE_CHECKING:
    from pathlib import Path

_ALSO_ON_INDEX = (
    "scikit-learn",
    "numpy",
    "scipy",
    "pandas",
    "joblib",
    "tensorflow",
    "keras",
    "xgboost",
    "lightgbm",
    "catboost",
    "imbalanced-learn",
    "skops",
    "cloudpickle",
)
"""Packages that have one name in conda and in the index; conda's builds are other binaries."""

_PACKAGE = re.compile(r"^(?:[\w./-]+::)?([A-Za-z0-9._-]+)\s*(.*)$")
"""A channel, a name, and what follows the name."""

_SHOWN = re.compile(r"[<>=!~ ]{0,3}\d[\w.]{0,30}(?=$|[\s=,*])")
_LONGEST = 400
"""Characters of one entry."""


def matches(name: str, text: str) -> bool:  # noqa: ARG001 - the interface of all formats
    """Tell an environment of conda by its name."""
    return name.endswith((".yml", ".yaml"))


def read(text: str, *, folder: Path | None, minor: str) -> Locked:  # noqa: ARG001
    """Read the list of dependencies.

    Raises
    ------
    InvalidLock
        The file is no YAML, or has no such list.
    """
    table = parse_yaml(text)
    if not isinstance(table, dict) or not isinstance(table.get("dependencies"), list):
        msg = "it has no list of dependencies"
        raise InvalidLock(msg)
    found = Locked(kind="environment.yml", minor=minor)
    for each in table["dependencies"]:
        if isinstance(each, dict):
            lines = each.get("pip") or []
            # people write one text below "pip:" where conda wants a list
            take_lines(lines if isinstance(lines, str) else "\n".join(map(str, lines)), found)
            continue
        _take_package(str(each), found)
    return found


def _take_package(text: str, found: Locked) -> None:
    """Take in ``numpy=1.26``, ``scipy==1.11.4``, ``python >=3.10,<3.12``, ``pandas 2.2.3 py0``."""
    limits.check()
    parts = _PACKAGE.match(text[:_LONGEST].strip())
    name, rest = (parts.group(1), parts.group(2).strip()) if parts else ("", "")
    # of what follows the name only a version is shown: the rest may be anything
    version = _SHOWN.match(rest)
    if not name or len(text) > _LONGEST or (rest and not version):
        found.refuse("an entry that is no package with a version")
        return
    key = str(canonicalize_name(name))
    if key == "python":
        found.python = minor_of(_python_version(rest))
        return
    specifier = _specifier_of(rest)
    try:
        usable = key in _ALSO_ON_INDEX and SpecifierSet(specifier) is not None and bool(specifier)
    except InvalidSpecifier:
        usable = False
    if usable:
        found.packages.setdefault(key, str(SpecifierSet(specifier)))
        build = f"{key} {specifier.removeprefix('==').removesuffix('.*')}"
        found.unusable.append(f"conda's build of {build} (the index's is measured)")
    else:
        found.refuse(f"conda package {name}{version.group() if version else ''}")


def _python_version(rest: str) -> str:
    """Find the version in ``=3.11``, ``=3.11=build``, ``==3.11.4`` or ``3.11``."""
    if not rest.startswith("="):
        return rest
    return rest.split(maxsplit=1)[0].split("=")[-1 if rest.startswith("==") else 1]


def _specifier_of(rest: str) -> str:
    """Translate the version of a package of conda into a specifier; empty for any version."""
    if rest[:1] in "<>!~":
        return rest.replace(" ", "")
    # name=version=build, or name version build: the build is one of conda's
    version = rest.lstrip("=").split("=")[0].split(" ")[0]
    if not version:
        return ""
    # conda's =1.26 is any 1.26.x and only ==1.26 is exact; what conda exports is always whole
    # (https://docs.conda.io/projects/conda/en/latest/user-guide/concepts/pkg-search.html)
    exact = rest.startswith("==") or version.count(".") >= 2 or version.endswith("*")
    return f"=={version}{'' if exact else '.*'}"
