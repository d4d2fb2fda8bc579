"""Formats of Keras read with other options, or by another call, than the usual ones.

They read the artifacts of the plain formats: these are the ways out that people are told when the
plain call fails, and what becomes of each is measured like any other format.
"""

import os
import shutil
import tempfile
from typing import Any, Dict, List

from .base import Format
from .keras import Export, KerasFormat, WholeModel, custom_objects, keras_version
from .weights import LegacyWeightsH5


class Uncompiled(WholeModel):
    """``load_model(path, compile=False)``: neither loss nor optimizer are read."""

    options = {"compile": False}
    # no training is gone on with: that it needs a loss was known when it was left out
    keeps = "weights"

    def __init__(self, saver: str, filename: str) -> None:
        self.saver = saver
        WholeModel.__init__(self, saver + "-uncompiled", filename)


class Unsafe(WholeModel):
    """``load_model(path, safe_mode=False)``: Python code that the file carries is run."""

    options = {"safe_mode": False}

    def __init__(self, saver: str, filename: str) -> None:
        self.saver = saver
        WholeModel.__init__(self, saver + "-unsafe", filename)

    def no_load(self, versions: Dict[str, str], kind: str) -> str:
        """Refuse Keras before 2.12, whose ``load_model`` has no such option."""
        # https://github.com/keras-team/keras/blob/v2.12.0/keras/saving/saving_api.py
        text = "load_model takes safe_mode since Keras 2.12"
        return self._lacks(versions) or ("" if keras_version(versions) >= (2, 12) else text)


class RenamedToH5(WholeModel):
    """A ``.keras`` file renamed to ``.h5``: Keras before 2.13 wrote HDF5 under that name.

    Newer versions look at the suffix before they look at the file.
    """

    def __init__(self, saver: str, filename: str) -> None:
        self.saver = saver
        WholeModel.__init__(self, saver + "-as-h5", filename)

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Give the Keras model of a copy by the other name."""
        # the artifact is in the store, where nothing is written
        folder = tempfile.mkdtemp()
        try:
            renamed = os.path.join(folder, "model.h5")
            shutil.copyfile(path, renamed)
            return WholeModel.load(self, renamed, recipe, data)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class ExportAsModel(Export):
    """The folder of ``model.export`` through ``load_model``, as people try who expect a model."""

    name = "export-keras"

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Give what ``load_model`` makes of the folder."""
        import tensorflow as tf

        return tf.keras.models.load_model(path, custom_objects=custom_objects(recipe))


class WeightsByName(LegacyWeightsH5):
    """``load_weights("weights.h5", by_name=True)``: layers are found by their names.

    Layers that the file does not name keep their fresh values, without a word.
    """

    def __init__(self) -> None:
        LegacyWeightsH5.__init__(self, strict=False)
        self.name = "h5-weights-by-name"

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Build the network, and load the weights of the layers that it shares with the file."""
        model = recipe.rebuild(data)
        model.load_weights(path, by_name=True)
        return model


def option_formats() -> List[Format]:
    """List the formats of this file."""
    found: List[KerasFormat] = [ExportAsModel(), WeightsByName()]
    for plain in (WholeModel("keras", "model.keras"), WholeModel("h5", "model.h5")):
        found.append(Uncompiled(plain.name, plain.filename))
        found.append(Unsafe(plain.name, plain.filename))
    found.append(RenamedToH5("keras", "model.keras"))
    return list(found)
