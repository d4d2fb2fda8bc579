"""The arrays that joblib writes between the opcodes of a pickle: how long they are, so that they can be skipped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.inspection.facts import NotAModel
from crossload.inspection.pickle_reader import PickleReader, SkippedData, StandIn

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPE = re.compile(
    r"^[<>|=]?(?:[?bBhHiIlLqQpPefdgFDG]|[biufcmM]\d{1,3}|[SaUV]\d{1,12}|[mM]8\[\w+\])$"
)
"""Types whose width NumPy tells by their name alone."""

_LARGEST = 1 << 50
_DOUBLE = "do not load it: it was made to be read in two ways"


def skip_array(reader: PickleReader, state: Mapping[str, Any]) -> Any:
    """Pass over the bytes of one array; what is an array of objects is a pickle of its own, and is read and given as one.

    Raises `NotAModel` for a wrapper that cannot be, `CutStream` for an array that is not whole.
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
        return PickleReader(reader.stream, reader.names).load()
    width = item_size(dtype)
    size = width
    for each in shape:
        size *= each
        if size > _LARGEST:
            msg = "an array that is larger than any disk"
            raise NotAModel(msg, hint="the file is damaged")
    if state.get("numpy_array_alignment_bytes") is not None:
        reader.stream.skip(reader.stream.read(1)[0])
    reader.stream.skip(size)
    return SkippedData(size, shape, text)


def dtype_text(dtype: Any) -> str:
    """The type string of a pickled dtype, such as ``f8``; empty for what is none."""
    is_dtype = isinstance(dtype, StandIn) and (type(dtype).module, type(dtype).name) == (
        "numpy",
        "dtype",
    )
    found = dtype.args[0] if is_dtype and dtype.args else ""
    return found if isinstance(found, str) else ""


def has_objects(dtype: Any, depth: int = 0) -> bool:
    """Whether a pickled dtype holds Python objects, itself or in one of its fields."""
    if dtype_text(dtype).startswith("O"):
        return True
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
    """Bytes of one value, as NumPy has it.  Raises `NotAModel` for a type that nobody knows, or that says two things."""
    text = dtype_text(dtype)
    if not _TYPE.match(text):
        msg = f"an array of the unknown type {text[:40]!r}"
        raise NotAModel(
            msg, hint="the file is damaged, or of a NumPy that is newer than this program"
        )
    width = int(np.dtype(text).itemsize)
    state = dtype.state if isinstance(dtype, StandIn) else None
    said = state[5] if isinstance(state, tuple) and len(state) > 5 else -1
    if said not in (-1, width) or (
        isinstance(state, tuple) and len(state) > 2 and state[2] is not None
    ):
        msg = f"an array of the type {text!r} that claims another width"
        raise NotAModel(msg, hint=_DOUBLE)
    return width
