"""Sorts the operations of TensorFlow by what they touch, from TensorFlow's own register.

``python tensorflow_operations.py collect FOLDER`` runs in an environment that has TensorFlow and
writes what is registered into a file in the folder; ``python tensorflow_operations.py merge FOLDER
FILE`` sorts it and joins the files into
``harness/crossload/inspection/tensorflow_operations.json``.  ``nox -s names`` does both.

An operation without a state computes from its inputs alone and is harmless, unless its name says
that it touches a file.  One with a state is harmless only if it is of a kind that is known to keep
its state in memory.  Whatever is neither harmless nor dangerous is on no list: it is unknown.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

FORMAT = 1
"""Layout of the merged file."""

DANGEROUS = {
    "it reads files": r"""
        ReadFile WholeFileReader.* .*TextLineReader.* .*TFRecordReader.*
        .*FixedLengthRecordReader.* LMDBReader LMDBDataset.* .*ReaderV?2?
        Reader(Read|Restore|Serialize|Num|Reset).* (Experimental)?CSVDataset.* TextLineDataset.*
        TFRecordDataset.* FixedLengthRecordDataset.* MatchingFiles(Dataset)?
        (Experimental)?MatchingFilesDataset (Experimental)?SqlDataset LoadDataset
        InitializeTableFromTextFile(V2)? LoadAndRemap.* GenerateVocabRemapping ImmutableConst
        FileSystemSetConfiguration GetMinibatch.* ListSnapshotChunksDataset SnapshotChunk.*
        (Experimental)?LMDBDataset RecordInput FixedUnigramCandidateSampler Skipgram
        CacheDataset(V2)?
    """,
    "it writes files": r"""
        WriteFile .*SaveDataset(V2)? SnapshotDataset(V2)? DistributedSave .*SummaryWriter.*
        CreateSummary.*Writer Write(Audio|Graph|Histogram|Image|RawProto|Scalar)?Summary
        ImportEvent DebugIdentity.* DebugNan.* DebugNumeric.* DumpTensor.*
        (Experimental)?DatasetToTFRecord CalibrationStatisticsSaver
    """,
    "it reads or writes checkpoints": r"""
        Save(V2|Slices)? Restore(V2|Slice)? MergeV2Checkpoints DTensorRestore.* ShardedFilename
        ShardedFilespec
    """,
    "it runs code of Python": r"""
        (Eager)?PyFunc(Stateless)?
    """,
    "it starts or talks to other processes": r"""
        .*Rpc.* _?(Host)?(Send|Recv) _XlaSendFrom.* _XlaRecvAt.* RegisterDataset.* DataService.*
        RemoteCall _?XlaHostCompute.* _Nccl.* _?Xla(Send|Recv).* RemoteFusedGraphExecute
        .*DistributedTPU.* Collective.* Nccl.* Configure.*TPU.* DecodeProto.* EncodeProto.*
        TfLiteSubgraphExecute ConnectTPU.* .*TPUEmbedding.*
    """,
    "it runs code that it compiles or loads": r"""
        XlaCustomCall.* DatasetFromGraph TPUCompile.* TPUExecute.* _TPUCompile.* _XlaCompile
        _XlaRun _XlaMerge
    """,
}
"""What operations do that nobody expects of a model, and the names of those."""

HARMLESS_STATE = r"""
    (Stateful)?PartitionedCall StatelessIf If While StatelessWhile Case StatelessCase For ToBool
    FakeParam Placeholder(V2|WithDefault)? Assert Print(V2)? NoOp Empty VarHandleOp
    VarIsInitializedOp Variable(V2)? TemporaryVariable DestroyTemporaryVariable _?ReadVariableOp
    _?ReadVariablesOp _VarHandlesOp Assign.* IsVariableInitialized CountUpTo VariableShape
    Resource(Apply|SparseApply|Scatter|Gather|Strided|Accumulator|ConditionalAccumulator|CountUpTo).*
    (Sparse)?Apply.* Scatter.* DestroyResourceOp ConsumeMutexLock MutexLock MutexV2
    .*HashTable.* LookupTable.* InitializeTable(V2)? Random.* Multinomial
    ParameterizedTruncatedNormal TruncatedNormal Stateful(Standard|Random|Truncated|Uniform).*
    Rng.*Skip
    (All|Learned|LogUniform|Uniform|ThreadUnsafe|Compute).*(CandidateSampler|AccidentalHits)
    SampleDistortedBoundingBox(V2|Ext.*)? CudnnRNN.* .*Stack(V2)? Stack(Push|Pop|Close)(V2)?
    TensorArray.* Barrier.* (FIFO|PaddingFIFO|Priority|RandomShuffle)Queue(V2)? Queue.* Stage.*
    Unstage MapStage Map(Peek|Size|Clear|Unstage.*|IncompleteSize) OrderedMap.* Accumulator.*
    (Sparse)?ConditionalAccumulator SparseAccumulator.* .*TensorSliceDataset TensorDataset
    Iterator.* .*Iterator(V2|V3)? .*MultiDeviceIterator.* DeleteMemoryCache AnonymousMemoryCache
    DummyMemoryCache RangeDataset
    (Map|ParallelMap|FlatMap|Batch|ParallelBatch|PaddedBatch|Repeat|Take|Skip|Concatenate|Zip|Prefetch|Shuffle|ShuffleAndRepeat|Filter|Reduce|Window|Shard|Options|Model|Optimize|InterleaveD|Interleave|ParallelInterleave|Scan|Unbatch|Finalize|Tensor|SparseTensorSlice|MapAndBatch|Random)Dataset(V[0-9])?
    DatasetTo(Single|Graph|TFRecord_).* DatasetCardinality DatasetFromGraph WrapDatasetVariant
    UnwrapDatasetVariant AnonymousRandomSeedGenerator AnonymousSeedGenerator
    DeleteRandomSeedGenerator DeleteSeedGenerator DummySeedGenerator BoostedTrees.*
    TensorForest.* IsBoostedTrees.* StatsAggregator.* Fact Batch(Function)? Unbatch(Grad)?
    Timestamp RaggedTensor.* Get(SessionHandle|SessionTensor)(V2)? DeleteSessionTensor _?Retval
    _?Arg _Device(Arg|Retval) Merge Switch Enter Exit NextIteration LoopCond ControlTrigger
    _?While _?If SymbolicGradient OptionalFromValue GetElementAtIndex Tensor(List|Map).*
    CSRSparse.* SparseMatrix.* Add(Many)?SparseToTensorsMap TakeManySparseFromTensorsMap
    Bincount XlaVariadic.* XlaRngBitGenerator StochasticCastToInt Quantize.* EnsureShape Const
    Identity(N)? .*Identity _Fused.* Uniform(Quantized|Requantize|Dequantize).*
    CheckNumerics(V2)? DisableCopyOnRead DeepCopy GuaranteeConst DeviceIndex
    StatelessRandomGet.* GraphDefVersion NonDeterministicInts XlaIf XlaWhile
    InitializeTableFromDataset
