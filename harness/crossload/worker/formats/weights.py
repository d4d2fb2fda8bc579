"""Weights alone: saved without the architecture, loaded into one that the reader builds anew."""

import json
import os
from typing import Any, Dict, List

from .base import Format
from .keras import KerasFormat, custom_objects, keras_version


class WeightsFormat(KerasFormat):
    """Weights alone, loaded into an architecture that the reader builds anew."""

    keeps = "weights"
    metric_tolerance = 0.01
    strict = False
    """True if loading fails unless every weight arrives, which `load_weights` does not ask for."""

    def save(self, model: Any, path: str, recipe: Any) -> None:
        """Save the weights to a file, whose suffix chooses the layout."""
        model.save_weights(path)

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Build the network, and load the weights into it."""
        model = recipe.rebuild(data)
        model.load_weights(path)
        if self.strict:
            assert_restored(model, path)
        return model


class WeightsH5(WeightsFormat):
    """``save_weights("model.weights.h5")``.

    Since Keras 2.12 it is a layout of its own, before it the legacy one.
    """

    # no version is n/a: old ones write the legacy layout under this suffix, and what becomes of it
    # in readers that look for the new one is what users want to know
    saver = "weights-h5"
    filename = "model.weights.h5"

    def __init__(self, *, strict: bool) -> None:
        self.name = "weights-h5-strict" if strict else "weights-h5"
        self.strict = strict
        Format.__init__(self)


class LegacyWeightsH5(WeightsFormat):
    """``save_weights("weights.h5")``, the layout of Keras 1 and 2."""

    saver = "h5-weights"
    # a stem that ends in ".weights" would choose the new layout since Keras 2.12
    filename = "weights.h5"

    def __init__(self, *, strict: bool) -> None:
        self.name = "h5-weights-strict" if strict else "h5-weights"
        self.strict = strict
        Format.__init__(self)

    def no_save(self, versions: Dict[str, str], kind: str) -> str:
        """Refuse Keras 3, which reads this layout but does not write it."""
        return self._lacks(versions) or (
            "Keras 3 writes .weights.h5 only" if keras_version(versions) >= (3,) else ""
        )


class Checkpoint(WeightsFormat):
    """``tf.train.Checkpoint(model=model)``; strictly: with ``assert_consumed``.

    That is what its manual advises: https://www.tensorflow.org/guide/checkpoint.
    """

    saver = "checkpoint"
    filename = "checkpoint"
    kinds = ("keras", "tf-module")

    def __init__(self, *, strict: bool) -> None:
        self.name = "checkpoint-strict" if strict else "checkpoint"
        self.strict = strict
        Format.__init__(self)

    def save(self, model: Any, path: str, recipe: Any) -> None:
        """Write the checkpoint's files into a folder."""
        import tensorflow as tf

        # a checkpoint is several files with a common prefix; `write` adds no counter to it, and no
        # file that names the newest one, as `save` does
        os.mkdir(path)
        tf.train.Checkpoint(model=model).write(os.path.join(path, "ckpt"))

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Build the network, and restore the checkpoint into it."""
        import tensorflow as tf

        model = recipe.rebuild(data)
        if self.strict and recipe.make_slots:
            recipe.make_slots(model)
        elif self.strict and recipe.kind == "keras":
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
        """Write both files into a folder."""
        os.mkdir(path)
        with open(os.path.join(path, "architecture.json"), "w") as stream:
            stream.write(model.to_json())
        model.save_weights(os.path.join(path, "model.weights.h5"))

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Build the network from its JSON, and load the weights into it."""
        import tensorflow as tf

        with open(os.path.join(path, "architecture.json")) as stream:
            text = stream.read()
        # text that is no JSON fails with the error of the json module, whatever Keras makes of it
        json.loads(text)
        # no safe_mode here: model_from_json has no such argument, see
        # https://github.com/keras-team/keras/issues/18284
        model = tf.keras.models.model_from_json(text, custom_objects=custom_objects(recipe))
        model.load_weights(os.path.join(path, "model.weights.h5"))
        return model


def make_slots(model: Any) -> None:
    """Create the optimizer's variables, as one step of training would.

    A checkpoint of a trained model holds them, and ``assert_consumed`` fails on values that have no
    variable to go to.

    Parameters
    ----------
    model
        A Keras model that was never trained; it is changed, unless it was never compiled: then it
        has no optimizer.
    """
    # None in Keras 2 and missing in Keras 3 where the model was never compiled
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        return
    # Optimizers before Keras 2.11, which are ``optimizers.legacy`` from there on:
    # https://github.com/tensorflow/tensorflow/releases/tag/v2.11.0
    if hasattr(optimizer, "_create_all_weights"):
        optimizer._create_all_weights(model.trainable_variables)
        # the learning rate and the like are variables of the checkpoint, too
        if hasattr(optimizer, "_create_hypers"):
            optimizer._create_hypers()
    else:
        optimizer.build(model.trainable_variables)


def assert_restored(model: Any, path: str) -> None:
    """Make sure that every weight of a model has the value of some array in an HDF5 file.

    Parameters
    ----------
    model
        A Keras model, after its weights were loaded.
    path
        The HDF5 file that they were loaded from.

    Raises
    ------
    AssertionError
        Some weights have values that the file does not hold; all of them are named.

    Notes
    -----
    HDF5 weights have no ``assert_consumed``; this is the equal of it: a layer that was skipped
    keeps its fresh values, which the file does not hold. Values are compared, not names, because
    the names in the file and in the model follow other rules in each layout.
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
    """List the formats of this file."""
    return [
        WeightsH5(strict=False),
        WeightsH5(strict=True),
        LegacyWeightsH5(strict=False),
        LegacyWeightsH5(strict=True),
        Checkpoint(strict=False),
        Checkpoint(strict=True),
        JsonWeights(),
    ]
