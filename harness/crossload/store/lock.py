"""The lock that says who uses a store: many runs at once, or one alone."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING

from filelock import ReadWriteLock, Timeout

from crossload.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def open_lock(path: Path, put_aside: Callable[[Path, str], None]) -> ReadWriteLock:
    """Open the database that is the lock of a store.

    Parameters
    ----------
    path
        Its file. It holds nothing, so that a damaged one is made anew.
    put_aside
        Called with what is damaged, and a text that says so.

    Returns
    -------
    ReadWriteLock
        A lock that nobody holds yet through this object.

    Raises
    ------
    StoreError
        It cannot be used.
    """
    for last in (False, True):
        try:
            # Readers are the runs, the writer is who rewrites journals (filelock has such locks
            # since 3.21: https://github.com/tox-dev/filelock/pull/399). By default all locks of a
            # path are one object within a process, and two stores would not keep each other out.
            lock = ReadWriteLock(path, is_singleton=False)
            # asked for once, because damage is found no earlier
            with suppress(Timeout):
                lock.acquire_read(blocking=False)
                lock.release()
        except (sqlite3.DatabaseError, ValueError, OSError) as error:
            # whoever uses the store has it locked, which takes a database that is whole
            damaged = not isinstance(error, (sqlite3.OperationalError, OSError))
            if last or not (damaged or path.is_dir()):
                msg = f"the lock of the store cannot be used: {error}"
                hint = f"check the disk and the rights; {path.name} may be deleted between runs"
                raise StoreError(msg, hint=hint) from error
            put_aside(path, f"{path.name} was damaged: it is made anew")
            for suffix in ("-journal", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
        else:
            return lock
    raise AssertionError  # both attempts return or raise
