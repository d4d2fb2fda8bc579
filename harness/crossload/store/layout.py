"""The version of a store's layout, the upgrade of older ones, and the errors of disks."""

from __future__ import annotations

import errno
import json
import os
from typing import TYPE_CHECKING

from crossload.derived import write_text
from crossload.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCHEMA = 2
"""Version of the layout and of the records; `_UPGRADES` says how older ones become this one."""

# EDQUOT: the user's share of the disk is full; EFBIG: the limit of one file (`ulimit -f`).  To the
# user all three are the same: make room, nothing is lost.
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Error numbers of a write for which there is no room."""


def check(root: Path) -> int:
    """Read the version of a store's layout.

    Returns
    -------
    int
        The schema; 0 for a store that is new.

    Raises
    ------
    StoreError
        The store is of a newer program, or its ``schema.json`` cannot be read.
    """
    # schema 1 had no schema.json
    path = root / "schema.json"
    if not path.exists():
        return 1 if any((root / "journals").glob("*.jsonl")) else 0
    found = schema_of(root)
    if found is None and _is_ours(root):
        # all is damaged: each file is set aside when it is read
        found = SCHEMA
    if found is None:
        error = "it is damaged, and no journal tells"
        msg = f"{path} cannot be read: {error}"
        raise StoreError(
            msg, hint="this is not a store of crossload, or a damaged one: name another folder"
        )
    if found > SCHEMA:
        msg = f"the store {root} has schema {found}, this crossload knows {SCHEMA} and older"
        raise StoreError(
            msg, hint="it was written by a newer crossload: upgrade crossload, or use another store"
        )
    return found


def schema_of(root: Path) -> int | None:
    """Read the schema of a store that has a ``schema.json``, else of its journals.

    Returns
    -------
    int or None
        None where nothing tells.
    """
    try:
        return int(json.loads((root / "schema.json").read_text(encoding="utf-8"))["schema"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        heads = [_schema_of_journal(path) for path in (root / "journals").glob("*.jsonl")]
        return max((head for head in heads if head is not None), default=None)


def _is_ours(root: Path) -> bool:
    """Tell whether a folder without a readable schema is a store, and not something of others."""
    if root.parent.name == ".crossload":
        return True
    return any((root / "journals").glob("*.jsonl")) or any((root / "artifacts").glob("*/*"))


def _schema_of_journal(path: Path) -> int | None:
    try:
        with path.open("rb") as stream:
            found = json.loads(stream.readline(1000))
        return int(found["schema"]) if found["kind"] == "journal" else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _is_whole(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_text(encoding="utf-8"))["schema"], int)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def upgrade(root: Path) -> list[str]:
    """Make a store of an older schema one of this schema; only while it is held alone.

    Returns
    -------
    list of str
        What each step did, in words.

    Raises
    ------
    StoreError
        The store is of a newer program, or its ``schema.json`` cannot be read.
    """
    found = check(root)
    path = root / "schema.json"
    if found == SCHEMA and _is_whole(path):
        return []
    if found == SCHEMA:
        write_text(path, json.dumps({"schema": SCHEMA}) + "\n")
        return ["schema.json (it was damaged, and is written anew)"]
    notes = [step(root) for step in _UPGRADES[max(found - 1, 0) :]] if found else []
    # after all steps, and by renaming: a store whose upgrade was killed is upgraded again
    write_text(path, json.dumps({"schema": SCHEMA}) + "\n")
    return notes


def _from_schema_1(root: Path) -> str:
    """Set the journals of schema 1 aside."""
    # its keys digested the whole of a recipe file and of the worker code: nothing can be found by
    # them any more
    folder = root / "aside" / "schema-1"
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for path in (root / "journals").glob("*.jsonl"):
        path.rename(folder / path.name)
        count += 1
    return (
        f"{count} journals of schema 1 (moved to aside/schema-1; their outcomes are measured anew)"
    )


_UPGRADES: list[Callable[[Path], str]] = [_from_schema_1]
"""``_UPGRADES[n - 1]`` makes schema n into n + 1 and says what it did."""


def disk_error(error: OSError) -> StoreError:
    """Give the `StoreError` of an error of the disk, with what to do about it."""
    if error.errno in DISK_FULL:
        return StoreError(
            f"the disk is full: {error.strerror}",
            hint="make room and run the same command again: what was measured is kept",
        )
    what = os.strerror(error.errno) if error.errno else str(error)
    where = f" ({error.filename})" if error.filename else ""
    return StoreError(
        f"the store cannot be written: {what}{where}", hint="check the rights of its folder"
    )


def system_error(error: OSError) -> StoreError:
    """Give the `StoreError` of any other error of the system, with what to do about it."""
    if error.errno in DISK_FULL:
        return disk_error(error)
    what = os.strerror(error.errno) if error.errno else (str(error) or type(error).__name__)
    where = f": {error.filename}" if error.filename else ""
    return StoreError(f"the system refuses it: {what}{where}", hint=_HINTS.get(error.errno, _HINT))


_HINT = "put that right and run the same command again: what was measured is kept"

_HINTS: dict[int | None, str] = {
    errno.EACCES: "check the rights of this file and its folder",
    errno.EPERM: "check the rights of this file and its folder",
    errno.EROFS: "this file system can only be read: work in another folder",
    errno.EMFILE: "raise the limit of open files (`ulimit -n`), or use fewer --jobs",
    errno.ENFILE: "this machine has too many files open: try again later",
    errno.ENOMEM: "this machine is short of memory: use fewer --jobs",
    errno.EAGAIN: "raise the limit of processes (`ulimit -u`), or use fewer --jobs",
    errno.EIO: "check the disk",
}
"""What to do about errors of the system."""
