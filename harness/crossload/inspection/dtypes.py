"""Tells pickled types of NumPy arrays that NumPy writes from those that somebody made up.

NumPy believes what the state of a type says
(https://github.com/numpy/numpy/blob/main/numpy/_core/src/multiarray/descriptor.c): bytes of a type
that claims to hold no objects are skipped here and become pointers there.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from crossload.inspection.stand_ins import SkippedData, StandIn

_TYPE = re.compile(
    r"^[<>|=]?(?:[?bBhHiIlLqQpPefdgFDG]|[biufcmM]\d{1,3}|[SaUV]\d{1,12}|O8?|[mM]8\[\w+\])$"
)
"""Types whose width NumPy tells by their name alone, and objects."""

_DEEPEST = 8

_OBJECTS = 63
"""Flags of the type of objects, as NumPy writes them."""


def text_of(dtype: Any) -> str:
    """Give the type string of a pickled dtype, such as ``f8``; empty for what is none."""
    # the name counts, not how it was reached: an alias of numpy.dtype, or another function in its
    # place, would make another type where the file is loaded
    is_dtype = isinstance(dtype, StandIn) and (type(dtype).module, type(dtype).name) == (
        "numpy",
        "dtype",
    )
    found = dtype.args[0] if is_dtype and dtype.args else ""
    found = found.decode("latin1") if isinstance(found, bytes) else found
    return found if isinstance(found, str) and _TYPE.match(found) else ""


def width_of(text: str) -> int:
    """Give the bytes of one value of a type string that `text_of` gave."""
    return int(np.dtype(text).itemsize)


def against_dtype(args: tuple[Any, ...], state: Any) -> str:
    """Say what is wrong with the parts of a pickled dtype; empty where NumPy writes such.

    Parameters
    ----------
    args
        Arguments of the call ``numpy.dtype(text, align, copy)``.
    state
        ``(version, byte order, subtype, names, fields, width, alignment, flags[, metadata])``; the
        first two parts have changed places with the version.
    """
    if not args or len(args) > 3:
        return "other arguments"
    text = args[0].decode("latin1") if isinstance(args[0], bytes) else args[0]
    if not isinstance(text, str) or not _TYPE.match(text):
        return f"the type {str(text)[:40]!r}"
    if any(not isinstance(each, bool | int) for each in args[1:]):
        return "other arguments"
    if not isinstance(state, tuple) or not 7 <= len(state) <= 9:
        return "another state"
    version, order, subtype, names, fields, width, alignment = state[:7]
    # the oldest states have no flags
    flags = state[7] if len(state) > 7 else _OBJECTS if _is_object(text) else 0
    order = order.decode("latin1") if isinstance(order, bytes) else order
    if not isinstance(version, int) or order not in ("<", ">", "|", "=", "s"):
        return "another state"
    if not all(isinstance(each, int) for each in (width, alignment, flags)):
        return "another state"
    if len(state) == 9 and not _is_metadata(state[8], text):
        return "metadata"
    return _against_parts(text, subtype, names, fields, width, flags)


def against_array(state: Any) -> str:
    """Say what is wrong with the state that a pickle sets on an array; empty for nothing.

    NumPy writes as many objects into the memory of an array as the list in its state has, whatever
    its shape says.

    Parameters
    ----------
    state
        ``([version,] shape, dtype, is Fortran, bytes or list of objects[, mask, fill value])``.
    """
    if not isinstance(state, tuple) or not 4 <= len(state) <= 7:
        return "another state"
    shape, dtype, _, data = state[:4] if len(state) == 4 else state[1:5]
    if not isinstance(shape, tuple) or not all(type(each) is int and each >= 0 for each in shape):
        return "another shape"
    if not text_of(dtype) or not isinstance(dtype, StandIn) or dtype.state is None:
        return "another type"
    if not isinstance(data, list):
        return "bytes of objects" if has_objects(dtype) else ""
    count = 1
    for each in shape:
        count *= each
    return (
        "" if has_objects(dtype) and len(data) == count else "as many objects as it has no room for"
    )


def _against_parts(text: str, subtype: Any, names: Any, fields: Any, width: int, flags: int) -> str:
    stated = width_of(text)
    is_flexible = text.lstrip("<>|=")[:1] in "SaUV"
    if width not in (-1, stated) and not (is_flexible and stated == 0):
        return "a width that its name contradicts"
    if names is None and fields is None:
        if subtype is not None:
            return _against_subtype(subtype, width if width >= 0 else stated, flags)
        if _is_object(text):
            # NumPy believes the flags: bytes of objects without them become pointers
            return "" if flags == _OBJECTS else "flags of its own"
        return "flags of objects" if flags & 0b111 else ""
    return _against_fields(text, names, fields, width if width >= 0 else stated, flags)


def _against_fields(text: str, names: Any, fields: Any, width: int, flags: int) -> str:
    if type(fields) is not dict or not isinstance(names, tuple):
        return "fields that are no dict"
    if not text.lstrip("<>|=").startswith("V") or set(map(_plain, names)) != set(
        map(_plain, fields)
    ):
        return "fields without their names"
    objects = False
    for value in fields.values():
        if not isinstance(value, tuple) or len(value) not in (2, 3):
            return "fields of another form"
        inner, offset = value[:2]
        if not text_of(inner) or not isinstance(offset, int) or inner.state is None:
            return "fields of another form"
        inner_width = width_in(inner)
        if offset < 0 or inner_width is None or offset + inner_width > width:
            return "fields that do not fit"
        objects = objects or has_objects(inner)
    if objects != bool(flags & 0b1):
        return "flags that its fields contradict"
    return ""


def _against_subtype(subtype: Any, width: int, flags: int) -> str:
    if not isinstance(subtype, tuple) or len(subtype) != 2:
        return "an array of another form in each value"
    inner, shape = subtype
    shape = shape if isinstance(shape, tuple) else (shape,)
    inner_width = width_in(inner) if text_of(inner) else None
    if inner_width is None or not all(isinstance(n, int) and 0 <= n < 1 << 32 for n in shape):
        return "an array of another form in each value"
    count = 1
    for each in shape:
        count *= each
    if count * inner_width != width or has_objects(inner) != bool(flags & 0b1):
        return "an array of another size in each value"
    return ""


def width_in(dtype: StandIn) -> int | None:
    """Give the bytes of one value of a dtype whose state was checked; None where it has none."""
    state = dtype.state
    if not isinstance(state, tuple):
        return None
    said = state[5] if len(state) > 5 else -1
    return said if isinstance(said, int) and said >= 0 else width_of(text_of(dtype))


def has_objects(dtype: Any, depth: int = 0) -> bool:
    """Tell whether a pickled dtype holds Python objects, itself or in one of its parts."""
    if _is_object(text_of(dtype)):
        return True
    state = dtype.state if isinstance(dtype, StandIn) else None
    if not isinstance(state, tuple) or len(state) < 5 or depth > _DEEPEST:
        return False
    fields, subtype = state[4], state[2]
    if isinstance(subtype, tuple) and subtype and has_objects(subtype[0], depth + 1):
        return True
    return isinstance(fields, dict) and any(
        has_objects(each[0], depth + 1)
        for each in fields.values()
        if isinstance(each, tuple) and each
    )


def _is_object(text: str) -> bool:
    return text.lstrip("<>|=").startswith("O")


def _is_metadata(value: Any, text: str) -> bool:
    # of times: ({}, (unit, count, numerator, denominator)); of others a dict that people made
    if not isinstance(value, tuple) or len(value) != 2 or value[0] not in ({}, None):
        return value is None
    return text.lstrip("<>|=")[:1] in "mM" and isinstance(value[1], tuple | SkippedData)


def _plain(name: Any) -> Any:
    return name if isinstance(name, str | bytes) else repr(type(name))
