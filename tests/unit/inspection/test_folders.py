"""Models that are folders."""

from __future__ import annotations

import pytest
from builders_inspection import inspect_file, message

from crossload.inspection import NotAModel


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
