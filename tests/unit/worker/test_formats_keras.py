"""The formats of TensorFlow: which calls they make, in a stand-in for TensorFlow."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from builders_tensorflow import Calls, Spec, fake_tensorflow

from crossload.worker import formats
from crossload.worker.formats import keras

FORMATS = formats.builtin_formats()
KERAS = SimpleNamespace(kind="keras", custom=None)
WITH_CLASSES = SimpleNamespace(kind="keras", custom=lambda: {"Mine": int})


@pytest.fixture
def calls():
    return Calls()


@pytest.fixture
def tensorflow(monkeypatch, calls):
    def install(**more):
        fake = fake_tensorflow(calls, **more)
        monkeypatch.setitem(sys.modules, "tensorflow", fake)
        return fake

    install()
    return install


def saved_folder():
    """A loaded SavedModel with a signature of two inputs, whose only output is a sum."""

    def function(**given):
        return {"output_0": sum(value for _, value in given.values())}

    function.structured_input_signature = ((), {"right": None, "left": None})
    return SimpleNamespace(signatures={"serving_default": function}, serve=lambda x: ("served", x))


def test_a_network_is_saved_as_a_folder_in_the_way_of_keras_2(tensorflow, calls):
    FORMATS["savedmodel-keras"].save(SimpleNamespace(save=calls.giving("save")), "p/model", KERAS)

    assert calls == [("save", ("p/model",), {"save_format": "tf"})]


def test_a_module_is_saved_with_a_signature(tensorflow, calls):
    module = SimpleNamespace(serve="its function")

    FORMATS["savedmodel-signature"].save(module, "p/model", SimpleNamespace(kind="tf-module"))

    assert calls == [
        (
            "saved_model.save",
            (module, "p/model"),
            {"signatures": {"serving_default": "its function"}},
        )
    ]


def test_a_signature_is_called_with_named_tensors_and_kept_alive(tensorflow, calls):
    folder = saved_folder()
    tensorflow(saved_model=folder)

    found = FORMATS["savedmodel-signature"].load("p/model", KERAS, None)

    assert calls == [("saved_model.load", ("p/model",), {})]
    assert found.names == ["left", "right"]
    assert found({"left": 1, "right": 2, "more": 3}) == 3
    assert found.keep is folder


def test_the_only_array_goes_to_the_first_input(tensorflow):
    found = keras.Signature(lambda **given: given, ["x"])

    assert found(np.arange(2), training=False)[1].tolist() == [0, 1]


def test_functions_without_names_take_tensors_by_position(tensorflow):
    found = keras.Signature(lambda x: x)

    assert found([1, 2]) == ("constant", [1, 2])
    assert found({"a": 1}) == ("constant", 1)


def test_several_outputs_come_in_the_order_of_their_names(tensorflow):
    found = keras.Signature(lambda x: {"b": 2, "a": 1})

    assert found(0) == [1, 2]


INT, FLOAT, TEXT = Spec(np.int32), Spec(np.float32), Spec(object)
NUMBERS, WORDS = np.array([[1], [2]], dtype="int64"), np.array(["a"])


@pytest.mark.parametrize(
    ("value", "spec", "expected"),
    [
        (NUMBERS, INT, "int32"),
        (NUMBERS, {"tokens": INT}, "int32"),
        (NUMBERS, [INT], "int32"),
        (NUMBERS, FLOAT, "float32"),
        (np.array([True]), FLOAT, "float32"),
        (NUMBERS, None, "int64"),
        (NUMBERS, {"a": INT, "b": INT}, "int64"),
        (NUMBERS, TEXT, "int64"),
        (WORDS, INT, WORDS.dtype),
        (NUMBERS.astype("int32"), INT, "int32"),
    ],
)
def test_inputs_are_cast_to_what_the_function_was_traced_with(value, spec, expected):
    found = keras.cast(value, spec)

    assert found.dtype == expected
    assert found.tolist() == value.tolist()


def test_each_of_several_inputs_is_cast_to_its_own_type():
    found = keras.cast({"a": NUMBERS, "b": NUMBERS, "c": NUMBERS}, {"a": INT, "b": FLOAT})

    assert [found[name].dtype for name in "abc"] == ["int32", "float32", "int64"]


def traced(*positional, **named):
    return SimpleNamespace(structured_input_signature=(positional, named))


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (traced(a=INT, b=FLOAT), {"a": INT, "b": FLOAT}),
        (traced(INT), INT),
        (traced({"a": INT}, training=None), {"a": INT}),
        (SimpleNamespace(concrete_functions=[traced(INT), traced(FLOAT)]), INT),
        (lambda x: x, None),
    ],
)
def test_functions_tell_what_they_were_traced_with(function, expected):
    assert keras.input_spec(function) == expected


def test_a_signature_is_given_what_it_was_traced_with(tensorflow):
    folder = saved_folder()
    folder.signatures["serving_default"].structured_input_signature = (
        (), {"left": INT, "right": FLOAT}
    )  # fmt: skip
    folder.serve = SimpleNamespace(concrete_functions=[traced(INT)])
    tensorflow(saved_model=folder)

    signature = FORMATS["savedmodel-signature"].load("p/model", KERAS, None)
    found = signature({"left": NUMBERS, "right": NUMBERS})

    assert found.dtype == np.float64  # the sum of both kinds
    assert FORMATS["export"].load("p/model", KERAS, None).spec is INT


def test_the_folder_is_a_network_for_keras(tensorflow, calls):
    assert FORMATS["savedmodel-keras"].load("p/model", WITH_CLASSES, None) == "the model"
    assert calls == [("load_model", ("p/model",), {"custom_objects": {"Mine": int}})]


@pytest.mark.parametrize(
    ("name", "endpoint"), [("savedmodel-tfsm", "serving_default"), ("export-tfsm", "serve")]
)
def test_keras_3_has_a_layer_that_calls_an_endpoint(tensorflow, calls, name, endpoint):
    found = FORMATS[name].load("p/model", KERAS, None)

    assert calls == [("TFSMLayer", ("p/model",), {"call_endpoint": endpoint})]
    kind, given = found(np.array([5], dtype="int64"))
    assert (kind, given.dtype, given.tolist()) == ("constant", np.int32, [5])


def test_an_export_is_called_by_its_endpoint_and_kept_alive(tensorflow, calls):
    folder = saved_folder()
    tensorflow(saved_model=folder)

    FORMATS["export"].save(SimpleNamespace(export=calls.giving("export")), "p/model", KERAS)
    found = FORMATS["export"].load("p/model", KERAS, None)

    assert calls == [("export", ("p/model",), {}), ("saved_model.load", ("p/model",), {})]
    assert found(5) == ("served", ("constant", 5))
    assert found.keep is folder


@pytest.mark.parametrize(("name", "filename"), [("keras", "model.keras"), ("h5", "model.h5")])
def test_files_of_whole_models_are_chosen_by_their_suffix(tensorflow, calls, name, filename):
    fmt = FORMATS[name]

    fmt.save(SimpleNamespace(save=calls.giving("save")), fmt.filename, KERAS)

    assert fmt.filename == filename
    assert fmt.load(fmt.filename, WITH_CLASSES, None) == "the model"
    assert calls == [
        ("save", (filename,), {}),
        ("load_model", (filename,), {"custom_objects": {"Mine": int}}),
    ]


@pytest.mark.parametrize(
    ("name", "versions", "reason"),
    [
        ("savedmodel-tfsm", {"tensorflow": "2", "keras": "2.15.0"}, "TFSMLayer came with Keras 3"),
        ("export-tfsm", {"tensorflow": "2.15.1", "keras": "2.15.0"}, "TFSMLayer came with Keras 3"),
        ("export-tfsm", {}, "tensorflow is not installed in this environment"),
        ("export-tfsm", {"tensorflow": "2.18.1", "keras": "3.9.2"}, ""),
    ],
)  # fmt: skip
def test_layers_of_folders_are_read_by_keras_3_alone(name, versions, reason):
    assert FORMATS[name].no_load(versions, "keras") == reason
