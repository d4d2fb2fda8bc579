"""Reads models that are several files: a SavedModel, a checkpoint."""

from __future__ import annotations

import glob
import os
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from crossload import limits
from crossload.inspection import saved_model
from crossload.inspection.facts import Inspection, NotAModel
from crossload.inspection.keras_hdf5 import inspect_hdf5
from crossload.inspection.streams import check_regular

if TYPE_CHECKING:
    from pathlib import Path

_SSTABLE = bytes.fromhex("57fb808b247547db")
"""The last bytes of the index of a checkpoint, which is a table of LevelDB
(https://github.com/google/leveldb/blob/main/doc/table_format.md)."""


def inspect_folder(path: Path) -> Inspection:
    """Read a SavedModel, or the folder of a checkpoint.

    Raises
    ------
    NotAModel
        The folder is neither of them, or damaged.
    """
    size = _size_of(path)
    if (path / "saved_model.pb").exists():
        return saved_model.inspect_saved_model(path, size)
    if (path / "saved_model.pbtxt").exists():
        msg = "a SavedModel as text, which is not looked at"
        raise NotAModel(msg, hint="load it with TensorFlow, and save it anew")
    # training leaves one index a step; the last by its name is the one that people mean
    indexes = _named(path, "*.index")
    if indexes:
        return inspect_checkpoint(indexes[-1])
    weights = _named(path, "*.weights.h5")
    if len(weights) == 1:
        return inspect_hdf5(weights[0])
    msg = "a folder that holds no model" if any(path.iterdir()) else "an empty folder"
    raise NotAModel(
        msg, hint="folders that are models: SavedModel (saved_model.pb), checkpoints (*.index)"
    )


def _size_of(path: Path) -> int:
    """Sum up the bytes of the regular files in a folder and those in it."""
    # links are not followed: they may lead in circles, and out of the folder
    size, pending = 0, [os.fspath(path)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for each in entries:
                limits.check()
                if each.is_dir(follow_symlinks=False):
                    pending.append(each.path)
                elif each.is_file(follow_symlinks=False):
                    size += each.stat(follow_symlinks=False).st_size
    return size


def _named(folder: Path, pattern: str) -> list[Path]:
    """Give the entries of a folder whose names fit a pattern, sorted."""
    found = []
    with os.scandir(folder) as entries:
        for each in entries:
            limits.check()
            if fnmatchcase(each.name, pattern):
                found.append(folder / each.name)
    return sorted(found)


def is_index(path: Path) -> bool:
    """Tell whether a file is the index of a checkpoint, by its last bytes."""
    check_regular(path)
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - len(_SSTABLE)))
        return stream.read() == _SSTABLE


def inspect_checkpoint(path: Path) -> Inspection:
    """Read a TensorFlow checkpoint, by its index file.

    Raises
    ------
    NotAModel
        The file is no index, or the files with the data are missing.
    """
    if not is_index(path):
        msg = f"{path.name} is not the index of a checkpoint"
        raise NotAModel(msg, hint="it is damaged, or something else")
    parts = _named(path.parent, f"{glob.escape(path.stem)}.data-*")
    if not parts:
        msg = f"a checkpoint without its data: no {path.stem}.data-*"
        raise NotAModel(msg, hint="copy all files of the checkpoint")
    size = path.stat().st_size + sum(each.stat().st_size for each in parts)
    found = Inspection(path=path, format="checkpoint", size=size)
    found.notes.append(
        "weights alone: loading needs the code of the model;"
        " a checkpoint does not tell who wrote it"
    )
    return found
