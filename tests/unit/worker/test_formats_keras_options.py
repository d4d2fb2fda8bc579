"""Formats of Keras by other options and calls: what is asked of Keras, in a stand-in for it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from builders_tensorflow import Calls, fake_tensorflow

from crossload.worker import formats

FORMATS = formats.builtin_formats()
RECIPE = SimpleNamespace(kind="keras", custom=lambda: {"Mine": int})


@pytest.fixture
def calls(monkeypatch):
    found = Calls()
    monkeypatch.setitem(sys.modules, "tensorflow", fake_tensorflow(found))
    return found


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("keras-uncompiled", {"compile": False}),
        ("h5-uncompiled", {"compile": False}),
        ("keras-unsafe", {"safe_mode": False}),
        ("h5-unsafe", {"safe_mode": False}),
        ("export-keras", {}),
    ],
)
def test_a_model_is_loaded_with_the_options_of_its_format(calls, name, options):
    assert FORMATS[name].load("p/model", RECIPE, None) == "the model"
    assert calls == [("load_model", ("p/model",), {"custom_objects": {"Mine": int}} | options)]


def test_what_is_loaded_without_its_loss_is_not_asked_to_go_on_training():
    # `measure.load` goes on with whole models alone
    assert {
        name: FORMATS[name].keeps for name in ("h5-uncompiled", "h5-unsafe", "keras-as-h5")
    } == {
        "h5-uncompiled": "weights",
        "h5-unsafe": "model",
        "keras-as-h5": "model",
    }


def test_a_renamed_file_is_a_copy_that_is_gone_afterwards(monkeypatch, tmp_path):
    path, seen = tmp_path / "model.keras", []
    path.write_bytes(b"HDF5")

    def load_model(given, **options):
        seen.append(Path(given))
        assert Path(given).read_bytes() == b"HDF5"
        return "the model"

    tensorflow = fake_tensorflow(Calls())
    tensorflow.keras.models.load_model = load_model
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)

    assert FORMATS["keras-as-h5"].load(str(path), RECIPE, None) == "the model"
    assert seen[0].name == "model.h5"
    assert not seen[0].parent.exists()
    assert [each.name for each in tmp_path.iterdir()] == ["model.keras"]


def test_weights_are_asked_for_by_name_in_a_network_that_is_built_anew(calls):
    network = SimpleNamespace(load_weights=calls.giving("load_weights"))
    recipe = SimpleNamespace(rebuild=lambda data: network)

    assert FORMATS["h5-weights-by-name"].load("p/weights.h5", recipe, None) is network
    assert calls == [("load_weights", ("p/weights.h5",), {"by_name": True})]


@pytest.mark.parametrize("name", ["keras-unsafe", "h5-unsafe"])
def test_a_version_without_the_option_says_so(name):
    versions = {"tensorflow": "2.10.1", "keras": "2.10.0"}

    assert FORMATS[name].no_load(versions, "keras") == "load_model takes safe_mode since Keras 2.12"
    assert FORMATS[name].no_load({}, "keras") == "tensorflow is not installed in this environment"
