"""Reads the wire format of protocol buffers, as far as it takes to find a field.

There is no schema, and no package is needed.  https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossload import limits

if TYPE_CHECKING:
    from collections.abc import Iterator


def fields_of(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Go through the fields of a message: the number, and an integer or the bytes of each.

    Raises
    ------
    ValueError
        The message is cut, or no message.
    """
    at = 0
    count = 0
    while at < len(data):
        if count % 64 == 0:
            limits.check()
        count += 1
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if not number or key >> 32:
            # libraries disagree about what such a key means, or refuse it
            msg = "a field without a proper number"
            raise ValueError(msg)
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == 2:  # with a length: texts, messages
            size, at = _varint(data, at)
        elif kind in (1, 5):  # of 8 and 4 bytes: floats, fixed integers
            size = 8 if kind == 1 else 4
        else:
            msg = f"a field of the unknown kind {kind}"
            raise ValueError(msg)
        if at + size > len(data):
            msg = "a field ends after the end"
            raise ValueError(msg)
        yield number, data[at : at + size]
        at += size


def texts_of(data: bytes, number: int) -> list[bytes]:
    """Collect all texts or messages of one field."""
    return [
        value for found, value in fields_of(data) if found == number and isinstance(value, bytes)
    ]


def only_text(data: bytes, number: int) -> bytes:
    """Give the text or message of a field that is there once; empty where there is none.

    Raises
    ------
    ValueError
        It is there more than once: readers take the last, or join them.
    """
    found = texts_of(data, number)
    if len(found) > 1:
        msg = "a field that counts once is there twice, so that it can be read in two ways"
        raise ValueError(msg)
    return found[0] if found else b""


def _varint(data: bytes, at: int) -> tuple[int, int]:
    # seven bits a byte, so that ten bytes are the most that an integer of 64 bits has
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    msg = "a number is cut off"
    raise ValueError(msg)
