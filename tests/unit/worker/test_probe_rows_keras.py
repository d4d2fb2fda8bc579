"""Rows for networks, by their inputs and layers; TensorFlow itself is not needed for that."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from crossload.worker import probe_rows_keras
from crossload.worker.probe_model import CannotAsk


def tensor(name, shape, dtype="float32"):
    return SimpleNamespace(name=name, shape=shape, dtype=dtype)


def layer(kind, **more):
    return type(kind, (), {})() if not more else type(kind, (), more)()


def network(*inputs, layers=(), **more):
    return SimpleNamespace(
        inputs=list(inputs), input_names=[each.name for each in inputs], layers=list(layers), **more
    )


def first(model):
    return next(iter(probe_rows_keras.candidates(model)))


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
