"""Types of arrays that NumPy writes, and those that it would believe wrongly."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from builders_inspection import inspect_file

from crossload.inspection import NotAModel
from crossload.inspection.dtypes import against_dtype

HONEST = [
    "f8", ">i4", "?", "S5", "U7", "V3", "O", "m8[ns]", "M8[25s]", "g", "c16", "e",
    [("a", "f8"), ("b", "O")], [("a", "i4"), ("b", "U3", (2, 2))], [("x", [("y", "O")])],
    {"names": ["a"], "formats": ["i4"], "offsets": [4], "itemsize": 12},
]  # fmt: skip


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", HONEST, ids=str)
def test_what_numpy_writes_is_taken(tmp_path, kind, protocol):
    made = {"a": np.zeros(2, kind), "b": np.zeros(3, kind)}
    (tmp_path / "x").write_bytes(pickle.dumps(made, protocol=min(protocol, 4)))

    assert not [each for each in inspect_file(tmp_path / "x").names if each.why]


def state(**changed):
    parts = {"version": 3, "order": "|", "subtype": None, "names": None, "fields": None}
    parts |= {"width": -1, "alignment": -1, "flags": 0} | changed
    return tuple(parts.values())


@pytest.mark.parametrize(
    ("text", "made_up"),
    [
        ("V8", state(flags=63)),
        ("V8", state(flags=1)),
        ("f8", state(flags=63)),
        ("f8", state(width=16)),
        ("O8", state(flags=7)),
        ("O8", state(flags=0)),
        ("V8", state(names=("a",), fields=[("a", None)])),
        ("V8", state(names=("a",), fields={})),
        ("V8", state(names=("a",), fields={"a": "f8"})),
        ("V8", (*state(), {"a": 1})),
        ("V8", state(subtype=("f8", (2,)))),
        ("V8", state()[:5]),
        ("Z8", state()),
        (8, state()),
        ("f8", state(version="3")),
        ("f8", state(order="?")),
        ("f8", None),
    ],
)
def test_what_numpy_would_believe_wrongly_is_refused(text, made_up):
    assert against_dtype((text, False, True), made_up)
    assert against_dtype(("f8", "align"), state())


def test_a_type_that_is_set_twice_is_refused(tmp_path):
    text = b"cnumpy\ndtype\n(S'f8'\nI0\nI1\ntR"
    part = b"(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"
    (tmp_path / "x").write_bytes(b"(l" + text + part + b"a.")
    assert inspect_file(tmp_path / "x").names
    (tmp_path / "x").write_bytes(b"(l" + text + part + part + b"a.")
    with pytest.raises(NotAModel, match="set twice"):
        inspect_file(tmp_path / "x")


def test_an_array_with_more_objects_than_room_is_refused(tmp_path):
    # NumPy writes them behind the end of its memory; found by the fuzzer
    data = pickle.dumps(np.array(["x", 1], dtype=object), protocol=3)
    (tmp_path / "x").write_bytes(data)
    assert inspect_file(tmp_path / "x").names
    assert data.count(b"e") >= 1
    more = data.replace(b"K\x01e", b"K\x012e")
    assert more != data
    (tmp_path / "x").write_bytes(more)
    with pytest.raises(NotAModel, match="no room for"):
        inspect_file(tmp_path / "x")


def test_bytes_in_place_of_objects_are_refused(tmp_path):
    data = pickle.dumps(np.array(["x", 1], dtype=object), protocol=3)
    start, end = data.index(b"]q"), data.index(b"etq")
    made_up = data[:start] + b"C\x10" + bytes(16) + data[end + 1 :]
    (tmp_path / "x").write_bytes(made_up)
    with pytest.raises(NotAModel, match="bytes of objects"):
        inspect_file(tmp_path / "x")
