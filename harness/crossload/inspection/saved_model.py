"""Reads SavedModels: who wrote them, their layers, and what their graphs may reach."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from crossload.inspection.facts import Inspection, NotAModel, by_danger, recorded_version
from crossload.inspection.keras_config import add_names, parse_json
from crossload.inspection.protobuf import texts_of
from crossload.inspection.saved_graph import rated_graph
from crossload.inspection.streams import check_regular

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LARGEST_GRAPH = 200 << 20
"""Bytes of a saved_model.pb that is read: parts of it are copied, and all together must stay below
the limit of memory.  Weights are in files of their own."""

# Numbers of fields:
# https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/saved_model.proto
# https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/meta_graph.proto
# https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/saved_object_graph.proto
_META_GRAPHS = 2
_INFO, _OBJECTS = 1, 7  # of a MetaGraphDef
_TENSORFLOW_VERSION = 5  # of a MetaInfoDef
_USER_OBJECT, _METADATA = 4, 3  # of a SavedObject, of a SavedUserObject


def inspect_saved_model(path: Path, size: int) -> Inspection:
    """Read the folder of a SavedModel.

    Raises
    ------
    NotAModel
        A file in it is damaged, or too large to be looked at.
    """
    found = Inspection(path=path, format="savedmodel", size=size)
    if (path / "saved_model.cpb").exists():
        # releases differ in which of the two files they read
        msg = "it has a saved_model.cpb beside its saved_model.pb: it can be read in two ways"
        raise NotAModel(msg, hint="save it anew, as one file")
    try:
        metadata = path / "keras_metadata.pb"
        for graph in texts_of(_read(path / "saved_model.pb"), _META_GRAPHS):
            for info in texts_of(graph, _INFO):
                for version in texts_of(info, _TENSORFLOW_VERSION):
                    found.written = recorded_version(
                        "tensorflow", version, "meta information of saved_model.pb"
                    )
            found.names += rated_graph(graph)
            # Keras before 2.5 had its configurations here, and later releases still read them
            _add_configs(found, _keras_texts(graph))
        if metadata.exists():
            # SavedMetadata.nodes = 1, SavedObject.metadata = 5, the latter a JSON text; Keras 2
            # alone writes this file
            texts = (text for node in texts_of(_read(metadata), 1) for text in texts_of(node, 5))
            _add_configs(found, texts)
        elif (path / "fingerprint.pb").exists() and not found.written:
            found.notes.append("written by TensorFlow 2.12 or later")
    except (ValueError, AttributeError, RecursionError) as error:
        msg = f"a damaged SavedModel: {str(error)[:200]}"
        raise NotAModel(msg, hint="copy the folder again, or save it anew") from error
    found.names = by_danger(dict.fromkeys(found.names))
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


def _add_configs(found: Inspection, texts: Iterator[bytes]) -> None:
    """Add the layers of Keras that a SavedModel describes, and what they name."""
    classes: Counter[str] = Counter()
    for text in texts:
        config = parse_json(text, "metadata")
        if not isinstance(config, dict):
            msg = "the description of a layer that is none"
            raise NotAModel(msg, hint="it is damaged, or no SavedModel")
        name = config.get("class_name")
        if isinstance(name, str):
            classes[name] += 1
        add_names(found, config)
    found.classes = {**found.classes, **classes}


def _keras_texts(graph: bytes) -> Iterator[bytes]:
    for objects in texts_of(graph, _OBJECTS):
        for node in texts_of(objects, 1):
            for user in texts_of(node, _USER_OBJECT):
                if any(each.startswith(b"_tf_keras") for each in texts_of(user, 1)):
                    yield from (text for text in texts_of(user, _METADATA) if text)


def _read(path: Path) -> bytes:
    check_regular(path)
    if path.stat().st_size > _LARGEST_GRAPH:
        msg = f"{path.name} has more than {_LARGEST_GRAPH >> 20} MB"
        raise NotAModel(msg)
    return path.read_bytes()
