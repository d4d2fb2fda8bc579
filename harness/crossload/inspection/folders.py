"""Reads models that are several files: a SavedModel, a checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossload.inspection import saved_model
from crossload.inspection.facts import Inspection, NotAModel
from crossload.inspection.keras_hdf5 import inspect_hdf5

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
    size = sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    if (path / "saved_model.pb").exists():
        return saved_model.inspect_saved_model(path, size)
    # training leaves one index a step; the last by its name is the one that people mean
    indexes = sorted(path.glob("*.index"))
    if indexes:
        return inspect_checkpoint(indexes[-1])
    weights = sorted(path.glob("*.weights.h5"))
    if len(weights) == 1:
        return inspect_hdf5(weights[0])
    msg = "a folder that holds no model" if any(path.iterdir()) else "an empty folder"
    raise NotAModel(
        msg, hint="folders that are models: SavedModel (saved_model.pb), checkpoints (*.index)"
    )


def is_index(path: Path) -> bool:
    """Tell whether a file is the index of a checkpoint, by its last bytes."""
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
    parts = sorted(path.parent.glob(f"{path.stem}.data-*"))
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
