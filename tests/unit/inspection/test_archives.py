"""Models that are zip archives."""

from __future__ import annotations

import json
import zipfile

import pytest
import sklearn
import skops.io
from builders_inspection import inspect_file

from crossload.inspection import NotAModel


def test_keras_archives(tmp_path):
    layers = [
        {"class_name": "Dense", "config": {"units": 1}},
        {"class_name": "Lambda", "config": {}},
    ]
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as file:
        file.writestr("metadata.json", json.dumps({"keras_version": "3.5.0"}))
        file.writestr(
            "config.json", json.dumps({"class_name": "Sequential", "config": {"layers": layers}})
        )

    found = inspect_file(tmp_path / "m.keras")

    assert (found.format, found.version("keras")) == ("keras", "3.5.0")
    assert found.classes == {"Sequential": 1, "Dense": 1, "Lambda": 1}
    assert "Lambda" in found.notes[0]


def test_skops_archives(tmp_path, model):
    skops.io.dump(model, tmp_path / "m.skops")

    found = inspect_file(tmp_path / "m.skops")

    assert (found.format, found.version("scikit-learn"), found.features) == (
        "skops",
        sklearn.__version__,
        4,
    )
    assert found.version("skops")


def test_functions_in_old_skops_archives(tmp_path):
    node = {
        "__class__": "function",
        "__module__": "builtins",
        "__loader__": "FunctionNode",
        "content": {"module_path": "os", "function": "system"},
    }
    with zipfile.ZipFile(tmp_path / "m.skops", "w") as file:
        file.writestr("schema.json", json.dumps(node))

    assert [each.text for each in inspect_file(tmp_path / "m.skops").dangerous] == ["os.system"]


def test_archives_that_would_unpack_to_too_much(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.keras", "w", zipfile.ZIP_BZIP2) as file:
        file.writestr("metadata.json", "{}")
        file.writestr("config.json", bytes(1000))
    with pytest.raises(NotAModel, match="packed as no model is"):
        inspect_file(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("metadata.json", "{}")
        file.writestr("config.json", b" " * (17 << 20))
    with pytest.raises(NotAModel, match="unpacks to more than 16 MB"):
        inspect_file(tmp_path / "m.keras")
