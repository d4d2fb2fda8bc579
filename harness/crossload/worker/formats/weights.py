"""Weights alone: saved without the architecture, loaded into one that the reader builds anew."""

import json
import os
from typing import Any, Dict, List

from .keras import KerasFormat, custom_objects, keras_version
from .base import Format


class WeightsFormat(KerasFormat):
    """Weights alone, loaded into an architecture that the reader builds anew."""

    keeps = "weights"
    metric_tolerance = 0.01
    strict = False

    def save(self, model: Any, path: str, recipe: Any) -> None:
        model.save_weights(path)

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        model = recipe.rebuild(data)
        model.load_weights(path)
        if self.strict:
            assert_restored(model, path)
        return model


class WeightsH5(WeightsFormat):
    """``save_weights("model.weights.h5")``: since Keras 2.12 a layout of its own, before it the legacy one."""

    saver = "weights-h5"
    filename = "model.weights.h5"

    def __init__(self, *, strict: bool) -> None:
        self.name = "weights-h5-strict" if strict else "weights-h5"
        self.strict = strict
        Format.__init__(self)


class LegacyWeightsH5(WeightsFormat):
    """``save_weights("weights.h5")``, the layout of Keras 1 and 2."""

    saver = "h5-weights"
    filename = "weights.h5"

    def __init__(self, *, strict: bool) -> None:
        self.name = "h5-weights-strict" if strict else "h5-weights"
        self.strict = strict
        Format.__init__(self)

    def no_save(self, versions: Dict[str, str], kind: str) -> str:
        return self._lacks(versions) or (
            "Keras 3 writes .weights.h5 only" if keras_version(versions) >= (3,) else ""
        )


class Checkpoint(WeightsFormat):
    """``tf.train.Checkpoint(model=model)``; strictly: with ``assert_consumed``, as the manual advises."""

    saver = "checkpoint"
    filename = "checkpoint"
    kinds = ("keras", "tf-module")

    def __init__(self, *, strict: bool) -> None:
        self.name = "checkpoint-strict" if strict else "checkpoint"
        self.strict = strict
        Format.__init__(self)

    def save(self, model: Any, path: str, recipe: Any) -> None:
        import tensorflow as tf

        os.mkdir(path)
        tf.train.Checkpoint(model=model).write(os.path.join(path, "ckpt"))

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        import tensorflow as tf

        model = recipe.rebuild(data)
        if self.strict and recipe.kind == "keras":
            make_slots(model)
        status = tf.train.Checkpoint(model=model).read(os.path.join(path, "ckpt"))
        if self.strict:
            status.assert_consumed()
        return model


class JsonWeights(WeightsFormat):
    """The architecture by ``to_json``, the weights beside it."""

    name = "json-weights"
    filename = "model"

    def save(self, model: Any, path: str, recipe: Any) -> None:
        os.mkdir(path)
        with open(os.path.join(path, "architecture.json"), "w") as stream:
            stream.write(model.to_json())
        model.save_weights(os.path.join(path, "model.weights.h5"))

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        import tensorflow as tf

        with open(os.path.join(path, "architecture.json")) as stream:
            text = stream.read()
        json.loads(text)
        model = tf.keras.models.model_from_json(text, custom_objects=custom_objects(recipe))
        model.load_weights(os.path.join(path, "model.weights.h5"))
        return model


def make_slots(model: Any) -> None:
    """Create the optimizer's variables, as one step of training would: a checkpoint of a trained model holds them."""
    optimizer = model.optimizer
    if hasattr(optimizer, "_create_all_weights"):  # Keras before 2.11, and its legacy optimizers
        optimizer._create_all_weights(model.trainable_variables)
        if hasattr(optimizer, "_create_hypers"):
            optimizer._create_hypers()
    else:
        optimizer.build(model.trainable_variables)


def assert_restored(model: Any, path: str) -> None:
    """Raise AssertionError unless every weight of the model has the value of some array in the HDF5 file.

    HDF5 weights have no ``assert_consumed``; this is the equal of it: a layer that was skipped keeps its fresh values,
    which the file does not hold.
    """
    import h5py
    import numpy as np

    held = set()

    def visit(_name: str, node: Any) -> None:
        if isinstance(node, h5py.Dataset):
            value = np.asarray(node[()])
            held.add((value.shape, value.dtype.str, value.tobytes()))

    with h5py.File(path, "r") as stream:
        stream.visititems(visit)
    lost = []
    for weight in model.weights:
        value = np.asarray(weight.numpy())
        if (value.shape, value.dtype.str, value.tobytes()) not in held:
            lost.append(weight.name)
    if lost:
        raise AssertionError(
            "%d of %d weights were not restored: %s"
            % (len(lost), len(model.weights), ", ".join(lost))
        )


def weights_formats() -> List[Format]:
    """All formats of this file."""
    return [
        WeightsH5(strict=False),
        WeightsH5(strict=True),
        LegacyWeightsH5(strict=False),
        LegacyWeightsH5(strict=True),
        Checkpoint(strict=False),
        Checkpoint(strict=True),
        JsonWeights(),
    ]
