"""The version of a store's layout, the upgrade of older ones, and the errors of disks."""

from __future__ import annotations

import errno
import json
import os
from typing import TYPE_CHECKING

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
    try:
        found = int(json.loads(path.read_text(encoding="utf-8"))["schema"])
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{path} cannot be read: {error}"
        raise StoreError(
            msg, hint="this is not a store of crossload, or a damaged one: name another folder"
        ) from error
    if found > SCHEMA:
        msg = f"the store {root} has schema {found}, this crossload knows {SCHEMA} and older"
        raise StoreError(
            msg, hint="it was written by a newer crossload: upgrade crossload, or use another store"
        )
    return found


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
    if found == SCHEMA:
        return []
    notes = [step(root) for step in _UPGRADES[max(found - 1, 0) :]] if found else []
    # after all steps, and by renaming: a store whose upgrade was killed is upgraded again
    part = root / "schema.json.part"
    part.write_text(json.dumps({"schema": SCHEMA}) + "\n", encoding="utf-8")
    part.replace(root / "schema.json")
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
