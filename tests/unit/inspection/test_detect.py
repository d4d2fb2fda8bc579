"""The format of a file is told by its first bytes."""

from __future__ import annotations

import gzip
import os
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pytest
from builders_inspection import inspect_file

from crossload import limits
from crossload.cli.main import main
from crossload.inspection import NotAModel, archives, detect, keras_hdf5


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


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("lists.pkl", b"\x80\x04" + b"]" * 300_000 + b"."),
        ("lines.pkl", b"\x80\x02" + (b"F" + b"1" * 900_000 + b"\n0") * 20 + b"N."),
        (
            "packed.pkl",
            gzip.compress(b"\x80\x04\x8e" + (1 << 40).to_bytes(8, "little") + bytes(1 << 24)),
        ),
    ],
)
def test_time_is_a_limit_that_is_told(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with (
        limits.allowed(0.0, limits.MEMORY),
        pytest.raises(NotAModel, match=f"{name}: looking at it takes more than 0 s") as caught,
    ):
        inspect_file(tmp_path / name)
    assert "--inspect-seconds" in caught.value.hint


def test_names_before_a_limit_was_reached_are_told(tmp_path):
    path = tmp_path / "m.pkl"
    path.write_bytes(b"cposix\nsystem\n(S'x'\ntR0" + b"N0" * 3_000_000 + b"N.")
    with limits.allowed(0.3, limits.MEMORY), pytest.raises(NotAModel, match="more than") as caught:
        inspect_file(path)
    assert caught.value.dangerous == ("posix.system",)


def test_a_list_of_parts_that_is_too_long_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "_LARGEST_DIRECTORY", 500)
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as file:
        for index in range(100):
            file.writestr(f"part{index}", "")
    with pytest.raises(NotAModel, match="its directory has more than"):
        inspect_file(tmp_path / "m.keras")


def test_folders_are_measured_without_following_links(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "loop").symlink_to(".")
    (tmp_path / "m" / "out").symlink_to("/")
    with pytest.raises(NotAModel, match="a folder that holds no model"):
        inspect_file(tmp_path / "m")


@pytest.mark.parametrize(
    "name", ["saved_model.pb", "a.index", "a.weights.h5", "keras_metadata.pb", "m.pkl"]
)
@pytest.mark.parametrize("alone", [True, False])
def test_pipes_are_never_waited_for(tmp_path, name, alone):
    folder = tmp_path / "m"
    folder.mkdir()
    os.mkfifo(folder / name)
    if name == "keras_metadata.pb":
        (folder / "saved_model.pb").write_bytes(b"")
    with pytest.raises(NotAModel):
        inspect_file(folder / name if alone else folder)
