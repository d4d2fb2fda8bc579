"""Protocol buffers, without a schema."""

from __future__ import annotations

import pytest
from builders_inspection import message

from crossload.inspection.protobuf import fields_of, only_text, texts_of


def test_fields_have_their_number_and_value():
    data = (
        b"\x08\x96\x01"  # field 1: the number 150, the example of the manual
        + message(2, b"text")
        + b"\x19"  # field 3 of eight bytes
        + bytes(8)
        + b"\x25"  # field 4 of four bytes
        + bytes(4)
    )

    assert list(fields_of(data)) == [(1, 150), (2, b"text"), (3, bytes(8)), (4, bytes(4))]


def test_texts_of_one_field_are_collected():
    data = message(2, b"a") + b"\x10\x01" + message(1, b"no") + message(2, b"b")

    assert texts_of(data, 2) == [b"a", b"b"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x0b", "a field of the unknown kind 3"),
        (b"\x12\x05abc", "a field ends after the end"),
        (b"\x08\x96", "a number is cut off"),
        (b"\x08" + b"\xff" * 20, "a number is cut off"),
    ],
)
def test_what_is_no_message_is_an_error(data, text):
    with pytest.raises(ValueError, match=text):
        list(fields_of(data))


def test_a_field_that_counts_once_and_is_there_twice_is_an_error():
    assert only_text(message(2, b"a") + message(1, b"b"), 2) == b"a"
    assert only_text(message(1, b"b"), 2) == b""
    with pytest.raises(ValueError, match="in two ways"):
        only_text(message(2, b"a") + message(2, b"b"), 2)


@pytest.mark.parametrize("key", [b"\x02", b"\x8a\x80\x80\x80\x10"])
def test_keys_that_libraries_read_in_different_ways_are_errors(key):
    with pytest.raises(ValueError, match="without a proper number"):
        list(fields_of(key + b"\x01a"))
