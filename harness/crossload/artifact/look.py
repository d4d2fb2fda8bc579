"""Looks at a saved model: tells its format by its first bytes, and reads it in the way of that format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crossload.artifact import containers, objects
from crossload.artifact.facts import Inspection, NotAModel
from crossload.artifact.inert import Blob, Inert, Reader
from crossload.artifact.names import judged
from crossload.artifact.streams import Cut, Stream

if TYPE_CHECKING:
    from crossload.errors import CrossloadError

_HDF5 = b"\x89HDF\r\n\x1a\n"


def look(path: str | Path) -> Inspection:
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
        with path.open("rb") as stream:
            head = stream.read(16)
        if not head:
            msg = "the file is empty"
            raise NotAModel(msg, hint="it was never written, or the disk was full")
        if head.startswith(_HDF5):
            return containers.hdf5(path)
        if head.startswith(b"PK\x03\x04"):
            return containers.archive(path)
        if path.name.endswith(".index") and path.with_suffix("").with_name(path.stem + ".data-00000-of-00001").exists():
            return containers.checkpoint(path)
        return _pickled(path)
    except NotAModel as error:
        raise _named(path, error) from error
    except OSError as error:
        raise _named(path, NotAModel(f"cannot be read: {error.strerror or error}")) from error


def _named(path: Path, error: CrossloadError) -> NotAModel:
    text = str(error)
    return NotAModel(text if text.startswith(f"{path}: ") else f"{path}: {text}", hint=error.hint)


def _pickled(path: Path) -> Inspection:
    """A pickle, or a joblib file, which is a pickle with arrays in it and perhaps packed."""
    stream = Stream(path)
    names: dict[tuple[str, str], type[Inert]] = {}
    try:
        reader = Reader(stream, names)
        try:
            top = reader.load()
        except Cut as error:
            msg = f"it ends after {stream.at} bytes, in the middle"
            raise NotAModel(msg, hint="the file is incomplete: copy it again, or save it anew") from error
        except NotAModel:
            raise
        except Exception as error:  # whatever a broken pickle makes the machine raise says the same
            msg = f"neither a pickle nor any other format of models (byte {stream.at}: {type(error).__name__})"
            raise NotAModel(msg, hint="formats: pickle, joblib, skops, HDF5, .keras, SavedModel, checkpoint") from error
        rest = stream.rest
    finally:
        stream.close()
    if not isinstance(top, Inert | dict | list | tuple | Blob):
        msg = f"a pickle of a {type(top).__name__}, not of a model"
        raise NotAModel(msg)
    features = objects.whole(objects.first_with(top, ("n_features_in_", "n_features_")))
    found = Inspection(
        path=path,
        format="joblib" if reader.wrapped or stream.compression else "pickle",
        size=stream.size,
        protocol=reader.protocol,
        compression=stream.compression,
        written=objects.written_by(top, names, reader.protocol, reader.wrapped),
        classes=objects.classes_of(top),
        features=features,
        feature_names=objects.texts(objects.first_with(top, ("feature_names_in_",))),
        labels=tuple(map(str, objects.texts(objects.first_with(top, ("classes_",))))),
        names=judged(names),
    )
    if isinstance(top, Blob):
        found.notes.append(f"one array, of type {top.dtype or 'unknown'} and shape {top.shape}")
    if rest:
        found.notes.append(f"{rest} bytes follow the end of the pickle; loading leaves them out")
    return found
