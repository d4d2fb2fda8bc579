"""Outputs of a model as plain arrays, their digests, and the files they are kept in."""

import hashlib
import os
from typing import Any, Dict, List

import numpy as np


class OutputError(Exception):
    """An output that cannot be recorded as an array."""


def as_array(value: Any, name: str) -> Any:
    """Give the output as an array of numbers, booleans or text; raises `OutputError` for anything else."""
    if hasattr(value, "numpy"):  # a TensorFlow tensor
        value = value.numpy()
    elif hasattr(value, "toarray"):  # a SciPy sparse matrix
        value = value.toarray()
    elif isinstance(value, (list, tuple)) and value and all(hasattr(v, "numpy") for v in value):
        value = np.concatenate([np.asarray(v.numpy()).reshape(len(v), -1) for v in value], axis=1)
    array = np.asarray(value)
    if array.dtype == object:
        if not all(isinstance(each, str) for each in array.ravel()):
            raise OutputError(
                "output " + repr(name) + " is an array of Python objects, not of numbers or text"
            )
        array = array.astype(str)
    if array.dtype.kind not in "biufUc":
        raise OutputError(
            "output "
            + repr(name)
            + " has the type "
            + str(array.dtype)
            + ", which cannot be compared"
        )
    return np.ascontiguousarray(array)


def ask(model: Any, recipe: Any, data: Any, keeps: str = "model") -> Dict[str, Any]:
    """All outputs of the recipe, by name; of a loaded function only what a call gives (the output ``call``)."""
    found = {}
    for name, function in sorted(recipe.outputs.items()):
        if keeps == "function" and name != "call":
            continue
        if function is not None:
            value = function(model, data)
        elif name == "call":
            value = model(data.x_test)
        else:
            value = getattr(model, name)(data.x_test)
        found[name] = as_array(value, name)
    return found


def array_digest(array: Any) -> str:
    """Digest of type, shape and bytes."""
    state = hashlib.sha256()
    state.update((array.dtype.str + str(array.shape)).encode("ascii"))
    state.update(array.tobytes())
    return state.hexdigest()[:32]


def digests(arrays: Dict[str, Any]) -> Dict[str, str]:
    """Digest of every output."""
    return {name: array_digest(array) for name, array in arrays.items()}


def name_of(each: Dict[str, str]) -> str:
    """Name of a set of outputs: the digest of their digests."""
    joined = "\n".join(name + " " + each[name] for name in sorted(each))
    return hashlib.sha256(joined.encode("utf-8")).hexdigest()[:32]


def keep(arrays: Dict[str, Any], each: Dict[str, str], folder: str) -> str:
    """Write the outputs once as ``.npz``, named by their digest; give that name."""
    name = name_of(each)
    path = os.path.join(folder, name + ".npz")
    if not os.path.exists(path):
        part = path + ".part" + str(os.getpid())
        with open(part, "wb") as stream:
            np.savez(stream, **arrays)
        os.replace(part, path)
    return name


def sha256_of(path: str) -> str:
    """SHA-256 of a file, or of a folder: of its sorted relative names and contents."""
    if os.path.isfile(path):
        return _file_sha256(path)
    state = hashlib.sha256()
    for name in sorted(_files_below(path)):
        state.update(
            name.encode("utf-8")
            + b"\0"
            + _file_sha256(os.path.join(path, name)).encode("ascii")
            + b"\n"
        )
    return state.hexdigest()


def size_of(path: str) -> int:
    """Bytes of a file or of all files of a folder."""
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(path, name)) for name in _files_below(path))


def _files_below(path: str) -> List[str]:
    found: List[str] = []
    for folder, _, names in os.walk(path):
        found.extend(
            os.path.relpath(os.path.join(folder, name), path).replace(os.sep, "/") for name in names
        )
    return found


def _file_sha256(path: str) -> str:
    state = hashlib.sha256()
    with open(path, "rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            state.update(block)
    return state.hexdigest()
