"""Reads SavedModels: who wrote them, their layers, and what their graphs may reach."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

from crossload.inspection import keras_names
from crossload.inspection.facts import (
    Danger,
    ImportedName,
    Inspection,
    Kind,
    NotAModel,
    by_danger,
    recorded_version,
)
from crossload.inspection.keras_config import add_names
from crossload.inspection.protobuf import first_text, texts_of
from crossload.inspection.streams import check_regular
from crossload.inspection.tensorflow_ops import rate_operation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LARGEST_GRAPH = 1 << 30
"""Bytes of a saved_model.pb that is read; protocol buffers end at twice that."""

_SAVER = re.compile(rb"^__inference__?traced_(save|restore)(_\d+)?$")
"""Functions by which SavedModels of TensorFlow 2 save and restore their own variables."""

_SAVER_OPS = frozenset({"SaveV2", "RestoreV2", "MergeV2Checkpoints", "ShardedFilename"})

# Numbers of fields:
# https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/meta_graph.proto
# https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/graph.proto
# https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/function.proto
_META_GRAPHS = 2
_INFO, _GRAPH, _ASSETS, _OBJECTS = 1, 2, 6, 7  # of a MetaGraphDef
_TENSORFLOW_VERSION = 5  # of a MetaInfoDef
_NODES, _LIBRARY = 1, 2  # of a GraphDef
_FUNCTIONS = 1  # of a FunctionDefLibrary
_SIGNATURE, _BODY = 1, 3  # of a FunctionDef
_NAME, _OP, _INPUT, _ATTRIBUTE = 1, 2, 3, 5  # of a NodeDef
_FILENAME = 2  # of an AssetFileDef
_USER_OBJECT, _METADATA = 4, 3  # of a SavedObject, of a SavedUserObject


def inspect_saved_model(path: Path, size: int) -> Inspection:
    """Read the folder of a SavedModel.

    Raises
    ------
    NotAModel
        A file in it is damaged, or too large to be looked at.
    """
    found = Inspection(path=path, format="savedmodel", size=size)
    try:
        metadata = path / "keras_metadata.pb"
        for graph in texts_of(_read(path / "saved_model.pb"), _META_GRAPHS):
            for info in texts_of(graph, _INFO):
                for version in texts_of(info, _TENSORFLOW_VERSION):
                    found.written = recorded_version(
                        "tensorflow", version, "meta information of saved_model.pb"
                    )
            _add_graph(found, graph)
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
        config = json.loads(text)
        name = config.get("class_name")
        if isinstance(name, str):
            classes[name] += 1
        add_names(found, config)
    found.classes = {**found.classes, **classes}


def _keras_texts(graph: bytes) -> Iterator[bytes]:
    for objects in texts_of(graph, _OBJECTS):
        for node in texts_of(objects, 1):
            for user in texts_of(node, _USER_OBJECT):
                if first_text(user, 1).startswith(b"_tf_keras"):
                    yield from (text for text in texts_of(user, _METADATA) if text)


def _add_graph(found: Inspection, meta_graph: bytes) -> None:
    """Add the operations of a graph that may reach beyond the process, and paths of assets."""
    rated: dict[tuple[str, Danger], ImportedName] = {}
    for graph in texts_of(meta_graph, _GRAPH):
        functions = [
            function
            for library in texts_of(graph, _LIBRARY)
            for function in texts_of(library, _FUNCTIONS)
        ]
        names = {_function_name(each) for each in functions}
        nodes = texts_of(graph, _NODES)
        savers = _savers(nodes, functions)
        bodies = [(False, nodes)] + [
            (_function_name(each) in savers, texts_of(each, _BODY)) for each in functions
        ]
        for of_saver, body in bodies:
            for node in body:
                op = first_text(node, _OP)
                # a call of a function has its name in the place of the operation's
                if op not in names:
                    each = _operation(node, op.decode("utf-8", "replace"), of_saver=of_saver)
                    rated.setdefault((each.name, each.danger), each)
    shown = [each for each in rated.values() if each.danger is not Danger.KNOWN]
    # the harmless are hundreds, and tell nobody anything
    found.names += shown
    for asset in texts_of(meta_graph, _ASSETS):
        name = first_text(asset, _FILENAME).decode("utf-8", "replace")
        if name.startswith(("/", "\\")) or ".." in name or ":" in name:
            found.names.append(keras_names.path("asset of the SavedModel", name))
    found.names = by_danger(found.names)


def _operation(node: bytes, op: str, *, of_saver: bool) -> ImportedName:
    known = of_saver and op in _SAVER_OPS
    text = ""
    if op == "PrintV2":
        text = b" ".join(texts_of(node, _ATTRIBUTE)).decode("utf-8", "replace")
    each = rate_operation(op, of_loader=known, attributes=text)
    # graphs of TensorFlow 1 save and restore in the graph itself
    if not known and op in _SAVER_OPS and first_text(node, _NAME).startswith((b"save/", b"save_")):
        why = "saves or restores variables in a graph of TensorFlow 1"
        return ImportedName(
            module="graph",
            name=op,
            danger=Danger.UNKNOWN,
            called=True,
            kind=Kind.OPERATION,
            why=why,
        )
    return each


def _savers(nodes: list[bytes], functions: list[bytes]) -> set[bytes]:
    """Give the functions that the loader alone calls, with the path that it gives them.

    Another function, or a signature, that calls one of them could give it any path.
    """
    savers = {name for name in map(_function_name, functions) if _SAVER.match(name)}
    for function in functions:
        for node in texts_of(function, _BODY):
            savers -= _called(node, savers)
    for node in nodes:
        if not first_text(node, _INPUT).startswith(b"saver_filename"):
            savers -= _called(node, savers)
    return savers


def _called(node: bytes, savers: set[bytes]) -> set[bytes]:
    if not savers or b"traced_" not in node:
        return set()
    # the name stands as the operation, or within an attribute: anywhere in the node counts
    return {name for name in savers if name in node}


def _function_name(function: bytes) -> bytes:
    return first_text(first_text(function, _SIGNATURE), _NAME)


def _read(path: Path) -> bytes:
    check_regular(path)
    if path.stat().st_size > _LARGEST_GRAPH:
        msg = f"{path.name} has more than {_LARGEST_GRAPH >> 30} GiB"
        raise NotAModel(msg)
    return path.read_bytes()
