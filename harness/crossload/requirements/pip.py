"""Reads lists of requirements for pip: ``requirements.txt`` with includes, constraints, hashes.

https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

from crossload.requirements.locked import Locked

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
"""Files that include each other: more is a circle."""


def matches(name: str, text: str) -> bool:  # noqa: ARG001 - the interface of all formats
    """Take any file: it has no mark by which it could be told."""
    return True


def read(text: str, *, folder: Path | None, minor: str) -> Locked:
    """Read a list of requirements with the files that it includes."""
    found = Locked(kind="requirements.txt", minor=minor)
    reader = _Reader(found, folder)
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

    def take_lines(
        self, text: str, folder: Path | None, depth: int = 0, *, constrains: bool = False
    ) -> None:
        for line in _logical_lines(text):
            if nested := _INCLUDE.match(line):
                path = self._included(nested.group(2), folder) if depth <= _DEEPEST else None
                if path is None:
                    self.found.refuse(line)
                    continue
                inner = constrains or nested.group(1) in ("-c", "--constraint")
                content = path.read_text(encoding="utf-8-sig")
                self.take_lines(content, path.parent, depth + 1, constrains=inner)
            # paths and URLs without a name: ./wheels/x.whl, git+https://...
            elif line.startswith(("-e", "--editable")) or re.match(r"[\w./~-]*/|[a-z+]+://", line):
                self.found.refuse(line)
            elif line.startswith("-"):
                option = re.split(r"[\s=]", line)[0]
                if option in _INDEX_OPTIONS:
                    why = "packages come from the index that uv and pip are set to"
                    self.found.unusable.append(f"the option {option}: {why}")
            else:
                # hashes are of files of the lock's platform; uv finds those of this one anew
                self._take_requirement(re.split(r"\s+--", line)[0].strip(), constrains=constrains)

    def _included(self, name: str, folder: Path | None) -> Path | None:
        """Find an included file; None outside of the folder of the lock."""
        # whoever writes a lock must not read other files: a line that is no requirement is
        # shown to the user, and with -r /proc/self/environ that line would hold secrets
        if folder is None or self.top is None:
            return None
        try:
            path = (folder / name).resolve()
            return path if path.is_relative_to(self.top.resolve()) and path.is_file() else None
        except (ValueError, OSError):  # a name that no file can have
            return None

    def _take_requirement(self, text: str, *, constrains: bool) -> None:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            self.found.refuse(text)
            return
        if requirement.url:
            self.found.refuse(text)
        elif self.found.applies(str(requirement.marker or "")):
            if constrains:
                self.constraints.append(requirement)
            else:
                self.found.require(requirement.name, requirement.specifier)


def _logical_lines(text: str) -> Iterable[str]:
    # comments first: a line of comment that ends in a backslash does not go on, and one between
    # continued lines ends them, as in pip (https://github.com/pypa/pip/pull/3170)
    bare = "\n".join(re.sub(r"(^|\s)#.*$", "", line) for line in text.splitlines())
    for line in re.sub(r"\\[ \t]*\n", " ", bare).splitlines():
        if stripped := line.strip():
            yield stripped
