"""The versions that a user names: requirements, a lock file, or a git revision of one."""

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
from crossload.requirements import Locked, read_locked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RENAMED = {"sklearn": "scikit-learn", "tf": "tensorflow", "skl": "scikit-learn"}
"""Names that people write for packages that are called otherwise in the index."""

OWN_PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
"""Minor version of the Python that runs crossload."""

# Python is no package of an index, and an environment is made for a minor version of it: a patch
# release is accepted and ignored
_PYTHON = re.compile(r"^python\s*(?:={1,2}|~=|)\s*(3\.\d+)(?:\.\d+|\.\*)?$", re.IGNORECASE)
# a wildcard ("==1.2.*") or a second specifier leaves the version open
_EXACT = re.compile(r"^==\s*([^,*]+)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Versions of packages that a model is loaded with, and what else the user said of them."""

    packages: Mapping[str, str]
    """Specifier by canonical name of the package; empty for any version."""
    python: str | None = None
    as_of: str = ""
    """Day as of which the rest is resolved; empty for the usual one."""
    source: str = ""
    """The text or file that it comes from, as messages name it."""
    complete: bool = False
    """True for a whole lock, which names all packages, rather than a few of interest."""
    notes: tuple[str, ...] = ()
    wheels_only: bool = False
    """True where an environment that would have to be compiled counts as impossible.

    Searches set it: compiling takes minutes for each of many environments.
    """

    def version(self, package: str) -> str:
        """Give the version that a package is pinned to; empty where it is not."""
        found = _EXACT.match(self.packages.get(package, ""))
        return found.group(1).strip() if found else ""

    def with_packages(self, changes: Mapping[str, str | None]) -> Target:
        """Give a copy with other specifiers for some packages; None takes a package away."""
        packages = {
            name: spec for name, spec in {**self.packages, **changes}.items() if spec is not None
        }
        return replace(self, packages=packages)


def parse(text: str, *, option: str) -> Target:
    """Read the versions that a user names.

    Parameters
    ----------
    text
        Requirements such as ``scikit-learn==1.9.1 numpy==2.4``, the path of a lock file, or
        ``REVISION:PATH`` of one in git. A lock may be followed by ``python==3.12``.
    option
        The option or argument that the text comes from, for messages.

    Returns
    -------
    Target
        The versions; `Target.complete` where they come from a lock.

    Raises
    ------
    ConfigError
        The text is no list of requirements, or the lock cannot be read; it names every mistake.
    """
    # starting git with such an argument raises ValueError: no argument of a process can hold it
    if "\x00" in text:
        raise ConfigError([f"{option}: holds a sign that no version and no path has"])
    first, _, python = text.strip().partition(" ")
    if _is_file(text) or _looks_like_file(text.strip()):
        return _lock(text.strip(), option, "")
    if (found := _PYTHON.match(python.strip())) and (_is_file(first) or _looks_like_file(first)):
        return replace(_lock(first, option, found.group(1)), python=found.group(1))
    # requirements may be separated by commas too, but a comma within one (">=1,<2") is followed by
    # no letter
    # no comma, and no space beside "@", separates the name of a direct reference from its URL
    direct = re.sub(r"\s*@\s+|\s+@", "@", text.strip())
    return of_requirements(re.split(r"[\s,]+(?=[A-Za-z])|\s*;\s*$", direct), option=option)


def _is_file(text: str) -> bool:
    try:
        return Path(text).expanduser().is_file()
    except (
        RuntimeError,
        OSError,
    ):  # "~nobody/x" has no home; requirements may be longer than a name
        return False


def _looks_like_file(text: str) -> bool:
    """Say if a text is meant as a file, so that a missing one is not read as a requirement."""
    one = " " not in text.strip()
    return one and (
        text.endswith((".txt", ".lock", ".toml", ".yml", ".yaml", ".json", ".in"))
        or (":" in text and "=" not in text and "://" not in text)
    )


def of_requirements(texts: Sequence[str], *, option: str) -> Target:
    """Read requirements one by one; ``python==3.12`` chooses the interpreter.

    Raises
    ------
    ConfigError
        Some texts are no requirements of the package index, or none names a package.
    """
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
            problems.append(f"{option} {_shown(text)}: not a requirement")
            continue
        # environments are resolved as of a date, which URLs do not have
        if requirement.url:
            problems.append(
                f"{option} {_shown(text)}: only releases of the package index can be measured"
            )
            continue
        name = str(canonicalize_name(requirement.name))
        # "sklearn-1.9.1" is a valid name of a package, and never what somebody means by it
        if not requirement.specifier and re.search(r"(^|-)\d", name):
            meant = RENAMED.get(name.split("-", maxsplit=1)[0], "scikit-learn")
            problems.append(f"{option} {text!r}: names no version (write {meant}==1.9.1)")
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


def _shown(text: str) -> str:
    """Quote a text without what follows the scheme of a URL, which may hold a password."""
    return repr(re.sub(r"://.*", "://...", text, flags=re.DOTALL))


def _lock(text: str, option: str, python: str) -> Target:
    """Read a lock for a version of Python.

    It is the one that is named, else the one that the lock says, else ours if the lock allows it,
    else the newest that it allows. Markers are evaluated while a lock is read, so that it is read
    again where the first reading took another Python for granted.
    """
    found = read_locked(text, option=option, minor=python)
    minor = python or found.python or _allowed(found.pythons)
    if minor not in (found.minor, OWN_PYTHON if not found.minor else found.minor):
        found = read_locked(text, option=option, minor=minor)
    return of_lock(found, text)


def _allowed(pythons: str) -> str:
    """Give our own version of Python if a specifier allows it, else the newest that it does."""
    try:
        # ^3.11 is how Poetry writes "from 3.11 to below 4", which ~=3.11 means too
        specifiers = SpecifierSet(pythons[:400].replace("^", "~="))
    except (InvalidSpecifier, ValueError):
        return OWN_PYTHON
    # any patch release counts, and .99 is newer than all of them: ">=3.11.4" allows 3.11
    known = [OWN_PYTHON, *sorted(FIRST_RELEASES, key=minor_key, reverse=True)]
    return next((each for each in known if specifiers.contains(f"{each}.99")), OWN_PYTHON)


def of_lock(locked: Locked, source: str) -> Target:
    """Turn what a lock file says into a target, with notes about what cannot be used of it."""
    notes = [f"{source}: cannot use {each}" for each in locked.unusable[:10]]
    notes += (
        [f"{source}: cannot use {len(locked.unusable) - 10} more"]
        if len(locked.unusable) > 10
        else []
    )
    python = locked.python
    # its markers were evaluated for this Python, so that the environment must have it
    if python is None and locked.by_python:
        python = locked.minor or OWN_PYTHON
        notes.append(
            f"{source}: its markers were evaluated for Python {python} "
            f'("{source} python==3.12" names another)'
        )
    return Target(
        packages=locked.packages, python=python, source=source, complete=True, notes=tuple(notes)
    )


def same_version(a: str, b: str) -> bool:
    """Say if two texts are the same version (``1.9`` is ``1.9.0``)."""
    try:
        return Version(a) == Version(b)
    except InvalidVersion:
        return a == b
