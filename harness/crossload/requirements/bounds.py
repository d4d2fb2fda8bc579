"""Bounds of what is read as a lock: which files, how many bytes of them, how large a text of TOML.

Whoever proposes a change of a project writes its lock files, and what reads them runs where the
project's secrets are.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path

from crossload.requirements.locked import InvalidLock

LARGEST = 8 << 20
"""Bytes of one lock, or of a list with all that it includes; known ones have less than five
million."""

MOST_PARTS = 32
"""Parts of a dotted key of TOML; locks have at most four."""

_PROJECT = (".git", ".hg", "pyproject.toml")
"""Entries of a folder that is the top of a project."""


def top_of(folder: Path) -> Path:
    """Give the folder of the project that a folder belongs to; the folder itself where none is."""
    start = folder.resolve()
    marked = (
        each for each in (start, *start.parents) if any((each / n).exists() for n in _PROJECT)
    )
    # a home folder, or the top of a disk, may be under version control too: it holds other things
    found = next(marked, start)
    return start if found in (Path.home(), Path(found.anchor)) else found


def within(path: Path, top: Path) -> Path | None:
    """Resolve links; None for what lies outside of a folder or is of its version control."""
    # the configuration of a checkout holds the token of the CI service that made it
    # (https://github.com/actions/checkout, persist-credentials)
    try:
        found = path.resolve()
        inside = found.is_relative_to(top) and not {".git", ".hg"} & set(found.parts)
    except (ValueError, OSError, RuntimeError):  # a name that no file can have, a loop of links
        return None
    return found if inside else None


def read_bytes(path: Path, most: int = LARGEST) -> bytes:
    """Read a regular file of a limited size.

    Raises
    ------
    InvalidLock
        It is larger, or no regular file.
    """
    with path.open("rb") as file:
        # pipes and devices never end; those of /proc say that they have no bytes at all
        if not stat.S_ISREG(path.stat().st_mode):
            msg = "not a regular file"
            raise InvalidLock(msg)
        found = file.read(most + 1)
    check_size(len(found), most)
    return found


def check_size(size: int, most: int = LARGEST) -> None:
    """Raise `InvalidLock` for more bytes than a lock has."""
    if size > most:
        msg = f"more than {LARGEST >> 20} MB, which no lock has"
        raise InvalidLock(msg)


# The strings and comments of TOML, the signs that end a key, and the dots between its parts.  All
# repetitions are possessive, so that nothing is tried twice: https://docs.python.org/3/library/re.html
_TOML = re.compile(
    r'"""(?:[^"\\]++|\\.|"(?!""))*+"""'
    r"|'''(?:[^']++|'(?!''))*+'''"
    r'|"(?:[^"\\\n]++|\\[^\n])*+"'
    r"|'[^'\n]*+'"
    r"|#[^\n]*+"
    r"|(?P<end>[\n=,\[\]{}])"
    r"|(?P<dot>\.)"
    r"|(?P<open>[\"'])"
    r"|[^\"'#\n=,\[\]{}.]++",
    re.DOTALL,
)


def check_toml(text: str) -> None:
    """Raise `InvalidLock` for keys of more parts than any lock has.

    The time and the memory that `tomllib` takes for a key grow with the square of its parts: 50,000
    of them, in a file of 100 kB, take 9 GB.
    """
    dots = 0
    for token in _TOML.finditer(text):
        kind = token.lastgroup
        if kind == "dot":
            dots += 1
            if dots >= MOST_PARTS:
                line = text.count("\n", 0, token.start()) + 1
                msg = f"a key of more than {MOST_PARTS} parts in line {line}"
                raise InvalidLock(msg)
        elif kind == "end":
            dots = 0
        elif kind == "open":
            return  # a string that never ends: tomllib comes no further
