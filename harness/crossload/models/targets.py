"""The versions that a user names: a list of requirements, a lock file, or a git revision of one."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from crossload.environments.interpreters import FIRST_RELEASES, minor_key
from crossload.errors import ConfigError
from crossload.requirements.lockfiles import Locked, read_locked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RENAMED = {"sklearn": "scikit-learn", "tf": "tensorflow", "skl": "scikit-learn"}
"""What people write for a package that has another name in the index."""

OWN_PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"

_PYTHON = re.compile(r"^python\s*(?:={1,2}|~=|)\s*(3\.\d+)(?:\.\d+|\.\*)?$", re.IGNORECASE)
_EXACT = re.compile(r"^==\s*([^,*]+)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Versions of packages, by canonical name; a specifier for each, empty for any version."""

    packages: Mapping[str, str]
    python: str | None = None
    as_of: str = ""
    """Day as of which the rest is resolved; empty for the usual one."""
    source: str = ""
    """Where it comes from, as messages name it."""
    complete: bool = False
    """Whether it is a whole lock, which says all that there is, rather than a few packages of interest."""
    notes: tuple[str, ...] = ()
    wheels_only: bool = False
    """Whether an environment that would have to be compiled counts as one that cannot be."""

    def version(self, package: str) -> str:
        """The version that a package is pinned to; empty where it is not."""
        found = _EXACT.match(self.packages.get(package, ""))
        return found.group(1).strip() if found else ""

    def but(self, changes: Mapping[str, str | None]) -> Target:
        """The same with other specifiers for some packages; None takes a package away."""
        packages = {
            name: spec for name, spec in {**self.packages, **changes}.items() if spec is not None
        }
        return replace(self, packages=packages)


def parse(text: str, *, option: str) -> Target:
    """Read ``scikit-learn==1.9.1 numpy==2.4``, the path of a lock file, or ``REVISION:PATH``.

    Raises `ConfigError` with every mistake.
    """
    if "\x00" in text:
        raise ConfigError([f"{option}: holds a sign that no version and no path has"])
    first, _, python = text.strip().partition(" ")
    if _is_file(text) or _looks_like_file(text.strip()):
        return _lock(text.strip(), option, "")
    if (found := _PYTHON.match(python.strip())) and (_is_file(first) or _looks_like_file(first)):
        return replace(_lock(first, option, found.group(1)), python=found.group(1))
    return of_requirements(re.split(r"[\s,]+(?=[A-Za-z])|\s*;\s*$", text.strip()), option=option)


def _is_file(text: str) -> bool:
    try:
        return Path(text).expanduser().is_file()
    except (RuntimeError, OSError):  # a home that nobody has, a name that is too long
        return False


def _looks_like_file(text: str) -> bool:
    one = " " not in text.strip()
    return one and (
        text.endswith((".txt", ".lock", ".toml", ".yml", ".yaml", ".json", ".in"))
        or (":" in text and "=" not in text and "://" not in text)
    )


def of_requirements(texts: Sequence[str], *, option: str) -> Target:
    """Requirements one by one; ``python==3.12`` chooses the interpreter."""
    packages: dict[str, str] = {}
    python, problems = None, []
    for text in (each.strip() for each in texts):
        if not text:
            continue
        if found := _PYTHON.match(text):
            python = found.group(1)
            continue
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            problems.append(f"{option} {text!r}: not a requirement")
            continue
        if requirement.url:
            problems.append(
                f"{option} {text!r}: only releases of the package index can be measured"
            )
            continue
        name = str(canonicalize_name(requirement.name))
        if not requirement.specifier and re.search(r"(^|-)\d", name):
            problems.append(
                f"{option} {text!r}: names no version (write {RENAMED.get(name.split('-', maxsplit=1)[0], 'scikit-learn')}==1.9.1)"
            )
            continue
        if name == "python":
            problems.append(
                f"{option} {text!r}: name one minor version of Python, such as python==3.12"
            )
            continue
        packages[RENAMED.get(name, name)] = str(requirement.specifier)
    if problems:
        raise ConfigError(
            problems,
            hint=f'{option} "scikit-learn==1.9.1 numpy==2.4", or {option} requirements.txt',
        )
    if not packages and python is None:
        raise ConfigError(
            [f"{option}: names no package"],
            hint=f'{option} "scikit-learn==1.9.1", or {option} requirements.txt',
        )
    return Target(packages=packages, python=python, source=" ".join(texts).strip())


def _lock(text: str, option: str, python: str) -> Target:
    """A lock for the Python that is named, else for the one that its own versions say, else for ours, or the newest it allows."""
    found = read_locked(text, option=option, minor=python)
    minor = python or found.python or _allowed(found.pythons)
    if minor not in (found.minor, OWN_PYTHON if not found.minor else found.minor):
        found = read_locked(text, option=option, minor=minor)
    return of_lock(found, text)


def _allowed(pythons: str) -> str:
    """Our own version of Python if a specifier allows it, else the newest that it does."""
    try:
        specifiers = SpecifierSet(pythons.replace("^", "~="))
    except InvalidSpecifier:
        return OWN_PYTHON
    known = [OWN_PYTHON, *sorted(FIRST_RELEASES, key=minor_key, reverse=True)]
    return next((each for each in known if specifiers.contains(f"{each}.99")), OWN_PYTHON)


def of_lock(locked: Locked, source: str) -> Target:
    """A lock file as what is wanted."""
    notes = [f"{source}: cannot use {each}" for each in locked.unusable[:10]]
    notes += (
        [f"{source}: cannot use {len(locked.unusable) - 10} more"]
        if len(locked.unusable) > 10
        else []
    )
    python = locked.python
    if (
        python is None and locked.by_python
    ):  # markers were evaluated for this one, so that one it is
        python = locked.minor or OWN_PYTHON
        notes.append(
            f'{source}: its markers were evaluated for Python {python} ("{source} python==3.12" names another)'
        )
    return Target(
        packages=locked.packages, python=python, source=source, complete=True, notes=tuple(notes)
    )


def same_version(a: str, b: str) -> bool:
    """Whether two texts are the same version (``1.9`` is ``1.9.0``)."""
    try:
        return Version(a) == Version(b)
    except InvalidVersion:
        return a == b
