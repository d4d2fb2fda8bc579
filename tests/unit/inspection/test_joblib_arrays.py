"""Arrays of joblib are skipped, and none can be read in two ways."""

from __future__ import annotations

import io
import pickle
import struct
from types import SimpleNamespace

import joblib
import numpy as np
import pytest
from builders_inspection import CALL, SYSTEM, WRAPPER, inspect_file, name_of, state_of
from sklearn.linear_model import LogisticRegression

from crossload.inspection import NotAModel
from crossload.inspection.dtypes import has_objects
from crossload.inspection.joblib_arrays import skip_array
from crossload.inspection.pickle_reader import PickleReader
from crossload.inspection.stand_ins import StandIn


def test_a_pickle_within_an_array_of_objects_is_looked_at_too(tmp_path):
    marker = b"MARKER-SYSTEM"
    array = np.array([1, "x", marker.decode()], dtype=object)
    buffer = io.BytesIO()
    joblib.dump({"a": np.arange(3.0), "b": array}, buffer)
    data = buffer.getvalue()
    # the array of objects is a pickle of its own, whose protocol depends on joblib's release: the
    # text in it becomes a call
    short = pickle.SHORT_BINUNICODE + bytes([len(marker)]) + marker
    long = pickle.BINUNICODE + len(marker).to_bytes(4, "little") + marker
    nested = data.replace(short, SYSTEM + b"(S'x'\ntR").replace(long, SYSTEM + b"(S'x'\ntR")
    assert nested != data
    path = tmp_path / "model.joblib"
    path.write_bytes(nested)

    assert [each.text for each in inspect_file(path).dangerous] == ["posix.system"]


def test_arrays_are_skipped_and_not_read(tmp_path):
    path = tmp_path / "big.joblib"
    model = LogisticRegression()
    model.coef_ = np.zeros((1000, 1000))
    model.n_features_in_ = np.int64(1000)
    joblib.dump(model, path)
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size)

    assert inspect_file(path).features == 1000
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size - 500)
    with pytest.raises(NotAModel, match="it ends after"):
        inspect_file(path)


def in_two_ways():
    """Files that joblib or pickle read otherwise than a careless scanner does."""
    code = CALL + b"0"
    header = b"\x8e" + struct.pack("<Q", len(CALL) + 1)
    yield (
        "the bytes of an array are instructions for pickle",
        WRAPPER + b"}" + state_of(len(code), "u1") + b"b" + code + b".",
    )
    yield (
        "slots",
        WRAPPER + b"N}" + state_of(len(header), "u1") + b"\x86b" + header + CALL + b".0]0.",
    )
    yield (
        "long doubles",
        WRAPPER + b"}" + state_of(2, "g") + b"b" + bytes(16) + b"N0N0N0N" + header + CALL + b".00.",
    )
    called = b"\x80\x04" + name_of("joblib.numpy_pickle", "NumpyArrayWrapper") + b"(NNNNNK\x10tR"
    yield (
        "alignment from arguments",
        called + b"}" + state_of(1, "u1") + b"b" + b"\x00" + header + CALL + b".00.",
    )
    other = state_of(1, "u1").replace(name_of("numpy", "dtype"), name_of("numpy", "float64"))
    yield (
        "another function for the type",
        WRAPPER + b"}" + other + b"b" + b"\x00" + header + CALL + b".00.",
    )
    yield (
        "an alias",
        b"\x80\x04"
        + name_of("joblib", "numpy_pickle.NumpyArrayWrapper")
        + b")\x81}"
        + state_of(4, "u1")
        + b"b"
        + CALL
        + b".",
    )


@pytest.mark.parametrize(("what", "data"), list(in_two_ways()))
def test_arrays_that_can_be_read_in_two_ways(tmp_path, what, data):
    (tmp_path / "x").write_bytes(data)
    try:
        assert inspect_file(tmp_path / "x").dangerous
    except NotAModel as error:
        assert error.dangerous or "made to be read in two ways" in str(error.hint)


def wrapped(state):
    """A stand-in of an array wrapper's state, skipped in an empty stream."""
    reader = PickleReader(SimpleNamespace(skip=lambda size: None, read=bytes, readline=bytes), {})
    return skip_array(reader, state)


def dtype(text, *state):
    named = type("Named", (StandIn,), {"module": "numpy", "name": "dtype"})
    found = named.make((text, False, True))
    found.state = state or (3, "<", None, None, None, -1, -1, 0)
    return found


ARRAY = type("Named", (StandIn,), {"module": "numpy", "name": "ndarray"})


def attributes(**changed):
    return {"subclass": ARRAY, "shape": (1,), "order": "C", "dtype": dtype("f8"), **changed}


def test_a_skipped_array_has_its_size_shape_and_type():
    found = wrapped(attributes(shape=(3, 4), allow_mmap=True))

    assert (found.size, found.shape, found.dtype) == (96, (3, 4), "f8")


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (attributes(shape=None), "an array without a shape"),
        (attributes(shape=(-1,)), "an array without a shape"),
        (attributes(shape=(True,)), "an array without a shape"),
        (attributes(dtype="f8"), "an array that joblib does not write so"),
        (attributes(shape=(1 << 40, 1 << 40)), "larger than any disk"),
        (attributes(dtype=dtype("Z9")), "does not write so"),
        (attributes(subclass="ndarray"), "does not write so"),
        (attributes(order="K"), "does not write so"),
        (attributes(allow_mmap="yes"), "does not write so"),
        (attributes(numpy_array_alignment_bytes="16"), "does not write so"),
        (attributes(filename="x"), "does not write so"),
        ({"shape": (1,), "dtype": dtype("f8")}, "does not write so"),
    ],
)
def test_wrappers_that_joblib_did_not_write_are_refused(state, text):
    with pytest.raises(NotAModel, match=text):
        wrapped(state)


def test_objects_in_a_field_make_an_array_of_objects():
    fields = {"a": (dtype("f8"), 0), "b": (dtype("O"), 8), "odd": "x"}
    structured = dtype("V16", 3, "|", None, ("a", "b"), fields, 16, 1, 27)

    assert has_objects(structured)
    assert not has_objects(dtype("V8", 3, "|", None, ("a",), {"a": (dtype("f8"), 0)}, 8, 1, 0))
    assert not has_objects("no dtype")
