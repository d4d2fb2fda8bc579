"""Outputs of a model as plain arrays, their digests, and the files they are kept in."""

import hashlib
import os
from typing import Any, Dict, List, Tuple

import numpy as np

from .errors import guard


class OutputError(Exception):
    """An output that cannot be recorded as an array."""


def as_array(value: Any, name: str) -> Any:
    """Give an output as an array of numbers, booleans or text.

    Parameters
    ----------
    value
        An array, tensor, sparse matrix, number or text, or a list of them.
    name
        Name of the output, for messages.

    Returns
    -------
    numpy.ndarray
        Contiguous, of a type that every NumPy reads without pickle.

    Raises
    ------
    OutputError
        The output is none of these.
    """
    if hasattr(value, "numpy"):  # a TensorFlow tensor
        value = value.numpy()
    elif hasattr(value, "toarray"):  # a SciPy sparse matrix
        value = value.toarray()
    # a model with several outputs gives a list of tensors: side by side they are one array
    elif isinstance(value, (list, tuple)) and value and all(hasattr(v, "numpy") for v in value):
        value = np.concatenate([np.asarray(v.numpy()).reshape(len(v), -1) for v in value], axis=1)
    array = np.asarray(value)
    if array.dtype == object:
        # labels of DataFrames are texts in arrays of objects, which only pickle could keep
        if not all(isinstance(each, str) for each in array.ravel()):
            text = "output %r is an array of Python objects, not of numbers or text"
            raise OutputError(text % name)
        array = array.astype(str)
    if array.dtype.kind not in "biufUc":
        text = "output %r has the type %s, which cannot be compared"
        raise OutputError(text % (name, array.dtype))
    return np.ascontiguousarray(array)


def ask(model: Any, recipe: Any, data: Any, keeps: str = "model") -> Dict[str, Any]:
    """Ask a model for all outputs of its recipe.

    Parameters
    ----------
    model
        The model, or a loaded function.
    recipe
        The recipe.
    data
        The data set, whose held-out rows are asked for.
    keeps
        What the format keeps: of a ``function`` only the output ``call`` is there.

    Returns
    -------
    dict of str to numpy.ndarray
        Outputs by name, of shape (rows, ...).

    Raises
    ------
    OutputError
        An output cannot be recorded.
    Exception
        Anything that the model raises.
    """
    names = _names(recipe, keeps)
    return {name: _ask_one(model, recipe, data, name) for name in names}


def ask_each(
    model: Any, recipe: Any, data: Any, keeps: str = "model"
) -> Tuple[Dict[str, Any], Dict[str, Exception]]:
    """Ask a model for each output of its recipe, also behind one that fails.

    Parameters
    ----------
    model, recipe, data, keeps
        As of `ask`.

    Returns
    -------
    tuple of dict
        Outputs by name, as `ask` gives them, and exceptions by the name of the output.

    Raises
    ------
    Stopped
        The disk cannot be written.
    """
    found: Dict[str, Any] = {}
    failed: Dict[str, Exception] = {}
    for name in _names(recipe, keeps):
        try:
            found[name] = _ask_one(model, recipe, data, name)
        except Exception as error:
            guard(error)
            failed[name] = error
    return found, failed


def _names(recipe: Any, keeps: str) -> List[str]:
    return [name for name in sorted(recipe.outputs) if keeps != "function" or name == "call"]


def _ask_one(model: Any, recipe: Any, data: Any, name: str) -> Any:
    function = recipe.outputs[name]
    if function is not None:
        value = function(model, data)
    elif name == "call":
        value = model(data.x_test)
    else:
        value = getattr(model, name)(data.x_test)
    return as_array(value, name)


def array_digest(array: Any) -> str:
    """Digest type, shape and bytes: equal digests are outputs that are equal bit for bit."""
    state = hashlib.sha256()
    state.update((array.dtype.str + str(array.shape)).encode("ascii"))
    state.update(array.tobytes())
    return state.hexdigest()[:32]


def digests(arrays: Dict[str, Any]) -> Dict[str, str]:
    """Give the digest of every output."""
    return {name: array_digest(array) for name, array in arrays.items()}


def name_of(each: Dict[str, str]) -> str:
    """Give the name of a set of outputs: the digest of their digests."""
    joined = "\n".join(name + " " + each[name] for name in sorted(each))
    return hashlib.sha256(joined.encode("utf-8")).hexdigest()[:32]


def keep(arrays: Dict[str, Any], each: Dict[str, str], folder: str) -> str:
    """Write outputs as one ``.npz`` file, unless it is there already.

    Parameters
    ----------
    arrays
        Outputs by name.
    each
        Their digests.
    folder
        Where outputs are kept.

    Returns
    -------
    str
        The name of the file, without suffix: equal outputs share one.
    """
    name = name_of(each)
    path = os.path.join(folder, name + ".npz")
    if not os.path.exists(path):
        # several processes may write the same outputs, and a kill may come in between: by its name
        # the file is there whole or not at all
        part = path + ".part" + str(os.getpid())
        with open(part, "wb") as stream:
            # a stream, because np.savez adds .npz to a path that does not end in it
            np.savez(stream, **arrays)
        os.replace(part, path)
    return name


def sha256_of(path: str) -> str:
    """Give the SHA-256 of a file, or of a folder: of its sorted relative names and contents.

    Parameters
    ----------
    path
        The file or folder. Times, modes and empty folders do not count.
    """
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
    """Give the bytes of a file or of all files of a folder."""
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(path, name)) for name in _files_below(path))


def _files_below(path: str) -> List[str]:
    found: List[str] = []
    for folder, _, names in os.walk(path):
        found.extend(
            # with slashes on Windows too: the digest is compared between machines
            os.path.relpath(os.path.join(folder, name), path).replace(os.sep, "/")
            for name in names
        )
    return found


def _file_sha256(path: str) -> str:
    state = hashlib.sha256()
    with open(path, "rb") as stream:
        # hashlib.file_digest came with Python 3.11
        for block in iter(lambda: stream.read(1 << 20), b""):
            state.update(block)
    return state.hexdigest()
