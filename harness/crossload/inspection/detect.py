"""Tells the format of a saved model by its first bytes, and reads it in the way of that format."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from crossload import limits
from crossload.inspection import archives, estimators, folders, keras_hdf5, keras_names, two_formats
from crossload.inspection.danger import rated_names
from crossload.inspection.facts import Danger, ImportedName, Inspection, NotAModel, by_danger
from crossload.inspection.joblib_arrays import skip_array
from crossload.inspection.pickle_reader import PickleReader
from crossload.inspection.stand_ins import SkippedData, StandIn
from crossload.inspection.streams import CutStream, Stream, check_regular
from crossload.safe import printable

_HDF5 = two_formats.HDF5
_ZIP = b"PK\x03\x04"


def inspect_file(path: str | Path) -> Inspection:
    """Tell what a saved model is, without executing anything of it.

    Parameters
    ----------
    path
        A file, or the folder of a SavedModel or a checkpoint.

    Returns
    -------
    Inspection
        The format, who wrote it, the estimators or layers inside, and the names that loading it
        would import, with their danger.

    Raises
    ------
    NotAModel
        The file is missing, empty, cut off, damaged, or nothing that holds a model; its
        ``dangerous`` names what loading would have called before the place that is wrong.

    Notes
    -----
    Reads the file; of what is not compressed the bytes of arrays are skipped.  An HDF5 file is
    read in a process of its own.  Time and memory are bounded by `crossload.limits`.
    """
    path = Path(path)
    try:
        with limits.bounded() as budget:
            found = _inspect(path)
            budget.check()
            return found
    except NotAModel as error:
        raise _with_path(path, error) from error
    except limits.LimitReached as error:
        raise _with_path(path, NotAModel(str(error), hint=error.hint)) from error
    except (RecursionError, MemoryError) as error:
        msg = "too deeply nested or too large to be looked at"
        raise _with_path(path, NotAModel(msg)) from error
    except OSError as error:
        msg = f"cannot be read: {error.strerror or error}"
        raise _with_path(path, NotAModel(msg)) from error


def _inspect(path: Path) -> Inspection:
    """Read a file or folder in the way of its format."""
    if path.is_dir():
        two_formats.check_folder(path)
        return folders.inspect_folder(path)
    if not path.exists():
        msg = "there is no such file"
        raise NotAModel(msg, hint="check the path")
    check_regular(path)
    with path.open("rb") as stream:
        head = stream.read(16)
    if not head:
        msg = "the file is empty"
        raise NotAModel(msg, hint="it was never written, or the disk was full")
    if head.startswith((_HDF5, _ZIP)):
        two_formats.check_single(path, head)
    if head.startswith(_HDF5):
        return keras_hdf5.inspect_hdf5(path)
    if head.startswith(_ZIP):
        return archives.inspect_archive(path)
    if path.name.endswith(".index") and folders.is_index(path):
        return folders.inspect_checkpoint(path)
    # a pickle of protocol 0 or 1 has no mark at its beginning, so that it is tried at last
    return _pickled(path)


def _with_path(path: Path, error: NotAModel) -> NotAModel:
    found = NotAModel(f"{printable(str(path))}: {printable(str(error))}", hint=error.hint)
    found.dangerous = error.dangerous
    return found


def _pickled(path: Path) -> Inspection:
    """Read a pickle, or a joblib file: a pickle with arrays in it, and perhaps packed."""
    names: dict[tuple[str, str], type[StandIn]] = {}
    try:
        return _read(path, names)
    except (NotAModel, limits.LimitReached) as error:
        # unpickling executes as it goes: all before the place that is wrong would have run
        refused = NotAModel(str(error), hint=error.hint)
        refused.dangerous = tuple(
            each.text for each in rated_names(names) if each.danger is Danger.DANGEROUS
        )
        raise refused from error


def _read(path: Path, names: dict[tuple[str, str], type[StandIn]]) -> Inspection:
    with closing(Stream(path)) as stream:
        reader = PickleReader(stream, names, skip_array=skip_array)
        top = _load(reader, stream)
        rest = stream.rest
    known = rated_names(names)
    if reader.wrapped and not stream.compression:
        listed = {each.text for each in known if each.danger is Danger.DANGEROUS}
        known += [each for each in _as_plain_pickle(path) if each.text not in listed]
    if not isinstance(top, StandIn | dict | list | tuple | SkippedData):
        msg = f"a pickle of a {type(top).__name__}, not of a model"
        raise NotAModel(msg)
    contents = estimators.Contents(top)
    found = Inspection(
        path=path,
        # without arrays joblib writes a plain pickle; only what it packs is told apart
        format="joblib" if reader.wrapped or stream.compression else "pickle",
        size=stream.size,
        protocol=reader.protocol,
        compression=stream.compression,
        written=estimators.written_by(contents, names, reader.protocol, reader.wrapped),
        classes=contents.classes,
        features=contents.features,
        feature_names=contents.texts("feature_names_in_"),
        labels=contents.texts("classes_"),
        names=by_danger(known),
    )
    found.names += [keras_names.path("array in a file beside it", each) for each in reader.beside]
    if isinstance(top, SkippedData):
        found.notes.append(f"one array, of type {top.dtype or 'unknown'} and shape {top.shape}")
    if rest:
        found.notes.append(f"{rest} bytes follow the end of the pickle; loading leaves them out")
    return found


def _load(reader: PickleReader, stream: Stream) -> Any:
    try:
        return reader.load()
    except CutStream as error:
        msg = f"it ends after {stream.at} bytes, in the middle"
        hint = "the file is incomplete: copy it again, or save it anew"
        raise NotAModel(msg, hint=hint) from error
    except (NotAModel, limits.LimitReached):
        raise
    except Exception as error:
        # unknown opcodes, an empty stack, missing memos, bad numbers: many types of errors, all of
        # which say that this is no pickle
        where = f"byte {stream.at}: {type(error).__name__}"
        msg = f"neither a pickle nor any other format of models ({where})"
        hint = "formats: pickle, joblib, skops, HDF5, .keras, SavedModel, checkpoint"
        raise NotAModel(msg, hint=hint) from error


def _as_plain_pickle(path: Path) -> list[ImportedName]:
    """Read a joblib file as `pickle` does, and keep what is dangerous.

    `pickle.load` takes the bytes of arrays for instructions, so that a file may be harmless for
    joblib and not for pickle.  Of an honest file it soon fails, and the names until then are noise.
    """
    names: dict[tuple[str, str], type[StandIn]] = {}
    # whatever it raises: failing is the usual case
    with closing(Stream(path)) as stream, suppress(Exception):
        PickleReader(stream, names).load()
    return [each for each in rated_names(names) if each.danger is Danger.DANGEROUS]
