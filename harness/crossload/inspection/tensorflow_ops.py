"""Rates the operations of TensorFlow graphs: which only compute, which reach beyond the process.

A SavedModel is a program: its graph reads and writes files, or calls Python, if it has the
operations for it (https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md).
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from crossload.inspection.facts import Danger, ImportedName, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

_REACHING = re.compile(
    # files: reading, writing, listing; checkpoints; tables and samplers that read a vocabulary
    r"ReadFile|WriteFile|(Experimental)?MatchingFiles(Dataset)?|MergeV2Checkpoints|DumpTensor"
    r"|Save|Save(Slices|V2)|Restore|Restore(Slice|V2)|DTensorRestoreV2|Sharded(Filename|Filespec)"
    r"|DistributedSave|InitializeTableFromTextFile(V2)?|FixedUnigramCandidateSampler|Skipgram"
    r"|LoadAndRemapMatrix|GenerateVocabRemapping|CalibrationStatisticsSaver|RecordInput"
    r"|(WholeFile|TextLine|TFRecord|FixedLengthRecord|LMDB|Identity)Reader(V2)?|Reader[A-Z]\w*"
    r"|(Experimental)?(TextLine|TFRecord|FixedLengthRecord|CSV|LMDB|Sql|Cache|Save|Load)Dataset(V\d)?"
    r"|\w*Snapshot\w*|(Experimental)?DatasetToTFRecord|FileSystemSetConfiguration"
    # summaries and debugging, which write to what their attributes name
    r"|(Write|Create|Close|Flush)\w*Summary\w*|SummaryWriter|\w*SetSummaryWriter|ImportEvent"
    r"|Debug\w+|Copy(Host)?"
    # Python
    r"|(Eager)?PyFunc(Stateless)?|GeneratorDataset"
    # other processes and devices
    r"|(Try)?Rpc\w*|DeleteRpcFutureResource|RemoteCall|RemoteFusedGraphExecute|_?(Host)?(Send|Recv)"
    r"|(Experimental)?DataServiceDataset(V\d)?|RegisterDataset(V\d)?"
)
"""Operations that open files, run Python, or reach other processes (TensorFlow 2.2 to 2.21)."""

_DEVICES = re.compile(r"\w*(TPU|Tpu|Nccl|Collective|Xla|XLA)\w*")
"""Operations for other devices, whose effects were not looked at."""


@cache
def _registered() -> frozenset[str]:
    """Give the names of all operations of TensorFlow itself."""
    data = json.loads((files(__package__) / "keras_names.json").read_text(encoding="utf-8"))
    return frozenset(data["operations"])


def rate_operation(op: str, *, of_loader: bool = False, attributes: str = "") -> ImportedName:
    """Rate an operation of a graph.

    Parameters
    ----------
    op
        The name of the operation, such as ``MatMul``.
    of_loader
        It stands in the part of the graph by which SavedModels save and restore their variables.
    attributes
        The text of its attributes, as far as they count.
    """
    danger, why = Danger.KNOWN, ""
    if op == "PrintV2":
        # it prints to a stream of the process, or to the file that its attribute names
        if "file://" in attributes:
            danger, why = Danger.DANGEROUS, "writes to a file"
    elif _REACHING.fullmatch(op) and not of_loader:
        danger, why = Danger.DANGEROUS, "opens files, runs Python, or reaches other processes"
    elif op not in _registered() or _DEVICES.fullmatch(op):
        danger, why = Danger.UNKNOWN, "not known to compute only"
    return ImportedName(
        module="graph", name=op[:300], danger=danger, called=True, kind=Kind.OPERATION, why=why
    )


def rated_node(node: Any) -> Iterator[ImportedName]:
    """Rate the operation of a ``TensorFlowOpLayer``, whose node is JSON or a text of protobuf."""
    text = node if isinstance(node, str) else json.dumps(node)
    ops = re.findall(r"""["']?\bop["']?\s*:\s*["']([^"'\\]{1,100})["']""", text)
    for op in ops or ["an operation that cannot be read"]:
        yield rate_operation(op, attributes=text)
