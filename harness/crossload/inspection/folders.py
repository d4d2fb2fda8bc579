"""Reads models that are several files: a SavedModel, a checkpoint."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from crossload.inspection.facts import Inspection, NotAModel, recorded_version
from crossload.inspection.keras_hdf5 import inspect_hdf5
from crossload.inspection.protobuf import texts_of
from crossload.inspection.streams import check_regular

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST_GRAPH = 1 << 30
"""Bytes of a saved_model.pb that is read; protocol buffers end at twice that."""

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
        return _saved_model(path, size)
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


def _saved_model(path: Path, size: int) -> Inspection:
    found = Inspection(path=path, format="savedmodel", size=size)
    try:
        # SavedModel.meta_graphs = 2, MetaGraphDef.meta_info_def = 1, .tensorflow_version = 5
        # https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/meta_graph.proto
        for graph in texts_of(_read(path / "saved_model.pb"), 2):
            for info in texts_of(graph, 1):
                for version in texts_of(info, 5):
                    found.written = recorded_version(
                        "tensorflow", version, "meta information of saved_model.pb"
                    )
        metadata = path / "keras_metadata.pb"
        if metadata.exists():
            _add_keras_layers(found, metadata)
        elif (path / "fingerprint.pb").exists() and not found.written:
            found.notes.append("written by TensorFlow 2.12 or later")
    except (ValueError, AttributeError) as error:
        msg = f"a damaged SavedModel: {str(error)[:200]}"
        raise NotAModel(msg, hint="copy the folder again, or save it anew") from error
    if not found.written:
        msg = "saved_model.pb tells no version of TensorFlow"
        raise NotAModel(msg, hint="it is damaged, or no SavedModel")
    variables = path / "variables"
    if (
        variables.exists()
        and any(variables.iterdir())
        and not (variables / "variables.index").exists()
    ):
        found.notes.append("variables/variables.index is missing: the folder is not whole")
    return found


def _add_keras_layers(found: Inspection, metadata: Path) -> None:
    # SavedMetadata.nodes = 1, SavedObject.metadata = 5, the latter a JSON text; Keras 2 alone
    # writes this file
    classes: Counter[str] = Counter()
    for node in texts_of(_read(metadata), 1):
        for text in texts_of(node, 5):
            name = json.loads(text).get("class_name")
            if isinstance(name, str):
                classes[name] += 1
    found.classes = dict(classes)
    if "Lambda" in classes:
        found.notes.append("it has Lambda layers: loading executes the code in them")


def _read(path: Path) -> bytes:
    check_regular(path)
    if path.stat().st_size > _LARGEST_GRAPH:
        msg = f"{path.name} has more than {_LARGEST_GRAPH >> 30} GiB"
        raise NotAModel(msg)
    return path.read_bytes()


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
