"""Configurations of Keras models."""

from __future__ import annotations

import json
import zipfile

import pytest
from builders_inspection import inspect_file

from crossload.inspection import Inspection, NotAModel, keras_config
from crossload.inspection.facts import Danger, Kind
from crossload.inspection.keras_config import describe_config, layers_of, parse_json


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
    mine = archive({"class_name": "Mine", "module": "my.layers", "config": {}})
    assert [each.text for each in mine.unknown] == ["my.layers.Mine"]
    for name in ("__lambda__", "Lambda", "keras.layers>Lambda"):
        found = archive({"class_name": name, "config": {}})
        assert "executes the code" in found.notes[0]
        assert [each.kind for each in found.dangerous] == [Kind.CODE]


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


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 2}', '[{"x": {"class_name": "A", "class_name": "B"}}]']
)
def test_keys_that_stand_there_twice_are_refused(text):
    with pytest.raises(NotAModel, match="in two ways"):
        parse_json(text, "config.json")


def test_numbers_that_are_none_are_read_as_python_reads_them():
    assert parse_json('{"x": [NaN, Infinity]}', "config.json")["x"][1] == float("inf")


def ratings(config):
    found = Inspection(path=None, format="keras", size=0)
    describe_config(found, config)
    return {each.text: each.danger for each in found.names}


def layer(name, module=None, **config):
    return {"class_name": name, "module": module, "config": config}


def model(*layers):
    return {
        "class_name": "Functional",
        "module": "keras.src.models.functional",
        "config": {"layers": list(layers)},
    }


EXEC = {
    "module": "builtins", "class_name": "function", "config": "exec", "registered_name": "function",
    "name": "run", "inbound_nodes": [{"args": ["open('made', 'w')"], "kwargs": {}}],
}  # fmt: skip
WRITE = "tensorflow.python.lib.io.file_io"
LOAD = "tensorflow.python.autograph.pyct.loader"

