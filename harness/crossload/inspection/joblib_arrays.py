"""Skips the arrays that joblib writes between the opcodes of a pickle.

Since 0.10 joblib pickles a small wrapper for each array, with its shape and type, and writes the
bytes of the array right behind it (https://github.com/joblib/joblib/pull/260).  Whoever reads such
a file has to compute the same number of bytes from the wrapper: otherwise a file could hold
instructions that joblib executes and this program skips, so that everything in doubt is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossload.inspection import dtypes, pickle_names
from crossload.inspection.facts import NotAModel
from crossload.inspection.pickle_reader import PickleReader
from crossload.inspection.stand_ins import SkippedData, StandIn

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    if not _ATTRIBUTES <= set(state) <= _ATTRIBUTES | _LATER_ATTRIBUTES:
        msg = "an array that joblib does not write so"
        raise NotAModel(msg, hint=_DOUBLE)
    if not isinstance(shape, tuple) or not all(
        type(each) is int and 0 <= each < 1 << 48 for each in shape
    ):
        msg = "an array without a shape"
        raise NotAModel(msg, hint="the file is damaged")
    # the type was checked when its state was set; a type without a state is not from a pickle
    text = dtypes.text_of(dtype)
    if not text or not isinstance(dtype, StandIn) or dtype.state is None:
        msg = "an array that joblib does not write so"
        raise NotAModel(msg, hint=_DOUBLE)
    _check_others(state)
    if dtypes.has_objects(dtype):
        # joblib loads it with a fresh unpickler that goes on in the same stream, and whose imports
        # a scanner must see as well (https://github.com/joblib/joblib/pull/1795)
        return PickleReader(reader.stream, reader.names).load()
    width = dtypes.width_in(dtype)
    if width is None:
        msg = "an array of an unknown width"
        raise NotAModel(msg, hint=_DOUBLE)
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


def _check_others(state: Mapping[str, Any]) -> None:
    """Refuse attributes of the wrapper that joblib would use otherwise than they are read here."""
    subclass = state["subclass"]
    kind = pickle_names.name_of(subclass)
    if kind:
        # joblib makes an object of it
        subclass.made = True
    aligned = state.get("numpy_array_alignment_bytes")
    if (
        not kind
        or state["order"] not in ("C", "F")
        or not isinstance(state.get("allow_mmap", False), bool)
        or not (aligned is None or type(aligned) is int)
    ):
        msg = "an array that joblib does not write so"
        raise NotAModel(msg, hint=_DOUBLE)


_ATTRIBUTES = frozenset({"subclass", "shape", "order", "dtype"})
_LATER_ATTRIBUTES = frozenset({"allow_mmap", "numpy_array_alignment_bytes"})
"""Since joblib 0.10 and 1.2."""
