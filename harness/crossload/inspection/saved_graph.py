"""Says what the graphs of a SavedModel reach beyond their process: files, Python, other processes.

Each SavedModel has operations that save and restore its own variables, and models with
vocabularies have some that read them.  They are harmless as long as the path is the one that the
loader gives them, so that the way of the path through the graph is followed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crossload.inspection import keras_names, tensorflow_ops
from crossload.inspection.facts import Danger, ImportedName
from crossload.inspection.protobuf import only_text, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Numbers of fields:
# https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/meta_graph.proto
# https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/graph.proto
# https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/function.proto
_GRAPH, _SAVER, _COLLECTIONS, _ASSETS, _OBJECTS = 2, 3, 4, 6, 7  # of a MetaGraphDef
_NODES, _LIBRARY = 1, 2  # of a GraphDef
_FUNCTIONS = 1  # of a FunctionDefLibrary
_SIGNATURE, _BODY = 1, 3  # of a FunctionDef
_ARGUMENTS = 2  # of the OpDef that is its signature
_NAME, _OP, _INPUT, _ATTRIBUTE = 1, 2, 3, 5  # of a NodeDef; the first of an ArgDef and OpDef too
_TENSOR, _FILENAME = 1, 2  # of an AssetFileDef
_PATH_TENSOR = 1  # of a SaverDef
_CONSTANT = 9  # of a SavedObject
_ANY_LIST = 5  # of a CollectionDef

_PASSED_ON = frozenset({"Identity", "ShardedFilename", "StringJoin", "Pack"})
"""Operations that a path goes through on its way to a checkpoint."""

_LIKE_PATHS = re.compile(rb"[/\\]|\.\.|:")


@dataclass(slots=True)
class _Node:
    name: str
    op: str
    inputs: list[str]
    raw: bytes


@dataclass(slots=True)
class _Body:
    """The nodes of the graph itself, or of one of its functions."""

    function: str
    """The name of the function; empty for the graph."""
    arguments: tuple[str, ...] = ()
    nodes: dict[str, _Node] = field(default_factory=dict)


def rated_graph(meta_graph: bytes) -> Iterator[ImportedName]:
    """Rate what a graph with its functions and assets reaches.

    Parameters
    ----------
    meta_graph
        The bytes of a MetaGraphDef.

    Yields
    ------
    ImportedName
        Operations that are not known to be harmless, and paths.

    Raises
    ------
    ValueError
        It is damaged, or says something twice that counts once.
    """
    bodies = list(_bodies(meta_graph))
    names = {each.function for each in bodies if each.function}
    assets = list(_assets(meta_graph))
    for _, filename in assets:
        if filename.startswith(("/", "\\", "~")) or ".." in filename or ":" in filename:
            yield keras_names.path("asset of the SavedModel", filename)
    rated: dict[tuple[str, bool], ImportedName] = {}
    paths = _Paths(meta_graph, bodies, {tensor for tensor, _ in assets})
    for body in bodies:
        for node in body.nodes.values():
            # a call of a function has its name in the place of the operation's
            if node.op in names and not tensorflow_ops.is_registered(node.op):
                continue
            if node.op in tensorflow_ops.CHECKPOINTS and paths.is_of_loader(body, node):
                continue
            if (
                node.op in tensorflow_ops.FROM_FILE
                and (found := paths.of_table(body, node)) is not None
            ):
                yield from found
                continue
            prints = node.op == "PrintV2" and b"file://" in node.raw
            if (node.op, prints) not in rated:
                text = "file://" if prints else ""
                each = rated[node.op, prints] = tensorflow_ops.rate_operation(node.op, text)
                if each.danger is not Danger.KNOWN:
                    yield each


def _bodies(meta_graph: bytes) -> Iterator[_Body]:
    """Give the graph, and its functions, with their nodes."""
    for graph in texts_of(meta_graph, _GRAPH):
        yield _body(_Body(""), texts_of(graph, _NODES))
        for library in texts_of(graph, _LIBRARY):
            for function in texts_of(library, _FUNCTIONS):
                signature = only_text(function, _SIGNATURE)
                arguments = tuple(
                    _str(only_text(each, _NAME)) for each in texts_of(signature, _ARGUMENTS)
                )
                body = _Body(_str(only_text(signature, _NAME)), arguments)
                yield _body(body, texts_of(function, _BODY))


def _body(body: _Body, nodes: Iterable[bytes]) -> _Body:
    for raw in nodes:
        node = _Node(
            name=_str(only_text(raw, _NAME)),
            op=_str(only_text(raw, _OP)),
            # those with a caret only say what comes before
            inputs=[_str(each) for each in texts_of(raw, _INPUT) if not each.startswith(b"^")],
            raw=raw,
        )
        if node.name in body.nodes:
            # TensorFlow refuses it as well
            msg = "two nodes of a graph have one name"
            raise ValueError(msg)
        body.nodes[node.name] = node
    return body


def _assets(meta_graph: bytes) -> Iterator[tuple[str, str]]:
    """Give the tensor and the file of each asset; those of TensorFlow 1 are in a collection too."""
    definitions = texts_of(meta_graph, _ASSETS)
    for entry in texts_of(meta_graph, _COLLECTIONS):
        if b"saved_model_assets" in entry:
            for collection in texts_of(entry, 2):
                for listed in texts_of(collection, _ANY_LIST):
                    definitions += [v for each in texts_of(listed, 1) for v in texts_of(each, 2)]
    for each in definitions:
        tensors = [_str(only_text(info, _NAME)) for info in texts_of(each, _TENSOR)]
        for filename in texts_of(each, _FILENAME) or [b""]:
            yield (tensors or [""])[-1].partition(":")[0], _str(filename)


class _Paths:
    """Follows paths from the operations that open them to where they come from."""

    def __init__(self, meta_graph: bytes, bodies: list[_Body], assets: set[str]) -> None:
        self._meta_graph, self._bodies, self._assets = meta_graph, bodies, assets
        self._main = [each for each in bodies if not each.function]
        self._given = {
            _str(name).partition(":")[0]
            for saver in texts_of(meta_graph, _SAVER)
            for name in texts_of(saver, _PATH_TENSOR)
        } - {""}
        """The nodes that the loader gives the path of the variables to."""
        self._of_loader: dict[str, bool] = {}

    def is_of_loader(self, body: _Body, node: _Node) -> bool:
        """Tell whether an operation saves or restores where the loader says, and nowhere else."""
        count = 2 if node.op == "MergeV2Checkpoints" else 1
        return (
            len(node.inputs) >= count
            and all(self._comes_from_loader(body, each) for each in node.inputs[:count])
            and (not body.function or self._loader_alone_calls(body.function))
        )

    def of_table(self, body: _Body, node: _Node) -> list[ImportedName] | None:
        """Rate the file that an operation fills a table from; None if nobody can name it."""
        name = node.inputs[1].partition(":")[0] if len(node.inputs) > 1 else ""
        if name in body.arguments:
            # assets are given to the function by the loader, and so is any constant
            return [keras_names.path("constant of the graph", text) for text in self._constants()]
        source = body.nodes.get(name)
        if source is None or source.op not in ("Const", "Placeholder"):
            return None
        if not body.function and name in self._assets:
            return []
        text = _constant(source.raw)
        return [keras_names.path("table of the graph", text)] if text else None

    def _constants(self) -> list[str]:
        """Give the single texts that the loader hands to functions, and that look like paths."""
        objects = texts_of(self._meta_graph, _OBJECTS)
        names = {
            _str(name)
            for group in objects
            for each in texts_of(group, 1)
            for constant in texts_of(each, _CONSTANT)
            for name in texts_of(constant, 1)
        }
        found = [
            _constant(main.nodes[name].raw)
            for main in self._main
            for name in sorted(names - self._assets)
            if name in main.nodes
        ]
        return [each for each in found if each and _LIKE_PATHS.search(each.encode())]

    def _loader_alone_calls(self, function: str) -> bool:
        """Tell whether nothing but the saver of the graph calls a function.

        Another function, or a signature, that calls it could give it any path.
        """
        known = self._of_loader.get(function)
        if known is None:
            needle = function.encode()
            # a longer name that begins so is another function
            longer = [
                each.function.encode()
                for each in self._bodies
                if each.function != function and each.function.startswith(function)
            ]

            def mentions(data: bytes) -> bool:
                return data.count(needle) > sum(data.count(each) for each in longer)

            calls = [
                (body, node)
                for body in self._bodies
                for node in body.nodes.values()
                if needle in node.raw and mentions(node.raw)
            ]
            objects = texts_of(self._meta_graph, _OBJECTS)
            known = not any(mentions(each) for each in objects) and all(
                not body.function and self._comes_from_loader(body, (node.inputs or [""])[0])
                for body, node in calls
            )
            self._of_loader[function] = known
        return known

    def _is_given(self, body: _Body, node: _Node) -> bool:
        """Tell whether the loader gives a path to this node of the graph."""
        if node.name not in self._given:
            return False
        if node.op == "PlaceholderWithDefault":
            # as TensorFlow 1 has it, with a default such as "model"
            default = body.nodes.get((node.inputs or [""])[0].partition(":")[0])
            text = _constant(default.raw) if default is not None else ""
            return bool(text) and not _LIKE_PATHS.search(text.encode())
        return node.op == "Placeholder"

    def _comes_from_loader(self, body: _Body, tensor: str) -> bool:
        pending, seen = [tensor], set[str]()
        while pending:
            name = pending.pop().partition(":")[0]
            if name in seen:
                continue
            seen.add(name)
            if name == (body.arguments or ("",))[0] and name:
                continue  # the saver of a graph calls its functions with the path in front
            node = body.nodes.get(name)
            if node is not None and not body.function and self._is_given(body, node):
                continue
            if node is None or node.op not in _PASSED_ON or not node.inputs:
                return False
            if node.op == "StringJoin":
                # the parts behind the path are constants such as "_temp/part"
                rest = [body.nodes.get(each.partition(":")[0]) for each in node.inputs[1:]]
                if any(each is None or not _is_suffix(body, each) for each in rest):
                    return False
                pending.append(node.inputs[0])
            else:
                pending += node.inputs if node.op == "Pack" else node.inputs[:1]
        return True


def _is_suffix(body: _Body, node: _Node) -> bool:
    """Tell whether a text behind a path is a constant, or one of two, that leads nowhere else."""
    if node.op == "Const":
        return b".." not in node.raw
    if node.op not in ("Select", "SelectV2"):
        return False
    chosen = [body.nodes.get(each.partition(":")[0]) for each in node.inputs[1:]]
    return all(each is not None and each.op == "Const" and b".." not in each.raw for each in chosen)


def _constant(raw: bytes) -> str:
    """Give the text of a constant that is a single text; empty of anything else."""
    # NodeDef.attr is a map: key = 1, value = 2; AttrValue.tensor = 8, TensorProto.string_val = 8
    texts = [
        text
        for entry in texts_of(raw, _ATTRIBUTE)
        if b"value" in texts_of(entry, 1)
        for value in texts_of(entry, 2)
        for tensor in texts_of(value, 8)
        for text in texts_of(tensor, 8)
    ]
    return _str(texts[0]) if len(texts) == 1 else ""


def _str(data: bytes) -> str:
    return data.decode("utf-8", "replace")