"""
"""Operations with a state that is kept in memory, and gone with the process."""


NO_FILES = "CTCBeamSearchDecoder CudnnRNN.* RiscSort TensorSliceDataset"
"""Operations with such an argument that is no file: a direction, a dictionary."""


def matches(kinds: str, name: str) -> bool:
    """Tell whether one of several patterns, with spaces between them, is that of a name."""
    return any(re.fullmatch(each, name) for each in kinds.split())


def collect() -> dict[str, object]:
    """Give the operations of the TensorFlow that is installed here.

    Of each: whether it has a state, and whether its arguments name a file or an address.
    """
    import tensorflow as tf  # not there when files are joined
    from tensorflow.core.framework import op_def_pb2
    from tensorflow.python.client import pywrap_tf_session

    registered = op_def_pb2.OpList()
    registered.ParseFromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
    return {
        "": tf.__version__,
        **{
            each.name: [
                each.is_stateful,
                # of "filename", "file_pattern", "vocab_file", "server_address", "handle_dir" ...
                any(
                    word in part.name
                    for part in [*each.input_arg, *each.attr]
                    for word in ("file", "path", "dir", "address", "descriptor")
                ),
            ]
            for each in registered.op
        },
    }


def merge(folder: Path) -> dict[str, object]:
    """Sort the operations of all releases."""
    stateful: dict[str, bool] = {}
    outside: set[str] = set()
    versions = []
    for path in sorted(folder.glob("operations-*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        versions.append(found.pop(""))
        for name, (state, named) in found.items():
            stateful[name] = stateful.get(name, False) or state
            outside |= {name} if named else set()
    dangerous: dict[str, list[str]] = {why: [] for why in DANGEROUS}
    harmless, undecided = [], []
    for name, state in sorted(stateful.items()):
        why = next((why for why, kind in DANGEROUS.items() if matches(kind, name)), None)
        # operations of other packages, such as those of tensorflow-io, have a prefix
        if why is not None:
            dangerous[why].append(name)
        elif name in outside and not matches(NO_FILES, name):
            undecided.append(name)
        elif not state or matches(HARMLESS_STATE, name):
            harmless.append(name)
        else:
            undecided.append(name)
    return {
        "format": FORMAT,
        "made_from": ["tensorflow " + each for each in sorted(versions)],
        "harmless": " ".join(harmless),
        "dangerous": {why: " ".join(names) for why, names in dangerous.items()},
        "undecided": " ".join(undecided),
    }


def main() -> None:
    """Collect from one release, or join what was collected."""
    what, folder = sys.argv[1], Path(sys.argv[2])
    if what == "merge":
        text = json.dumps(merge(folder), indent=1)
        Path(sys.argv[3]).write_text(text + "\n", encoding="utf-8")
        return
    found = collect()
    path = folder / "operations-{}.json".format(found[""])
    path.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
