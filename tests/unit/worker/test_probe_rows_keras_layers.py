"""Rows for networks, in the ranges that their layers remember."""

from __future__ import annotations

from builders_networks import first, layer, network, tensor

from crossload.worker import probe_rows_keras


def values(layers, shape=(None, 40), dtype="float32"):
    return first(network(tensor("x", shape, dtype), layers=layers)).arrays[0]


def test_layers_inside_of_layers_are_looked_at():
    inner = layer("Sequential", layers=[layer("Embedding", input_dim=3)])

    assert values([inner]).max() == 2


def test_whole_numbers_are_those_of_a_lookup():
    lookup = layer("IntegerLookup", get_vocabulary=lambda self: [-1, 7, 11])

    assert set(values([lookup], dtype="int64").ravel()) == {7, 11}


def test_codes_stay_below_the_number_of_tokens():
    encoding = layer("CategoryEncoding", num_tokens=4)

    assert set(values([encoding], dtype="int32").ravel()) == {0, 1, 2, 3}


def test_pixels_go_as_far_as_a_rescaling_expects():
    array = values([layer("Rescaling", scale=1 / 255)])

    assert array.min() >= 0
    assert 200 < array.max() <= 255
    assert values([layer("Rescaling", scale=0)]).max() <= 1


def test_a_layer_that_was_never_adapted_has_no_words():
    def fail(self):
        raise RuntimeError("never adapted")

    array = values([layer("TextVectorization", get_vocabulary=fail)], (None, 1), "string")

    assert all(text for text in array.ravel())
    assert any(" " in text for text in array.ravel())


def test_switches_are_on_and_off():
    assert values([], dtype="bool").dtype == bool
    assert set(values([], dtype="bool").ravel()) == {True, False}


def test_without_ranges_of_layers_plain_numbers_are_tried_too():
    model = network(tensor("x", (None, 2)), layers=[layer("Rescaling", scale=1 / 255)])

    found = list(probe_rows_keras.candidates(model))

    assert len(found) == 2
    assert "from what layers remember" in found[0].description
    assert found[1].arrays[0].min() < 0
    assert len(list(probe_rows_keras.candidates(network(tensor("x", (None, 2)))))) == 1
