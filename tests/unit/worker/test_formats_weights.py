"""Weights alone: what is written, and what must arrive in a network that is built anew."""

from __future__ import annotations

import json
import os
import sys
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from builders_tensorflow import Calls, Tensor, fake_tensorflow

from crossload.worker import formats
from crossload.worker.formats import weights

FORMATS = formats.builtin_formats()


class Network:
    """A network whose weights lie in HDF5; loading leaves out those that it `loses`."""

    def __init__(self, calls=None, loses=()):
        self.weights = [Tensor(np.zeros(2), "dense/kernel"), Tensor(np.zeros(1), "dense/bias")]
        self.calls = [] if calls is None else calls
        self.loses = loses
        self.optimizer = SimpleNamespace(build=lambda variables: self.calls.append("build"))
        self.trainable_variables = self.weights

    def save_weights(self, path):
        with h5py.File(path, "w") as stream:
            for each in self.weights:
                stream[f"layers/{each.name}"] = each.value

    def load_weights(self, path):
        with h5py.File(path, "r") as stream:
            for each in self.weights:
                if each.name not in self.loses:
                    each.value = stream[f"layers/{each.name}"][()]

    def to_json(self):
        return json.dumps({"class_name": "Network"})


def trained():
    network = Network()
    network.weights[0].value, network.weights[1].value = np.array([1.0, 2.0]), np.array([3.0])
    return network


def rebuilt(network, kind="keras", make_slots=None):
    return SimpleNamespace(
        rebuild=lambda data: network, kind=kind, custom=None, make_slots=make_slots
    )


@pytest.fixture
def calls(monkeypatch):
    found = Calls()
    monkeypatch.setitem(sys.modules, "tensorflow", fake_tensorflow(found))
    return found


@pytest.mark.parametrize(
    "name", ["weights-h5", "weights-h5-strict", "h5-weights", "h5-weights-strict"]
)
def test_weights_are_loaded_into_a_network_that_is_built_anew(name, tmp_path):
    fmt = FORMATS[name]
    path = str(tmp_path / fmt.filename)
    fmt.save(trained(), path, None)

    again = fmt.load(path, rebuilt(Network()), None)

    assert again.weights[0].value.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("name", ["weights-h5", "h5-weights"])
def test_weights_that_do_not_arrive_are_an_error_of_the_strict_formats_alone(name, tmp_path):
    path = str(tmp_path / "w.h5")
    trained().save_weights(path)
    recipe = rebuilt(Network(loses=["dense/kernel"]))

    assert FORMATS[name].load(path, recipe, None).weights[0].value.tolist() == [0, 0]
    with pytest.raises(AssertionError, match="1 of 2 weights were not restored: dense/kernel"):
        FORMATS[f"{name}-strict"].load(path, recipe, None)


def test_a_checkpoint_is_written_with_a_prefix_in_a_folder(calls, tmp_path):
    network, path = Network(), tmp_path / "checkpoint"

    FORMATS["checkpoint"].save(network, str(path), None)

    assert path.is_dir()
    assert calls == [
        ("Checkpoint", (), {"model": network}),
        ("write", (os.path.join(str(path), "ckpt"),), {}),
    ]


@pytest.mark.parametrize(
    ("name", "kind", "slots", "names"),
    [
        ("checkpoint", "keras", [], ["Checkpoint", "read"]),
        ("checkpoint-strict", "keras", ["build"], ["Checkpoint", "read", "assert_consumed"]),
        ("checkpoint-strict", "tf-module", [], ["Checkpoint", "read", "assert_consumed"]),
    ],
)
def test_a_checkpoint_is_read_into_a_network_with_slots_if_all_must_arrive(
    calls, name, kind, slots, names
):
    network = Network()

    assert FORMATS[name].load("p", rebuilt(network, kind), None) is network
    assert network.calls == slots
    assert calls.names == names
    assert calls[1][1] == (os.path.join("p", "ckpt"),)


def test_slots_of_optimizers_before_keras_2_11_are_made_in_their_way():
    found = Calls()
    old = SimpleNamespace(
        _create_all_weights=found.giving("weights"), _create_hypers=found.giving("hypers")
    )
    older = SimpleNamespace(_create_all_weights=found.giving("weights"))

    for optimizer in (old, older):
        weights.make_slots(SimpleNamespace(optimizer=optimizer, trainable_variables=["v"]))

    assert found.names == ["weights", "hypers", "weights"]
    assert found[0][1] == (["v"],)


def test_a_model_that_was_never_compiled_has_no_slots_to_make(calls):
    network = Network()
    network.optimizer = None  # as in Keras 2
    assert FORMATS["checkpoint-strict"].load("p", rebuilt(network), None) is network

    del network.optimizer  # as in Keras 3
    assert FORMATS["checkpoint-strict"].load("p", rebuilt(network), None) is network
    assert calls.names == ["Checkpoint", "read", "assert_consumed"] * 2


@pytest.mark.parametrize("kind", ["keras", "tf-module"])
def test_a_recipe_that_trains_in_its_own_way_makes_its_own_slots(calls, kind):
    network = Network()
    recipe = rebuilt(network, kind, lambda model: model.calls.append("its own"))

    FORMATS["checkpoint"].load("p", recipe, None)
    assert network.calls == []
    FORMATS["checkpoint-strict"].load("p", recipe, None)
    assert network.calls == ["its own"]


def test_the_architecture_is_written_beside_the_weights(monkeypatch, tmp_path):
    found, fresh = Calls(), Network()
    monkeypatch.setitem(sys.modules, "tensorflow", fake_tensorflow(found, loaded=fresh))
    fmt, path = FORMATS["json-weights"], str(tmp_path / "model")
    recipe = SimpleNamespace(custom=lambda: {"Mine": int})

    fmt.save(trained(), path, recipe)

    assert sorted(os.listdir(path)) == ["architecture.json", "model.weights.h5"]
    assert fmt.load(path, recipe, None) is fresh
    assert found == [
        ("model_from_json", ('{"class_name": "Network"}',), {"custom_objects": {"Mine": int}})
    ]
    assert fresh.weights[1].value.tolist() == [3.0]


def test_an_architecture_that_is_no_json_is_an_error_of_json(calls, tmp_path):
    (tmp_path / "architecture.json").write_text("{")

    with pytest.raises(json.JSONDecodeError):
        FORMATS["json-weights"].load(str(tmp_path), SimpleNamespace(custom=None), None)
    assert calls == []
