"""Files that are packed, cut or no files."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import pickle
import sys
import zlib

import joblib
import pytest
import sklearn
from builders_inspection import inspect_file

from crossload.inspection import NotAModel, streams
from crossload.inspection.facts import Danger
from crossload.inspection.streams import CutStream, Stream, compression_of


@pytest.mark.parametrize(
    "compress", [0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("lzma", 3), ("xz", 3), ("lz4", 1)]
)
def test_joblib_files_tell_who_wrote_them(tmp_path, model, compress):
    path = tmp_path / "model.joblib"
    joblib.dump(model, path, compress=compress)

    found = inspect_file(path)

    assert found.format == "joblib"
    assert found.compression == (compress[0] if compress else "")
    assert found.version("scikit-learn") == sklearn.__version__
    assert found.classes == {
        "sklearn.Pipeline": 1,
        "sklearn.StandardScaler": 1,
        "sklearn.RandomForestClassifier": 1,
        "sklearn.DecisionTreeClassifier": 3,
    }
    assert found.features == 4
    assert found.feature_names == (
        "sepal length (cm)",
        "sepal width (cm)",
        "petal length (cm)",
        "petal width (cm)",
    )
    assert not found.dangerous
    assert {each.danger for each in found.names} == {Danger.KNOWN}


def test_every_cut_of_a_file_is_an_error(tmp_path, model):
    whole, path = tmp_path / "whole.joblib", tmp_path / "cut.joblib"
    joblib.dump(model, whole)
    data = whole.read_bytes()
    for size in range(0, len(data) - 1, 97):
        path.write_bytes(data[:size])
        with pytest.raises(NotAModel):
            inspect_file(path)


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_that_are_cut_or_damaged(tmp_path, model, pack):
    data = pack(pickle.dumps(model))
    path = tmp_path / "x"
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(NotAModel):
        inspect_file(path)


def test_pipes_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(NotAModel, match="not a regular file"):
        inspect_file(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("head", "compression"),
    [(b"x\x9c", "zlib"), (b"xy", ""), (b"x", ""), (b"\x80\x04", ""), (b"\x1f\x8b\x08", "gzip")],
)
def test_the_first_bytes_tell_the_compressor(head, compression):
    assert compression_of(head) == compression


def stream_of(path, data):
    path.write_bytes(data)
    return Stream(path)


PACKERS = [bytes, zlib.compress, gzip.compress, bz2.compress, lzma.compress]


@pytest.mark.parametrize("pack", PACKERS, ids=lambda pack: pack.__module__)
def test_bytes_are_read_and_skipped_alike_however_they_are_packed(tmp_path, pack):
    data = bytes(range(256)) * 16
    stream = stream_of(tmp_path / "x", pack(data))

    assert stream.read(3) == data[:3]
    stream.skip(1000)
    assert stream.read(2000) == data[1003:3003]
    assert stream.at == 3003
    with pytest.raises(CutStream):
        stream.read(2000)
    stream.close()


@pytest.mark.parametrize("pack", PACKERS[:2], ids=["plain", "zlib"])
def test_nothing_is_behind_the_end(tmp_path, pack):
    stream = stream_of(tmp_path / "x", pack(b"abc"))

    with pytest.raises(CutStream):
        stream.skip(4)
    stream.close()


def test_only_plain_files_are_looked_ahead_in_and_know_their_rest(tmp_path):
    plain, packed = (
        stream_of(tmp_path / "p", b"abcdef"),
        stream_of(tmp_path / "z", zlib.compress(b"abcdef")),
    )
    plain.read(2)

    assert (plain.peek(2), plain.rest) == (b"cd", 4)
    assert (packed.peek(2), packed.rest) == (b"", 0)
    plain.close()
    packed.close()


def test_packed_bombs_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "MOST_UNPACKED", 1000)
    stream = stream_of(tmp_path / "x", zlib.compress(bytes(5000)))

    with pytest.raises(NotAModel, match="it unpacks to more than"):
        stream.skip(2000)
    stream.close()


def test_lines_end_and_are_not_too_long(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "_BLOCK", 10)
    stream = stream_of(tmp_path / "x", b"short\n" + b"l" * 20)

    assert stream.readline() == b"short\n"
    with pytest.raises(NotAModel, match="no pickle has that"):
        stream.readline()
    stream.close()


def test_files_that_need_a_package_say_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lz4.frame", None)

    with pytest.raises(NotAModel, match="which needs the package lz4") as caught:
        stream_of(tmp_path / "x", b"\x04\x22\x4d\x18rest")
    assert caught.value.hint == "pip install lz4"
