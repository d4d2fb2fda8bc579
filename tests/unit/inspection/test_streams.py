"""Files that are packed, cut or no files."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import pickle
import zlib

import joblib
import pytest
import sklearn
from builders_inspection import inspect_file

from crossload.inspection import NotAModel
from crossload.inspection.facts import Danger


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
