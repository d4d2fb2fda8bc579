"""Looks at a saved model: tells its format by its first bytes, and reads it in the way of that format."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path

from crossload.inspection import containers, estimators
from crossload.inspection.danger import judged
from crossload.inspection.facts import Danger, ImportedName, Inspection, NotAModel
from crossload.inspection.joblib_arrays import skip_array
from crossload.inspection.pickle_reader import PickleReader, SkippedData, StandIn
from crossload.inspection.streams import CutStream, Stream, check_regular
from crossload.safe import printable

_HDF5 = b"\x89HDF\r\n\x1a\n"


def inspect_file(path: str | Path) -> Inspection:
    """What a file or folder is, without executing anything of it.

    Raises `NotAModel` for what is empty, cut off, damaged, or nothing that holds a model.
    """
    path = Path(path)
    try:
        if path.is_dir():
            return containers.folder(path)
        if not path.exists():
            msg = "there is no such file"
            raise NotAModel(msg, hint="check the path")
        check_regular(path)
        with path.open("rb") as stream:
            head = stream.read(16)
        if not head:
            msg = "the file is empty"
            raise NotAModel(msg, hint="it was never written, or the disk was full")
        if head.startswith(_HDF5):
            return containers.hdf5(path)
        if head.startswith(b"PK\x03\x04"):
            return containers.archive(path)
        if path.name.endswith(".index") and containers.is_index(path):
            return containers.checkpoint(path)
        return _pickled(path)
    except NotAModel as error:
        raise _named(path, error) from error
    except (RecursionError, MemoryError) as error:
        raise _named(path, NotAModel("too deeply nested or too large to be looked at")) from error
    except OSError as error:
        raise _named(path, NotAModel(f"cannot be read: {error.strerror or error}")) from error


def _named(path: Path, error: NotAModel) -> NotAModel:
    found = NotAModel(f"{printable(str(path))}: {printable(str(error))}", hint=error.hint)
    found.dangerous = error.dangerous
    return found


def _pickled(path: Path) -> Inspection:
    """A pickle, or a joblib file, which is a pickle with arrays in it and perhaps packed."""
    names: dict[tuple[str, str], type[StandIn]] = {}
    try:
        return _read(path, names)
    except NotAModel as error:
        # it may execute a lot before it comes to the place that is wrong
        error.dangerous = tuple(
            each.text for each in judged(names) if each.danger is Danger.DANGEROUS
        )
        raise


def _read(path: Path, names: dict[tuple[str, str], type[StandIn]]) -> Inspection:
    stream = Stream(path)
    try:
        reader = PickleReader(stream, names, skip_array=skip_array)
        try:
            top = reader.load()
        except CutStream as error:
            msg = f"it ends after {stream.at} bytes, in the middle"
            raise NotAModel(
                msg, hint="the file is incomplete: copy it again, or save it anew"
            ) from error
        except NotAModel:
            raise
        except Exception as error:  # whatever a broken pickle makes the machine raise says the same
            msg = f"neither a pickle nor any other format of models (byte {stream.at}: {type(error).__name__})"
            raise NotAModel(
                msg, hint="formats: pickle, joblib, skops, HDF5, .keras, SavedModel, checkpoint"
            ) from error
        rest = stream.rest
    finally:
        stream.close()
    known = judged(names)
    if reader.wrapped and not stream.compression:
        told = {each.text for each in known if each.danger is Danger.DANGEROUS}
        known += [each for each in _as_plain_pickle(path) if each.text not in told]
    if not isinstance(top, StandIn | dict | list | tuple | SkippedData):
        msg = f"a pickle of a {type(top).__name__}, not of a model"
        raise NotAModel(msg)
    contents = estimators.Contents(top)
    found = Inspection(
        path=path,
        format="joblib" if reader.wrapped or stream.compression else "pickle",
        size=stream.size,
        protocol=reader.protocol,
        compression=stream.compression,
        written=estimators.written_by(contents, names, reader.protocol, reader.wrapped),
        classes=contents.classes,
        features=contents.features,
        feature_names=contents.texts("feature_names_in_"),
        labels=contents.texts("classes_"),
        names=sorted(known, key=lambda each: each.danger is not Danger.DANGEROUS),
    )
    if isinstance(top, SkippedData):
        found.notes.append(f"one array, of type {top.dtype or 'unknown'} and shape {top.shape}")
    if rest:
        found.notes.append(f"{rest} bytes follow the end of the pickle; loading leaves them out")
    return found


def _as_plain_pickle(path: Path) -> list[ImportedName]:
    """What a joblib file would call if it were loaded with pickle, which takes the bytes of its arrays for instructions.

    Of an honest file that soon fails, and what it names until then is noise: only what is dangerous counts.
    """
    names: dict[tuple[str, str], type[StandIn]] = {}
    with closing(Stream(path)) as stream, suppress(Exception):
        PickleReader(stream, names).load()
    return [each for each in judged(names) if each.danger is Danger.DANGEROUS]
