"""The content of a lock file, whatever its format: versions by package, and what cannot be used."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from packaging.markers import (
    InvalidMarker,
    Marker,
    UndefinedComparison,
    UndefinedEnvironmentName,
    default_environment,
)
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from crossload import limits
from crossload.safe import printable

if TYPE_CHECKING:
    from collections.abc import Collection


_MOST_SPECIFIERS = 50
_MOST_UNUSABLE = 1000
_LONGEST_MARKER = 4000


class InvalidLock(Exception):
    """A lock file that breaks the rules of its format; ``hint`` says what to do."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(kw_only=True, slots=True)
class Locked:
    """The packages that a lock file asks for, with a specifier for each.

    Names and versions are checked before they are taken in: they end up in a requirements file
    for uv, and whoever writes a lock must not write options or URLs into that file with it.
    """

    kind: str
    packages: dict[str, str] = field(default_factory=dict)
    """Specifier by canonical name."""
    python: str | None = None
    unusable: list[str] = field(default_factory=list)
    """Descriptions of what it asks for that the package index does not have."""
    minor: str = ""
    """Version of Python, such as ``3.12``, that markers are evaluated for; empty for this one."""
    by_python: bool = False
    """Whether a marker asks for the version of Python, so that another one gives other packages."""
    pythons: str = ""
    """Versions of Python that the lock is for, as a specifier."""

    def add(self, name: object, version: object) -> None:
        """Take in an exact version; of several that a universal lock holds, the newest.

        What is no name or no version is refused, not raised.
        """
        limits.check()
        try:
            key, found = str(canonicalize_name(str(name), validate=True)), Version(str(version))
        # InvalidName and InvalidVersion are ValueErrors; so is what int() raises for a number of
        # more than 4,300 digits (https://docs.python.org/3/library/stdtypes.html#int-max-str-digits)
        except ValueError:
            self.refuse_package(name, "no version of the index")
            return
        before = self.packages.get(key, "").removeprefix("==")
        if before and before != str(found):
            known = _version_or_zero(before)
            self.refuse(f"{key} {min(known, found)} beside {max(known, found)}")
            if known >= found:
                return
        self.packages[key] = f"=={version}"

    def require(self, name: str, specifier: SpecifierSet) -> None:
        """Take in a specifier; all that are given for a package hold."""
        limits.check()
        key = str(canonicalize_name(name))
        together = SpecifierSet(self.packages.get(key, "")) & specifier
        if len(together) > _MOST_SPECIFIERS:
            msg = f"more than {_MOST_SPECIFIERS} specifiers for one package"
            raise InvalidLock(msg)
        self.packages[key] = str(together)

    def refuse(self, what: str) -> None:
        """Remember what cannot be used, for a message to the user.

        Parameters
        ----------
        what
            Words of the reader, and of the file at most names and versions that were understood as
            such: a line of a file that only pretends to be a lock may be a secret.
        """
        if len(self.unusable) < _MOST_UNUSABLE:
            # a URL may hold a password
            safe = what if "://" not in what else what.split("://", maxsplit=1)[0] + "://..."
            self.unusable.append(printable(safe[:400])[:80])

    def refuse_package(self, name: object, why: str = "") -> None:
        """Remember a package that cannot be used; what is no name is not shown."""
        shown = str(name)[:60]
        try:
            canonicalize_name(shown, validate=True)
        except InvalidName:
            shown = "a package whose name is none"
        self.refuse(f"{shown} ({why})" if why else shown)

    def applies(self, marker: object, *, groups: Collection[str] = ()) -> bool:
        """Tell whether a marker holds on this machine, for the Python that is asked for.

        What cannot be evaluated holds: a package too many is seen, one that is missing is not.

        Parameters
        ----------
        marker
            The text of a marker; anything else stands for no marker.
        groups
            Dependency groups that are installed, for ``dependency_groups`` of ``pylock.toml``.
        """
        limits.check()
        if not isinstance(marker, str) or not marker or len(marker) > _LONGEST_MARKER:
            return True
        self.by_python = self.by_python or re.search(r"python_(full_)?version", marker) is not None
        try:
            # the names that only lock files know: uv and Poetry write "extra == 'x'",
            # pylock.toml "'x' in extras" and "'x' in dependency_groups"
            # https://packaging.python.org/en/latest/specifications/pylock-toml/
            here: dict[str, Any] = {
                **default_environment(),
                "extras": set(),
                "dependency_groups": set(groups),
                "extra": "",
            }
            if self.minor:
                # no Python has had 99 patch releases: markers that ask for a patch release
                # are answered for the newest one of that minor version
                here |= {
                    "python_version": self.minor,
                    "python_full_version": f"{self.minor}.99",
                    "implementation_version": f"{self.minor}.99",
                }
            return Marker(marker).evaluate(here, context="lock_file")
        # brackets within brackets, and numbers of too many digits
        except (
            InvalidMarker,
            UndefinedEnvironmentName,
            UndefinedComparison,
            RecursionError,
            ValueError,
        ):
            return True


def minor_of(text: Any) -> str | None:
    """Find the one minor version of Python that a text names; None for a range."""
    # ~=3.11 allows 3.12 too, ~=3.11.2 does not; ~3.11 is how Poetry writes ==3.11.*
    wanted = str(text or "")[:100].strip()
    found = re.fullmatch(
        r"(?:(?:==|=|~(?!=))?\s*(3\.\d{1,3})(?:\.\d+|\.\*)?|~=\s*(3\.\d{1,3})\.\d+)", wanted
    )
    return (found.group(1) or found.group(2)) if found else None


def _version_or_zero(text: str) -> Version:
    # a Pipfile.lock and a requirements.txt leave specifiers here, which are no versions
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")
