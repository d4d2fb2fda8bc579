"""Models that are folders."""

from __future__ import annotations

import pytest
from builders_inspection import inspect_file, message

from crossload.inspection import NotAModel, folders
from crossload.inspection import saved_model as saved_model_reader


def test_saved_models(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(
        message(2, message(1, message(4, b"serve") + message(5, b"2.8.4")))
    )
    (tmp_path / "keras_metadata.pb").write_bytes(message(1, message(5, b'{"class_name": "Dense"}')))

    found = inspect_file(tmp_path)

    assert (found.format, found.version("tensorflow"), found.classes) == (
        "savedmodel",
        "2.8.4",
        {"Dense": 1},
    )
    (tmp_path / "saved_model.pb").write_bytes(b"\x12\x7f")
    with pytest.raises(NotAModel, match="damaged SavedModel"):
        inspect_file(tmp_path)


def test_checkpoints(tmp_path):
    (tmp_path / "ckpt-1.index").write_bytes(b"x")
    with pytest.raises(NotAModel, match="is not the index of a checkpoint"):
        inspect_file(tmp_path)
    (tmp_path / "ckpt-1.index").write_bytes(b"x" + bytes.fromhex("57fb808b247547db"))
    with pytest.raises(NotAModel, match=r"no ckpt-1.data-\*"):
        inspect_file(tmp_path)
    (tmp_path / "ckpt-1.data-00000-of-00001").write_bytes(b"y" * 10)

    assert (inspect_file(tmp_path).format, inspect_file(tmp_path).size) == ("checkpoint", 19)


def saved_model(folder, version=b"2.15.0"):
    (folder / "saved_model.pb").write_bytes(message(2, message(1, message(5, version))))


def test_saved_models_with_code_or_without_all_files_have_notes(tmp_path):
    saved_model(tmp_path)
    layers = b'{"class_name": "Lambda"}', b'{"class_name": 3}'
    (tmp_path / "keras_metadata.pb").write_bytes(
        b"".join(message(1, message(5, each)) for each in layers)
    )
    (tmp_path / "variables").mkdir()
    (tmp_path / "variables" / "variables.data-00000-of-00001").write_bytes(b"x")

    found = inspect_file(tmp_path)

    assert found.classes == {"Lambda": 1}
    assert found.notes == [
        "it has Lambda layers: loading executes the code in them",
        "variables/variables.index is missing: the folder is not whole",
    ]


def test_a_saved_model_without_a_version_is_none(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(message(2, message(1, b"")))
    (tmp_path / "fingerprint.pb").write_bytes(b"")

    with pytest.raises(NotAModel, match="tells no version of TensorFlow"):
        inspect_file(tmp_path)


def test_the_last_of_several_checkpoints_is_meant(tmp_path):
    for step in (1, 2):
        (tmp_path / f"ckpt-{step}.index").write_bytes(bytes.fromhex("57fb808b247547db"))
        (tmp_path / f"ckpt-{step}.data-00000-of-00001").write_bytes(b"y")

    assert inspect_file(tmp_path).path.name == "ckpt-2.index"
    assert inspect_file(tmp_path / "ckpt-1.index").path.name == "ckpt-1.index"


def test_the_weights_of_a_folder_are_its_model_if_there_are_no_others(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "inspect_hdf5", lambda path: path.name)
    (tmp_path / "one.weights.h5").write_bytes(b"")
    assert inspect_file(tmp_path) == "one.weights.h5"

    (tmp_path / "two.weights.h5").write_bytes(b"")
    with pytest.raises(NotAModel, match="a folder that holds no model"):
        inspect_file(tmp_path)


def test_graphs_that_are_too_large_are_not_read(tmp_path, monkeypatch):
    saved_model(tmp_path)
    monkeypatch.setattr(saved_model_reader, "_LARGEST_GRAPH", 3)

    with pytest.raises(NotAModel, match=r"saved_model\.pb has more than"):
        inspect_file(tmp_path)
