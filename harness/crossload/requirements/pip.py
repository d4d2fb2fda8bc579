"""Reads lists of requirements for pip: ``requirements.txt`` with includes, constraints, hashes.

https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

from crossload import limits
from crossload.requirements.bounds import LARGEST, read_bytes, top_of, within
from crossload.requirements.locked import InvalidLock, Locked

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_INCLUDE = re.compile(r"(-r|--requirement|-c|--constraint)[\s=]*[\"']?([^\"'\s]+)")

_INDEX_OPTIONS = (
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "--pre",
    "--no-index",
)
"""Options that change where packages come from, which a lock file must not decide."""

_DEEPEST = 5
"""Files that include each other."""

_MOST_FILES = 100
"""Files that are included in all."""

_LONGEST = 2000
"""Characters of one requirement, without its hashes."""

_SCHEME = re.compile(r"((git|hg|svn|bzr)\+)?(https?|ssh|git|file|svn|lp)://")
_PATH = re.compile(r"[\w./~-]*/|[a-z+]+://")
"""The beginnings of a URL and of a path without a name: ``git+https://``, ``./wheels/``."""


def matches(name: str, text: str) -> bool:  # noqa: ARG001 - the interface of all formats
    """Take any file: it has no mark by which it could be told."""
    return True


def read(text: str, *, folder: Path | None, minor: str) -> Locked:
    """Read a list of requirements with the files that it includes.

    Raises
    ------
    InvalidLock
        It includes too many files, too much, or itself.
    """
    found = Locked(kind="requirements.txt", minor=minor)
    reader = _Reader(found, top_of(folder) if folder else None)
    reader.take_lines(text, folder)
    # they hold for what is required, and require nothing themselves: all lines are read first
    for requirement in reader.constraints:
        found.require(requirement.name, requirement.specifier)
    return found


def take_lines(text: str, found: Locked) -> None:
    """Add the requirements of a text, which may include no files, to a lock of another format."""
    _Reader(found, None).take_lines(text, None)


@dataclass(slots=True)
class _Reader:
    """Goes through a list and the lists that it includes."""

    found: Locked
    top: Path | None
    """Folder that no included file lies outside of; None where nothing may be included."""
    constraints: list[Requirement] = field(default_factory=list)
    files: int = 0
    """Files that were included."""
    left: int = LARGEST
    """Bytes that all files together may still have."""
    done: set[tuple[Path, bool]] = field(default_factory=set)
    """Files that were included, and whether as constraints: once is enough."""
    asked: set[tuple[Path | None, str, bool]] = field(default_factory=set)
    """The same by folder and name: to resolve a name costs more than to read its line."""

    def take_lines(
        self, text: str, folder: Path | None, depth: int = 0, *, constrains: bool = False
    ) -> None:
        for number, line in _logical_lines(text):
            limits.check()
            if nested := _INCLUDE.match(line):
                inner = constrains or nested.group(1) in ("-c", "--constraint")
                self._include(nested.group(2), folder, depth, number=number, constrains=inner)
            elif line.startswith(("-e", "--editable")):
                self.found.refuse(f"an editable project in line {number}")
            elif scheme := _SCHEME.match(line):
                self.found.refuse(f"{scheme.group()}...")
            elif _PATH.match(line):
                self.found.refuse(f"a path in line {number}")
            elif line.startswith("-"):
                option = re.split(r"[\s=]", line, maxsplit=1)[0]
                if option in _INDEX_OPTIONS:
                    why = "packages come from the index that uv and pip are set to"
                    self.found.unusable.append(f"the option {option}: {why}")
            else:
                # hashes are of files of the lock's platform; uv finds those of this one anew
                words = " ".join(line.split()).split(" --", maxsplit=1)[0]
                self._take_requirement(words, number=number, constrains=constrains)

    def _include(
        self, name: str, folder: Path | None, depth: int, *, number: int, constrains: bool
    ) -> None:
        """Take in the lines of an included file, which lies in the project."""
        if (folder, name, constrains) in self.asked:
            return
        self.asked.add((folder, name, constrains))
        # whoever writes a lock must not read other files: with -r /proc/self/environ their lines
        # would be taken for requirements
        path = within(folder / name, self.top) if folder and self.top else None
        if path is None or not path.is_file():
            where = "of the project" if self.top else "beside it"
            self.found.refuse(f"an included file in line {number}: there is none {where}")
            return
        if (path, constrains) in self.done:
            return  # it includes itself, or two files include it
        self.done.add((path, constrains))
        self.files += 1
        if depth > _DEEPEST or self.files > _MOST_FILES:
            msg = f"more than {_MOST_FILES} files, or more than {_DEEPEST} within each other"
            raise InvalidLock(msg)
        content = read_bytes(path, self.left)
        self.left -= len(content)
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            msg = f"the included file {os.path.relpath(path, self.top)} is no text"
            raise InvalidLock(msg) from error
        self.take_lines(text, path.parent, depth + 1, constrains=constrains)

    def _take_requirement(self, text: str, *, number: int, constrains: bool) -> None:
        try:
            # the same sign thousands of times may be a marker within a marker
            requirement = Requirement(text) if len(text) <= _LONGEST else None
        except (InvalidRequirement, RecursionError, ValueError):
            requirement = None
        if requirement is None:
            self.found.refuse(f"line {number}, which is no requirement")
        elif requirement.url:
            scheme = _SCHEME.match(requirement.url)
            self.found.refuse(f"{requirement.name} @ {scheme.group() if scheme else ''}...")
        elif self.found.applies(str(requirement.marker or "")):
            if constrains:
                self.constraints.append(requirement)
            else:
                self.found.require(requirement.name, requirement.specifier)


def _logical_lines(text: str) -> Iterable[tuple[int, str]]:
    """Give the lines without comments, the continued ones joined, each with its number."""
    # comments first: a line of comment that ends in a backslash does not go on, and one between
    # continued lines ends them, as in pip (https://github.com/pypa/pip/pull/3170)
    parts: list[str] = []
    first = 0
    for number, line in enumerate(text.splitlines(), start=1):
        first = first if parts else number
        bare = re.sub(r"(^|\s)#.*$", "", line).rstrip(" \t")
        parts.append(bare.removesuffix("\\"))
        if bare.endswith("\\"):
            continue
        if joined := " ".join(parts).strip():
            yield first, joined
        parts = []
    if joined := " ".join(parts).strip():
        yield first, joined
