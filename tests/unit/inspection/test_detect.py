"""The format of a file is told by its first bytes."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
import pytest
from builders_inspection import inspect_file

from crossload.cli.main import main
from crossload.inspection import NotAModel, detect, keras_hdf5


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"hello world, this is text\n", "neither a pickle nor any other format"),
        (b"PK\x03\x04" + b"x" * 100, "a damaged archive"),
        (b"I1\n.", "a pickle of a int, not of a model"),
        (b"x\x9c" + b"\xff" * 50, "cannot be unpacked"),
    ],
)
def test_what_is_no_model_is_told(tmp_path, content, says, capsys):
    path = tmp_path / "x"
    path.write_bytes(content)

    with pytest.raises(NotAModel, match=says):
        inspect_file(path)
    assert main(["inspect", str(path)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_no_file_and_no_model_in_a_folder(tmp_path):
    with pytest.raises(NotAModel, match="there is no such file"):
        inspect_file(tmp_path / "nope")
    with pytest.raises(NotAModel, match="an empty folder"):
        inspect_file(tmp_path)


def test_hdf5_is_told_by_its_first_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(keras_hdf5, "inspect_hdf5", lambda path: path.name)
    (tmp_path / "model.bin").write_bytes(b"\x89HDF\r\n\x1a\nrest")

    assert inspect_file(tmp_path / "model.bin") == "model.bin"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (RecursionError(), "too deeply nested or too large"),
        (MemoryError(), "too deeply nested or too large"),
        (PermissionError(13, "Permission denied"), "cannot be read: Permission denied"),
        (OSError("odd"), "cannot be read: odd"),
    ],
)
def test_what_cannot_be_looked_at_is_told_with_its_path(tmp_path, monkeypatch, error, text):
    def fail(path):
        raise error

    monkeypatch.setattr(detect, "_pickled", fail)
    (tmp_path / "model.pkl").write_bytes(b"x")

    with pytest.raises(NotAModel, match=f"model.pkl: {text}"):
        inspect_file(tmp_path / "model.pkl")


def test_a_file_that_is_one_array_has_a_note(tmp_path):
    joblib.dump(np.zeros((2, 3)), tmp_path / "a.joblib")

    assert inspect_file(tmp_path / "a.joblib").notes == ["one array, of type f8 and shape (2, 3)"]


def test_paths_may_be_texts(tmp_path):
    joblib.dump([1], tmp_path / "a.pkl")

    assert inspect_file(str(tmp_path / "a.pkl")).path == Path(tmp_path / "a.pkl")
