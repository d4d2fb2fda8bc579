"""Joins stores: the journals of all, and what they refer to.

A journal is named by time and run, and never changed once its run is over; joining is the union
of named files.  So it does not matter in which order, in which groups, or how often stores are
joined.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from functools import partial
from typing import TYPE_CHECKING

from crossload.errors import SelectionError, StoreError
from crossload.store.layout import DISK_FULL, SCHEMA, schema_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crossload.store.store import Store


def store_in(folder: Path) -> Path:
    """Find the store in a folder: the folder itself, or where a project or a CI artifact has it.

    Raises
    ------
    SelectionError
        There is no store in the folder.
    """
    for place in (folder, folder / "store", folder / ".crossload" / "store"):
        if (place / "journals").is_dir():
            return place
    msg = f"{folder}: no store here"
    raise SelectionError(
        msg, hint="name the folder .crossload/store of a run, or one that holds it"
    )


def join(store: Store, other: Path) -> tuple[int, int]:
    """Take in everything of another store, by copying its files.

    Parameters
    ----------
    store
        The store that grows.
    other
        The folder of the other store, which is only read.

    Returns
    -------
    tuple of int
        The count of new journals, and of new files that they refer to.

    Raises
    ------
    StoreError
        The other store is of another schema.
    """
    found = schema_of(other)
    # schema 1 had no file and no number in its journals
    found = 1 if found is None and not (other / "schema.json").exists() else found
    if found != SCHEMA:
        known = "its schema.json and journals are damaged" if found is None else f"schema {found}"
        msg = f"{other}: {known}, this crossload joins stores of schema {SCHEMA}"
        raise StoreError(
            msg,
            hint="run `nox -s matrix` there with this crossload, which upgrades it, and join again",
        )
    # what journals refer to comes first: a reader of this store never sees an outcome without it
    blobs = 0
    for folder in store.blobs.folders:
        source = other / folder.name
        for each in sorted(source.iterdir()) if source.is_dir() else []:
            inner = (
                sorted(each.iterdir())
                if folder == store.blobs.artifacts and each.is_dir()
                else [each]
            )
            for path in inner:  # the same bytes may have been saved under two names
                target = folder / path.relative_to(source)
                # ".part": a run that was killed, or is writing it now
                if ".part" not in each.name and not target.exists():
                    target.parent.mkdir(exist_ok=True)
                    blobs += _took(store, path, partial(_copy, path, target))
    journals = 0
    for each in sorted((other / "journals").glob("*.jsonl")):
        journals += _took(store, each, partial(_join_journal, each, store.journals / each.name))
    return journals, blobs


def _took(store: Store, path: Path, take: Callable[[], int]) -> int:
    """Take a file in, or say that it cannot be read and go on: whoever needs it measures again."""
    try:
        return take()
    except OSError as error:
        if error.errno in DISK_FULL:
            raise
        text = error.strerror or type(error).__name__
        store.damage_notes.append(f"{path.name} (it was not joined: {text})")
        return 0


def _join_journal(source: Path, target: Path) -> int:
    text = source.read_bytes()
    if target.exists():
        # a journal only grows: the shorter of two was copied while its run went on
        there = target.read_bytes()
        if there.startswith(text):
            return 0
        # two files of one name, none the beginning of the other: somebody edited one; both count
        if not text.startswith(there):
            target = target.with_name(f"{target.stem}-{hashlib.sha256(text).hexdigest()[:8]}.jsonl")
            if target.exists():
                return 0
    _copy(source, target)
    return 1


def _copy(source: Path, target: Path) -> int:
    # renamed when it is whole: the runs of this store may be reading its folders
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    if source.is_dir():
        shutil.copytree(source, part, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, part)
    part.replace(target)
    return 1
