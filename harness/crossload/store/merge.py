"""Joins stores: the journals of all, and what they refer to.

A journal is named by time and run, and never changed once its run is over; joining is the union
of named files.  So it does not matter in which order, in which groups, or how often stores are
joined.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from typing import TYPE_CHECKING

from crossload.errors import SelectionError, StoreError
from crossload.store.layout import SCHEMA

if TYPE_CHECKING:
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
    path = other / "schema.json"
    found = json.loads(path.read_text(encoding="utf-8")).get("schema") if path.exists() else 1
    if found != SCHEMA:
        msg = f"{other}: schema {found}, this crossload joins stores of schema {SCHEMA}"
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
                    _copy(path, target)
                    blobs += 1
    journals = 0
    for each in sorted((other / "journals").glob("*.jsonl")):
        journals += _join_journal(each, store.journals / each.name)
    return journals, blobs


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


def _copy(source: Path, target: Path) -> None:
    # renamed when it is whole: the runs of this store may be reading its folders
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    if source.is_dir():
        shutil.copytree(source, part, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, part)
    part.replace(target)
