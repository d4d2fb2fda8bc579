"""Rates the operations of TensorFlow graphs: which only compute, which reach beyond the process.

A SavedModel is a program: its graph reads and writes files, or calls Python, if it has the
operations for it (https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md).  The lists of
``tensorflow_operations.json`` are made from TensorFlow's own register by
``harness/scripts/tensorflow_operations.py``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from crossload.inspection.facts import Danger, ImportedName, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FROM_FILE = frozenset({"InitializeTableFromTextFile", "InitializeTableFromTextFileV2"})
"""Operations that fill a table from a file; the vocabularies of models are assets of theirs."""

CHECKPOINTS = frozenset({"SaveV2", "RestoreV2", "MergeV2Checkpoints", "ShardedFilename"})
"""Operations by which each SavedModel saves and restores its own variables."""


@dataclass(frozen=True, slots=True)
class _Operations:
    harmless: frozenset[str]
    dangerous: Mapping[str, str]
    """The reason of each."""
    registered: frozenset[str]


@cache
def _operations() -> _Operations:
    text = (files(__package__) / "tensorflow_operations.json").read_text(encoding="utf-8")
    data = json.loads(text)
    harmless = frozenset(data["harmless"].split())
    dangerous = {name: why for why, names in data["dangerous"].items() for name in names.split()}
    registered = harmless | dangerous.keys() | set(data["undecided"].split())
    return _Operations(harmless=harmless, dangerous=dangerous, registered=registered)


def is_registered(op: str) -> bool:
    """Tell whether TensorFlow itself has an operation of this name."""
    return op in _operations().registered


def rate_operation(op: str, attributes: str = "") -> ImportedName:
    """Rate an operation of a graph.

    Parameters
    ----------
    op
        The name of the operation, such as ``MatMul``.
    attributes
        The text of its attributes, as far as they count.
    """
    known = _operations()
    if op == "PrintV2" and "file://" in attributes:
        # it prints to a stream of the process, or to the file that its attribute names
        danger, why = Danger.DANGEROUS, "it writes files"
    elif op in known.dangerous:
        danger, why = Danger.DANGEROUS, known.dangerous[op]
    elif op in known.harmless:
        danger, why = Danger.KNOWN, ""
    else:
        foreign = "not known to compute only" if op in known.registered else "not of TensorFlow"
        danger, why = Danger.UNKNOWN, foreign
    return ImportedName(
        module="graph", name=op[:300], danger=danger, called=True, kind=Kind.OPERATION, why=why
    )


def rated_node(node: Any) -> Iterator[ImportedName]:
    """Rate the operation of a ``TensorFlowOpLayer``, whose node is JSON."""
    op = node.get("op") if isinstance(node, dict) else None
    if not isinstance(op, str):
        # a text would be bytes of protocol buffers: no Keras writes that, but it reads it
        name, why = "an operation that cannot be read", "its node is not written as Keras does"
        yield ImportedName(
            module="graph",
            name=name,
            danger=Danger.DANGEROUS,
            called=True,
            kind=Kind.OPERATION,
            why=why,
        )
        return
    # its attributes have bytes in base64: whatever it prints to, no model prints
    rated = rate_operation(op, "file://" if op == "PrintV2" else "")
    if rated.danger is not Danger.KNOWN:
        yield rated
