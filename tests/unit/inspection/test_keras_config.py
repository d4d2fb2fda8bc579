"""Configurations of Keras models."""

from __future__ import annotations

import json
import zipfile

from builders_inspection import inspect_file


def test_functions_of_other_modules_in_keras_archives(tmp_path):
    def archive(layer):
        with zipfile.ZipFile(tmp_path / "m.keras", "w") as file:
            file.writestr("metadata.json", json.dumps({"keras_version": "3.5.0"}))
            file.writestr(
                "config.json",
                json.dumps({"class_name": "Functional", "config": {"kernel_initializer": layer}}),
            )
        return inspect_file(tmp_path / "m.keras")

    assert [
        each.text
        for each in archive(
            {"class_name": "function", "module": "os", "config": "system"}
        ).dangerous
    ] == ["os.system"]
    assert [
        each.text
        for each in archive({"class_name": "Mine", "module": "my.layers", "config": {}}).names
    ] == ["my.layers.Mine"]
    for name in ("__lambda__", "Lambda", "keras.layers>Lambda"):
        assert "executes the code" in archive({"class_name": name, "config": {}}).notes[0]
