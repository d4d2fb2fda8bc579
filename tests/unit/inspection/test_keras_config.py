"""Configurations of Keras models."""

from __future__ import annotations

import json
import zipfile

import pytest
from builders_inspection import inspect_file

from crossload.inspection import NotAModel, keras_config
from crossload.inspection.keras_config import layers_of, parse_json


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


def test_layers_are_counted_and_other_objects_are_not():
    dense = {
        "class_name": "Dense",
        "module": "keras.layers",
        "config": {
            "kernel_initializer": {
                "class_name": "GlorotUniform",
                "module": "keras.initializers",
                "config": {},
            },
            "dtype": {"class_name": "DTypePolicy", "config": {}},
            "other": {"class_name": "WithoutConfig"},
        },
    }

    assert layers_of({"class_name": "Sequential", "config": {"layers": [dense, dense]}}) == {
        "Sequential": 1,
        "Dense": 2,
    }


def test_a_configuration_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(keras_config, "_MOST_NODES", 10)

    with pytest.raises(NotAModel, match="larger than that of any model"):
        layers_of([[1] * 20])


@pytest.mark.parametrize("text", ["{", b"\xff", None, "[" * 100_000])
def test_what_is_no_json_is_told_with_the_part_of_the_file(text):
    with pytest.raises(NotAModel, match=r"its config\.json is no JSON"):
        parse_json(text, "config.json")
