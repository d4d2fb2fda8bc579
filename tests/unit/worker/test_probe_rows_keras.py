"""Rows for networks, by their inputs and layers; TensorFlow itself is not needed for that."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from builders_networks import first, layer, network, tensor

from crossload.worker import probe_rows_keras
from crossload.worker.probe_model import CannotAsk


def test_shape_and_type_are_those_of_the_input():
    found = first(network(tensor("x", (None, 5))))

    assert found.form == "tensor"
    assert (found.arrays[0].shape, found.arrays[0].dtype) == (
        (probe_rows_keras.COUNT, 5),
        np.dtype("float32"),
    )


def test_open_axes_get_a_length():
    assert first(network(tensor("x", (None, None, 3)))).arrays[0].shape == (
        probe_rows_keras.COUNT,
        12,
        3,
    )


def test_pictures_are_between_zero_and_one():
    (array,) = first(network(tensor("x", (None, 8, 8, 1)))).arrays
    assert array.min() >= 0
    assert array.max() <= 1


def test_tokens_stay_below_the_size_of_the_embedding_whatever_type_they_have():
    for dtype in ("int32", "float32"):
        (array,) = first(
            network(tensor("x", (None, 7), dtype), layers=[layer("Embedding", input_dim=9)])
        ).arrays
        assert array.min() >= 0
        assert array.max() <= 8
        assert (array == np.floor(array)).all()


def test_several_inputs_come_by_name():
    found = first(network(tensor("left", (None, 2)), tensor("right", (None, 3))))

    assert found.form == "tensors"
    assert found.names == ["left", "right"]


def test_inputs_in_a_dict_keep_their_keys():
    model = SimpleNamespace(
        _inputs_struct={"b": tensor("t1", (None, 2)), "a": tensor("t2", (None, 3), "int64")},
        layers=[],
    )
    found = first(model)

    assert (found.form, found.names, found.arrays[0].dtype) == (
        "tensors",
        ["a", "b"],
        np.dtype("int64"),
    )


def test_words_are_those_of_the_vocabulary():
    lookup = layer("StringLookup", get_vocabulary=lambda self: ["[UNK]", "red", "blue"])
    (array,) = first(network(tensor("x", (None, 1), "string"), layers=[lookup])).arrays

    assert array.dtype.kind == "U"
    assert {word for text in array.ravel() for word in text.split()} == {"red", "blue"}


def test_adapted_means_are_remembered():
    normal = layer("Normalization", mean=np.array([[100.0, -5.0]]), variance=np.array([[4.0, 1.0]]))
    (array,) = first(network(tensor("x", (None, 2)), layers=[normal])).arrays

    assert np.allclose(array.mean(axis=0), [100, -5], atol=1.5)


class Signature:
    """A stand-in for `crossload.worker.formats.keras.Signature`."""

    def __init__(self, positional=(), named=None):
        spec = {
            name: SimpleNamespace(shape=shape, dtype=SimpleNamespace(name="float32"))
            for name, shape in (named or {}).items()
        }
        given = tuple(
            SimpleNamespace(shape=shape, dtype=SimpleNamespace(name="float32"))
            for shape in positional
        )
        self.function = SimpleNamespace(
            structured_input_signature=((given,) if given else (), spec)
        )


def test_signatures_tell_their_inputs():
    assert first(Signature(named={"x": (None, 4)})).arrays[0].shape == (probe_rows_keras.COUNT, 4)
    assert first(Signature(named={"x": (None, 4), "y": (None, 2)})).names == ["x", "y"]
    assert first(Signature(positional=[(None, 3)])).arrays[0].shape == (probe_rows_keras.COUNT, 3)


def test_a_model_that_tells_nothing_needs_rows():
    with pytest.raises(CannotAsk, match="shape of its input"):
        first(SimpleNamespace(inputs=None, layers=[]))


def test_the_users_rows_get_the_types_of_the_inputs():
    model = network(tensor("x", (None, 2), "int32"))
    (found,) = probe_rows_keras.from_data(
        model,
        {
            "names": ["a", "b"],
            "arrays": [np.array([1.0, 2.0]), np.array([3.0, 4.0])],
            "description": "t",
        },
    )

    assert (found.arrays[0].tolist(), found.arrays[0].dtype) == (
        [[1, 3], [2, 4]],
        np.dtype("int32"),
    )


def test_the_users_columns_reach_the_inputs_of_their_names():
    model = network(tensor("left", (None, 1)), tensor("right", (None, 1)))
    columns = {
        "names": ["right", "more", "left"],
        "arrays": [np.array([1.0]), np.array([2.0]), np.array([3.0])],
        "description": "t",
    }
    (found,) = probe_rows_keras.from_data(model, columns)

    assert {name: array.tolist() for name, array in found.value().items()} == {
        "left": [[3.0]],
        "right": [[1.0]],
    }


@pytest.mark.parametrize(
    ("shapes", "expected"),
    [
        ({"_build_input_shape": (None, 4)}, (64, 4)),
        ({"_build_shapes_dict": {"input_shape": (None, 6)}}, (64, 6)),
    ],
)
def test_a_subclassed_model_takes_the_shape_that_it_was_built_with(shapes, expected):
    assert first(SimpleNamespace(layers=[], **shapes)).arrays[0].shape == expected


@pytest.mark.parametrize(
    "shapes",
    [
        {"_build_shapes_dict": {"left": (None, 6), "right": (None, 2)}},
        {"_build_input_shape": [(None, 6), (None, 2)]},
    ],
)
def test_a_subclassed_model_of_several_inputs_does_not_tell_their_names(shapes):
    assert probe_rows_keras.inputs_of(SimpleNamespace(layers=[], **shapes)) == (False, [])


def saved_with(given):
    return SimpleNamespace(layers=[], inputs=None, save_spec=lambda: (([given]), {}))


def test_a_subclassed_model_of_keras_2_takes_what_it_was_saved_with():
    found = first(saved_with(tensor("", (None, 3), SimpleNamespace(name="int32"))))

    assert (found.form, found.arrays[0].shape, found.arrays[0].dtype) == (
        "tensor",
        (64, 3),
        np.dtype("int32"),
    )
    by_name = first(saved_with({"b": tensor("", (None, 3)), "a": tensor("", (None, 2))}))
    assert (by_name.form, by_name.names) == ("tensors", ["a", "b"])
    with pytest.raises(CannotAsk):
        first(saved_with("no tensor"))


def test_tensors_of_keras_2_are_called_by_their_first_part():
    model = SimpleNamespace(
        inputs=[tensor("left:0", (None, 1)), tensor("b:0", (None, 1))], layers=[]
    )

    assert first(model).names == ["left", "b"]


def exported(*specs, named=None):
    """What `model.export` gives: a function that has concrete ones."""
    function = SimpleNamespace(concrete_functions=[])
    if specs:
        concrete = SimpleNamespace(structured_input_signature=((specs[0],), named or {}))
        function.concrete_functions = [concrete]
    found = Signature()
    found.function = function
    return found


def spec(*shape):
    return SimpleNamespace(shape=shape, dtype=SimpleNamespace(name="float32"))


def test_exported_functions_tell_their_inputs():
    assert first(exported(spec(None, 5))).arrays[0].shape == (64, 5)
    assert first(exported([spec(None, 5), spec(None, 2)])).names == ["input0", "input1"]
    by_name = first(exported({"b": spec(None, 5), "a": spec(None, 2)}))
    assert (by_name.form, by_name.names) == ("tensors", ["a", "b"])
    assert probe_rows_keras.inputs_of(exported()) == (False, [])


@pytest.mark.parametrize(
    ("shape", "dtype", "array", "expected"),
    [
        ((None, 1), "float32", np.array([1, 2]), [[1.0], [2.0]]),
        ((None,), "string", np.array(["a", "b"]), ["a", "b"]),
    ],
)
def test_a_single_column_of_the_user_gets_the_shape_of_the_input(shape, dtype, array, expected):
    data = {"names": ["a"], "arrays": [array], "description": "t"}
    (found,) = probe_rows_keras.from_data(network(tensor("x", shape, dtype)), data)

    assert (found.names, found.arrays[0].tolist()) == (["a"], expected)


def test_a_model_that_tells_nothing_is_given_the_users_numbers():
    data = {"names": ["a"], "arrays": [np.arange(4).reshape(2, 2)], "description": "t"}
    (found,) = probe_rows_keras.from_data(SimpleNamespace(inputs=None, layers=[]), data)

    assert found.arrays[0].dtype == np.dtype("float32")
