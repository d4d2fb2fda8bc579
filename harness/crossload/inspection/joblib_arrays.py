"""Skips the arrays that joblib writes between the opcodes of a pickle.

Since 0.10 joblib pickles a small wrapper for each array, with its shape and type, and writes the
bytes of the array right behind it (https://github.com/joblib/joblib/pull/260).  Whoever reads such
a file has to compute the same number of bytes from the wrapper: otherwise a file could hold
instructions that joblib executes and this program skips, so that everything in doubt is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.inspection.facts import NotAModel
from crossload.inspection.pickle_reader import PickleReader
from crossload.inspection.stand_ins import SkippedData, StandIn

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPE = re.compile(
    r"^[<>|=]?(?:[?bBhHiIlLqQpPefdgFDG]|[biufcmM]\d{1,3}|[SaUV]\d{1,12}|[mM]8\[\w+\])$"
)
"""Types whose width NumPy tells by their name alone."""

_LARGEST = 1 << 50
_DOUBLE = "do not load it: it was made to be read in two ways"


def skip_array(reader: PickleReader, state: Mapping[str, Any]) -> Any:
    """Pass over the bytes of one array, and stand for it.

    Parameters
    ----------
    reader
        The reader, whose stream is at the first byte behind the wrapper.
    state
        The attributes of the wrapper.

    Returns
    -------
    SkippedData
        The size, shape and type of an array of numbers or texts.
    StandIn
        The content of an array of objects, which is a pickle of its own.

    Raises
    ------
    NotAModel
        The wrapper cannot be one that joblib wrote.
    CutStream
        The array is not whole.
    """
    shape, dtype = state.get("shape"), state.get("dtype")
    if not isinstance(shape, tuple) or not all(
        isinstance(each, int) and 0 <= each < 1 << 48 for each in shape
    ):
        msg = "an array without a shape"
        raise NotAModel(msg, hint="the file is damaged")
    text = dtype_text(dtype)
    if not text:
        msg = "an array that joblib does not write so"
        raise NotAModel(msg, hint=_DOUBLE)
    if has_objects(dtype):
        # joblib loads it with a fresh unpickler that goes on in the same stream, and whose imports
        # a scanner must see as well (https://github.com/joblib/joblib/pull/1795)
        return PickleReader(reader.stream, reader.names).load()
    width = item_size(dtype)
    size = width
    # checked at each step: joblib multiplies in 64 bits, where a product could wrap around
    for each in shape:
        size *= each
        if size > _LARGEST:
            msg = "an array that is larger than any disk"
            raise NotAModel(msg, hint="the file is damaged")
    if state.get("numpy_array_alignment_bytes") is not None:
        # since joblib 1.2 a byte says how many bytes of padding follow, so that arrays can be
        # mapped into memory (https://github.com/joblib/joblib/pull/1254)
        reader.stream.skip(reader.stream.read(1)[0])
    reader.stream.skip(size)
    return SkippedData(size, shape, text)


def dtype_text(dtype: Any) -> str:
    """Give the type string of a pickled dtype, such as ``f8``; empty for what is none."""
    # the name counts, not how it was reached: an alias of numpy.dtype, or another function in its
    # place, would make another type where the file is loaded
    is_dtype = isinstance(dtype, StandIn) and (type(dtype).module, type(dtype).name) == (
        "numpy",
        "dtype",
    )
    found = dtype.args[0] if is_dtype and dtype.args else ""
    return found if isinstance(found, str) else ""


def has_objects(dtype: Any, depth: int = 0) -> bool:
    """Tell whether a pickled dtype holds Python objects, itself or in one of its fields."""
    if dtype_text(dtype).startswith("O"):
        return True
    # the state of a dtype: (version, byte order, subtype, names, fields, size, alignment, flags)
    state = dtype.state if isinstance(dtype, StandIn) else None
    fields = state[4] if isinstance(state, tuple) and len(state) > 4 else None
    if not isinstance(fields, dict) or depth > 8:
        return False
    return any(
        has_objects(each[0], depth + 1)
        for each in fields.values()
        if isinstance(each, tuple) and each
    )


def item_size(dtype: Any) -> int:
    """Tell how many bytes one value has, as NumPy does.

    Raises
    ------
    NotAModel
        The type is one that nobody knows, or its parts say different widths.
    """
    text = dtype_text(dtype)
    if not _TYPE.match(text):
        msg = f"an array of the unknown type {text[:40]!r}"
        raise NotAModel(
            msg, hint="the file is damaged, or of a NumPy that is newer than this program"
        )
    width = int(np.dtype(text).itemsize)
    # The name was checked above; the state could still change the width.  -1 stands for "as the
    # name says"; a subtype (an array in each value) multiplies the width.
    state = dtype.state if isinstance(dtype, StandIn) else None
    said = state[5] if isinstance(state, tuple) and len(state) > 5 else -1
    if said not in (-1, width) or (
        isinstance(state, tuple) and len(state) > 2 and state[2] is not None
    ):
        msg = f"an array of the type {text!r} that claims another width"
        raise NotAModel(msg, hint=_DOUBLE)
    return width