HOSTILE = {
    "a function of builtins": EXEC,
    "deep in lists": layer("Dense", "keras.layers", x=[[[{"y": [EXEC]}]]]),
    "in a build config": {**layer("Dense", "keras.layers"), "build_config": {"a": EXEC}},
    "in a compile config": {**layer("Dense", "keras.layers"), "compile_config": {"loss": EXEC}},
    "in arguments of a call": {**layer("Dense", "keras.layers"), "inbound_nodes": [[EXEC]]},
    "a function of TensorFlow": {**EXEC, "module": WRITE, "config": "write_string_to_file"},
    "a loader of sources": {**EXEC, "module": LOAD, "config": "load_source"},
    "a class of builtins": layer("eval", "builtins"),
    "a helper of Keras": {**EXEC, "module": "keras.src.utils.python_utils", "config": "func_load"},
    "downloads": {**EXEC, "module": "keras.utils", "config": "get_file"},
    "models of models": {**EXEC, "module": "keras.models", "config": "load_model"},
    "a class in place of a function": {**EXEC, "module": "keras.layers", "config": "Lambda"},
    "a module of the standard library": layer("Popen", "subprocess"),
    "a private alias": {**EXEC, "module": "tensorflow.python.keras.utils", "config": "get_file"},
    "the older public API": {**EXEC, "module": "keras.api._v2.keras.utils", "config": "get_file"},
    "spaces": {**EXEC, "module": " builtins"},
    "a symbol that writes": layer("TFOpLambda", "keras.layers", function="io.write_file"),
    "a symbol that calls": layer("TFOpLambda", function="py_function"),
    "a raw operation": layer("TFOpLambda", function="raw_ops.WriteFile"),
    "a private operator": layer("SlicingOpLambda", function="load_op_library"),
    "a method of a class": layer("ClassMethod", cls_symbol="io.gfile.GFile", method_name="write"),
    "an operation": layer("TensorFlowOpLayer", node_def={"name": "x", "op": "WriteFile"}),
    "an operation as text": layer("TensorFlowOpLayer", node_def='{"name": "x", "op": "WriteFile"}'),
    "an operation as protobuf text": layer("TensorFlowOpLayer", node_def='name: "x" op: "PyFunc"'),
    "the type of a tensor": {
        "class_name": "__typespec__", "spec_name": "load_op_library", "module": "tensorflow",
        "config": ["/x.so"], "registered_name": None,
    },
    "the registered name": {**EXEC, "config": "celu", "registered_name": "exec"},
    "a registered name that looks like a user's": {
        **EXEC, "module": "os", "config": "system", "registered_name": "my>system",
    },
    "a name of a class that a module lacks": {
        **layer("GroupQueryAttention", "keras.utils"), "registered_name": "get_file",
    },
    "a registered Lambda": {**layer("Dense", "keras.layers"), "registered_name": "Lambda"},
    "a helper without a module": layer("deserialize_keras_object", identifier={}),
    "a helper as a text": layer("Dense", activation="deserialize"),
    "models as a symbol": layer(
        "TFOpLambda", function="quantization.experimental.quantize_saved_model"
    ),
    "a vocabulary as a symbol": layer(
        "TFOpLambda", function="random.fixed_unigram_candidate_sampler"
    ),
    "a symbol of the old API": layer("TFOpLambda", function="compat.v1.py_func"),
    "Keras as a symbol": layer("TFOpLambda", function="keras.models.load_model"),
    "a spec by its registered name": {
        "class_name": "__typespec__", "spec_name": "TensorSpec", "module": "tensorflow",
        "config": [], "registered_name": "load_op_library",
    },
    "no text for a function": {**EXEC, "module": "os", "config": 5, "registered_name": "system"},
    "a name with dots": {**EXEC, "module": "keras.layers", "config": "core.os.system"},
    "pickled PyTorch": layer("TorchModuleWrapper", "keras.layers", lazy={"a": "b"}),
    "code of Keras 3": {"class_name": "__lambda__", "config": {"value": "4wEA"}},
    "code of Keras 2": layer("Lambda", function=["4wEA", None, None], function_type="lambda"),
    "code in a registered layer": layer("keras.layers>Lambda"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_executes_is_dangerous_wherever_it_stands(name):
    assert Danger.DANGEROUS in ratings(model(HOSTILE[name])).values()


@pytest.mark.parametrize(
    "config",
    [
        layer("Mine", "my.layers"),
        layer("Mine"),
        {**layer("Mine", "builtins"), "registered_name": "my>Mine", "module": None},
        layer("Dense", "keras.src.elsewhere"),
        layer("DenseFeatures", "keras.layers"),
        layer("NewLayer", "keras.layers"),
        {**layer("Dense", "keras.layers"), "registered_name": "my>Dense"},
        {"class_name": "function", "module": "builtins", "config": "my_loss"},
        layer("MeanMetricWrapper", fn="mine"),
        {"loss": {"first": [{"deeper": "mine"}]}},
        {"class_name": "function", "module": None, "config": "mine", "registered_name": "my>mine"},
        layer("Dense", "keras.layers", activation="mine"),
        {**model(), "compile_config": {"loss": "mine"}},
        {"loss": {"first": "mse", "second": "mine"}},
        {"metrics": [["accuracy"], ["mine"]]},
        layer("JaxLayer", "keras.layers"),
        layer("FancyLayer", "keras_hub.layers"),
    ],
)
def test_what_is_not_of_keras_is_unknown(config):
    assert set(ratings(config).values()) - {Danger.KNOWN} == {Danger.UNKNOWN}


@pytest.mark.parametrize(
    "config",
    [
        layer("StringLookup", "keras.layers", vocabulary="/etc/passwd"),
        layer("TextVectorization", vocabulary="gs://bucket/words.txt"),
        layer("TFSMLayer", "keras.layers", filepath="../other"),
        {**layer("IntegerLookup", "keras.layers"), "build_config": {"vocabulary_file": "x"}},
        layer("Dense", "keras.layers", something="https://example.com/x"),
        layer("Dense", "keras.layers", something="../x"),
        layer("Dense", "keras.layers", file_names=["x"]),
    ],
)
def test_paths_are_shown(config):
    found = Inspection(path=None, format="keras", size=0)
    describe_config(found, model(config))

    assert [each.danger for each in found.names if each.kind is Kind.PATH] == [Danger.UNKNOWN]


@pytest.mark.parametrize(
    "config",
    [
        layer("Dense", "keras.layers", activation="relu", kernel_initializer="glorot_uniform"),
        layer("Dense", activation="linear", kernel_regularizer=None),
        layer("Dense", "keras.src.layers.core.dense"),
        layer("Dense", "tensorflow.python.keras.layers.core"),
        layer("Conv2D", "tf_keras.src.layers.convolutional.conv2d"),
        layer("StringLookup", "keras.layers", vocabulary=["a", "b"]),
        layer("TFOpLambda", function="math.add"),
        layer("TFOpLambda", function="__operators__.add"),
        layer("TFOpLambda", function="concat"),
        layer("Add", "keras.src.ops.numpy"),
        layer("Custom>Adam"),
        layer("LayerScale", "keras.src.applications.convnext"),
        layer("Dense", "tensorflow.keras.layers"),
        layer("Dense", "keras._tf_keras.keras.layers"),
        layer("TextVectorization", vocabulary=["/", "../x", "http://x"]),
        layer("EinsumDense", "keras.layers", equation="...x,xy->...y"),
        layer("TensorFlowOpLayer", node_def={"name": "x", "op": "AddV2", "input": ["a"]}),
        layer("MeanMetricWrapper", fn="binary_accuracy"),
        layer("InputSpec", dtype=None),
        {"class_name": "function", "module": "builtins", "config": "relu"},
        {"class_name": "__tensor__", "config": {"value": [1], "dtype": "float32"}},
        {"class_name": "TypeSpec", "type_spec": "tf.TensorSpec", "serialized": [[None], "float32"]},
        {
            "loss": {"first": "binary_crossentropy"}, "metrics": ["accuracy", "AUC"],
            "optimizer_config": {"class_name": "Adam", "config": {"learning_rate": 0.1}},
        },
        layer("Adam", "keras.optimizers", rate=layer("CosineDecay", "keras.optimizers.schedules")),
    ],
)  # fmt: skip
def test_what_keras_has_is_known(config):
    assert set(ratings(config).values()) <= {Danger.KNOWN}
