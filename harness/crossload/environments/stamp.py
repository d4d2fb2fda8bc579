"""The stamp of an environment: what it was built from, and that nobody changed its files since.

The time of the stamp's own file is when the environment was last seen to be good. What was measured
after that time, in an environment that turns out to be changed, is in doubt.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from crossload.environments.bytecode import LISTING, MARK, read_listing, write_listing

if TYPE_CHECKING:
    from pathlib import Path

STAMP = "crossload-stamp.json"
"""Name of the stamp within the folder of an environment."""

_CACHE = "__pycache__"

# uv keeps a lock file in the environments that it works in
_NOT_INSTALLED = (STAMP, LISTING, MARK, ".lock")
"""Beginnings of the names at the top of an environment that are no part of what was installed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """The facts from which an environment was built; another set of fields means: build anew."""

    python: str
    build: str
    lock: str
    uv: str
    base: str
    base_mtime: int
    files: str
    """Digest of sizes and times of all installed files; empty once they were found changed."""
    doubts: tuple[tuple[int, int], ...] = ()
    """Spans (from, to) in which the files were changed, in nanoseconds; 0 while one lasts."""


def read_stamp(folder: Path) -> Stamp | None:
    """Read the stamp of an environment; None where it is missing, damaged or of another version."""
    try:
        found = json.loads((folder / STAMP).read_text(encoding="utf-8"))
        doubts = tuple((int(since), int(until)) for since, until in found.pop("doubts", ()))
        stamp = Stamp(**found, doubts=doubts)
        facts = asdict(stamp)
        # a file may be any JSON: each fact must be of the type that it has here
        whole = isinstance(facts.pop("base_mtime"), int) and facts.pop("doubts") is not None
        return stamp if whole and all(isinstance(each, str) for each in facts.values()) else None
    except (OSError, ValueError, TypeError, AttributeError):
        return None  # not built, or by something else: build it anew


def write_stamp(folder: Path, stamp: Stamp) -> None:
    """Write the stamp, whole or not at all; from now on the environment counts as seen good."""
    part = folder / f"{STAMP}.part"
    part.write_text(json.dumps(asdict(stamp), indent=1), encoding="utf-8")
    part.replace(folder / STAMP)


def files_of(folder: Path) -> tuple[str, dict[str, list[int]]]:
    """Look at all files of an environment, by size and time alone.

    Byte code comes and goes as modules are imported, so it is no part of the digest.

    Parameters
    ----------
    folder
        The folder of the environment.

    Returns
    -------
    tuple
        The digest of what was installed; and size and time of each file of byte code, by its path.
    """
    # 7,000 files take 40 ms, 14,000 of TensorFlow 135 ms: one listing a folder, one lstat a file,
    # and no path is put together but for byte code. Threads make it slower (they share one lock).
    top = str(folder.resolve())  # environments may be links to those of another project
    state, compiled = hashlib.sha256(), dict[str, list[int]]()
    stack = [top]
    while stack:
        place = stack.pop()
        # paths within the environment: it may be moved as a whole
        inner = place[len(top) :].replace(os.sep, "/")
        in_cache = place.endswith(_CACHE)
        found = []
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    stack.append(entry.path)
                    continue
                if not inner and entry.name.startswith(_NOT_INSTALLED):
                    continue
                facts = entry.stat(follow_symlinks=False)
                if in_cache and ".pyc" in entry.name:
                    # Python writes a.pyc.140234 and renames it: another process may be at it
                    if entry.name.endswith(".pyc"):
                        compiled[f"{inner}/{entry.name}"[1:]] = [facts.st_size, facts.st_mtime_ns]
                else:
                    found.append((entry.name, facts.st_size, facts.st_mtime_ns))
        if found:
            found.sort()
            state.update(repr((inner, found)).encode("utf-8", "surrogateescape"))
    return state.hexdigest(), compiled


def look(folder: Path, stamp: Stamp) -> bool:
    """Look whether an environment is as it was built; note that it is, or since when it is not.

    Parameters
    ----------
    folder
        The folder of the environment.
    stamp
        Its stamp.

    Returns
    -------
    bool
        False where a file was changed, added or removed. The stamp says so then, for every other
        process and run: such an environment is to be built anew.
    """
    if not stamp.files:
        return False
    began = time.time_ns()
    try:
        digest, compiled = files_of(folder)
    except (FileNotFoundError, NotADirectoryError):
        digest, compiled = "", {}  # something goes while we look
    known = read_listing(folder)
    # byte code that went is compiled again; what is new was compiled since, by an import
    good = (
        digest == stamp.files
        and known is not None
        and all(compiled.get(path, facts) == facts for path, facts in known.items())
    )
    if not good:
        condemn(folder, stamp)
        return False
    try:
        if known is not None and compiled.keys() - known.keys():
            write_listing(folder, compiled)
        os.utime(folder / STAMP, ns=(began, began))
    except OSError:
        pass  # somebody else's environment: what is in doubt begins earlier, that is all
    return True


def condemn(folder: Path, stamp: Stamp, *, since: int | None = None) -> None:
    """Note in the stamp of an environment that its files are not what was installed.

    Parameters
    ----------
    folder
        The folder of the environment.
    stamp
        Its stamp.
    since
        Time in nanoseconds from which it is in doubt; by default when it was last seen good.
    """
    try:
        start = (folder / STAMP).stat().st_mtime_ns if since is None else since
        write_stamp(folder, replace(stamp, files="", doubts=(*stamp.doubts, (start, 0))))
    except OSError:
        # it cannot be written: whoever looks next finds out as well
        return


def ended(doubts: tuple[tuple[int, int], ...], now: int) -> tuple[tuple[int, int], ...]:
    """End the spans of doubt that last: the environment is built anew at this time."""
    return tuple((since, until or now) for since, until in doubts)
