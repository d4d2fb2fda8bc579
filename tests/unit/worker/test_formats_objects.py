"""The formats of any Python object, with the libraries of the driver."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from builders_tensorflow import Calls
from builders_worker import X, Y
from sklearn.linear_model import LogisticRegression

from crossload import inspection
from crossload.worker import formats

FORMATS = formats.builtin_formats()
MODEL = LogisticRegression().fit(X, Y)


def through(name, folder):
    """The model after saving and loading, and the file."""
    fmt = FORMATS[name]
    path = folder / fmt.filename
    fmt.save(MODEL, str(path), None)
    return fmt.load(str(path), None, None), path


@pytest.mark.parametrize(
    "name",
    [
        "pickle", "pickle-2", "pickle-highest", "cloudpickle", "skops", "joblib", "joblib-mmap",
        "joblib-zlib", "joblib-gzip", "joblib-bz2", "joblib-lzma", "joblib-xz", "joblib-lz4",
    ],
)  # fmt: skip
def test_a_model_is_loaded_as_it_was_saved(name, tmp_path):
    if name in ("cloudpickle", "skops", "joblib-lz4"):
        pytest.importorskip({"joblib-lz4": "lz4"}.get(name, name))
    again, _ = through(name, tmp_path)

    assert np.array_equal(again.predict_proba(X), MODEL.predict_proba(X))


@pytest.mark.parametrize(
    ("name", "protocol"),
    [
        ("pickle", pickle.DEFAULT_PROTOCOL),
        ("pickle-2", 2),
        ("pickle-highest", pickle.HIGHEST_PROTOCOL),
    ],
)
def test_pickles_have_the_protocol_of_their_format(name, protocol, tmp_path):
    assert through(name, tmp_path)[1].read_bytes()[:2] == bytes([0x80, protocol])


@pytest.mark.parametrize(
    ("name", "compression"),
    [("joblib", ""), ("joblib-zlib", "zlib"), ("joblib-gzip", "gzip"), ("joblib-bz2", "bz2"),
     ("joblib-lzma", "lzma"), ("joblib-xz", "xz")],
)  # fmt: skip
def test_joblib_files_are_packed_as_their_format_says(name, compression, tmp_path):
    assert inspection.inspect_file(through(name, tmp_path)[1]).compression == compression


def test_arrays_are_mapped_where_the_format_says_so(tmp_path):
    assert isinstance(through("joblib-mmap", tmp_path)[0].coef_, np.memmap)
    assert not isinstance(through("joblib", tmp_path)[0].coef_, np.memmap)


@pytest.mark.parametrize(
    ("versions", "reason"),
    [
        ({}, "joblib is not installed in this environment"),
        ({"joblib": "0.12.5"}, "joblib has lz4 since 0.13"),
        ({"joblib": "0.13"}, ""),
    ],
)
def test_lz4_asks_for_a_joblib_that_has_it(versions, reason):
    assert FORMATS["joblib-lz4"].no_save(versions, "object") == reason
    assert FORMATS["joblib-lz4"].no_load(versions, "object") == reason


@pytest.mark.parametrize(
    ("version", "trusted"), [("0.3.0", True), ("0.4.0", ["a.B"]), ("0.11", ["a.B"])]
)
def test_skops_is_told_to_trust_in_the_way_of_its_version(monkeypatch, version, trusted):
    calls = Calls()
    io = SimpleNamespace(
        load=calls.giving("load", "the model"), get_untrusted_types=lambda file: ["a.B"]
    )
    monkeypatch.setitem(sys.modules, "skops", SimpleNamespace(io=io, __version__=version))
    monkeypatch.setitem(sys.modules, "skops.io", io)

    assert FORMATS["skops"].load("m.skops", None, None) == "the model"
    assert calls == [("load", ("m.skops",), {"trusted": trusted})]


def test_skops_saves_to_the_path(monkeypatch):
    calls = Calls()
    io = SimpleNamespace(dump=calls.giving("dump"))
    monkeypatch.setitem(sys.modules, "skops", SimpleNamespace(io=io))
    monkeypatch.setitem(sys.modules, "skops.io", io)

    FORMATS["skops"].save(MODEL, "m.skops", None)

    assert calls == [("dump", (MODEL, "m.skops"), {})]


def test_a_format_without_save_and_load_is_not_complete(tmp_path):
    for unfinished in (
        lambda: formats.Format().save(MODEL, str(tmp_path / "x"), None),
        lambda: formats.Format().load(str(tmp_path / "x"), None, None),
    ):
        with pytest.raises(NotImplementedError):
            unfinished()
    assert not Path(tmp_path / "x").exists()


def test_formats_of_objects_take_objects_alone():
    assert FORMATS["pickle"].applies("object")
    assert not FORMATS["pickle"].applies("keras")
