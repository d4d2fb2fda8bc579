"""TensorFlow and Keras formats, saved and loaded the way people write it in each generation.

Facts that shape this file, measured in TensorFlow 2.4 to 2.21: Keras 2 writes SavedModel folders with ``model.save``,
Keras 3 does not and reads them through ``TFSMLayer`` alone; ``model.export`` came with 2.12; ``model.save`` writes a
``.keras`` archive since 2.13 and wrote HDF5 under that suffix before; ``.weights.h5`` is a layout of its own since 2.12,
and before it the legacy one; Keras 3 does not write legacy weights but reads them.
"""

from typing import Any, Dict, List, Tuple

from ..contract import version_tuple
from .base import Format


def keras_version(versions: Dict[str, str]) -> Any:
    return version_tuple(versions.get("keras", "0"))


def custom_objects(recipe: Any) -> Dict[str, Any]:
    return recipe.custom() if recipe.custom else {}


class Signature(object):
    """A loaded function that takes the recipe's input: an array, or a dict of named arrays."""

    def __init__(self, function: Any, names: Any = None) -> None:
        self.function = function
        self.names = names

    def __call__(self, x: Any, training: bool = False) -> Any:
        import tensorflow as tf

        if self.names is None:
            x = {k: tf.constant(v) for k, v in x.items()} if isinstance(x, dict) else tf.constant(x)
            found = self.function(x)
        else:
            given = x if isinstance(x, dict) else {self.names[0]: x}
            found = self.function(**{name: tf.constant(given[name]) for name in self.names})
        if isinstance(found, dict):
            found = (
                list(found.values())[0]
                if len(found) == 1
                else [found[key] for key in sorted(found)]
            )
        return found


class KerasFormat(Format):
    """Base: needs TensorFlow; ``load`` gives a Keras model unless said otherwise."""

    kinds: Tuple[str, ...] = ("keras",)
    modules = ("tensorflow",)


class SavedModel(KerasFormat):
    """A SavedModel folder from ``model.save`` (Keras 2) or ``tf.saved_model.save`` (tf.Module), called by signature."""

    name = "savedmodel-signature"
    saver = "savedmodel"
    filename = "model"
    kinds: Tuple[str, ...] = ("keras", "tf-module")
    keeps = "function"
    metric_tolerance = 0.01

    def no_save(self, versions: Dict[str, str], kind: str) -> str:
        if kind == "keras" and keras_version(versions) >= (3,):
            return "Keras 3 writes no SavedModel folder with model.save"
        return self._lacks(versions)

    def save(self, model: Any, path: str, recipe: Any) -> None:
        import tensorflow as tf

        if recipe.kind == "tf-module":
            tf.saved_model.save(model, path, signatures={"serving_default": model.serve})
        else:
            model.save(path, save_format="tf")

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        import tensorflow as tf

        loaded = tf.saved_model.load(path)
        function = loaded.signatures["serving_default"]
        found = Signature(function, sorted(function.structured_input_signature[1]))
        found.keep = loaded  # type: ignore[attr-defined]  # variables live as long as the loaded object does
        return found


class SavedModelKeras(SavedModel):
    """The same folder through ``load_model``, which gives the Keras model back with its optimizer."""

    name = "savedmodel-keras"
    kinds = ("keras",)
    keeps = "model"

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        import tensorflow as tf

        return tf.keras.models.load_model(path, custom_objects=custom_objects(recipe))


class SavedModelLayer(SavedModel):
    """The same folder through ``TFSMLayer``, the way that Keras 3 has instead of ``load_model``."""

    name = "savedmodel-tfsm"
    endpoint = "serving_default"

    def no_load(self, versions: Dict[str, str], kind: str) -> str:
        return self._lacks(versions) or (
            "" if keras_version(versions) >= (3,) else "TFSMLayer came with Keras 3"
        )

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        import tensorflow as tf

        return Signature(tf.keras.layers.TFSMLayer(path, call_endpoint=self.endpoint))


class Export(KerasFormat):
    """``model.export``, called through ``tf.saved_model.load(...).serve``."""

    name = "export"
    saver = "export"
    filename = "model"
    keeps = "function"
    metric_tolerance = 0.01

    def no_save(self, versions: Dict[str, str], kind: str) -> str:
        return self._lacks(versions) or (
            "" if keras_version(versions) >= (2, 12) else "model.export came with Keras 2.12"
        )

    def save(self, model: Any, path: str, recipe: Any) -> None:
        model.export(path)

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        import tensorflow as tf

        loaded = tf.saved_model.load(path)
        found = Signature(loaded.serve)
        found.keep = loaded  # type: ignore[attr-defined]  # variables live as long as the loaded object does
        return found


class ExportLayer(Export):
    """The exported folder through ``TFSMLayer``."""

    name = "export-tfsm"

    def no_load(self, versions: Dict[str, str], kind: str) -> str:
        return self._lacks(versions) or (
            "" if keras_version(versions) >= (3,) else "TFSMLayer came with Keras 3"
        )

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        import tensorflow as tf

        return Signature(tf.keras.layers.TFSMLayer(path, call_endpoint="serve"))


class WholeModel(KerasFormat):
    """``model.save`` to one file, ``load_model`` from it."""

    def __init__(self, name: str, filename: str, since: Any, lacks: str) -> None:
        self.name = name
        self.filename = filename
        self.since = since
        self.text = lacks
        Format.__init__(self)

    def no_save(self, versions: Dict[str, str], kind: str) -> str:
        return self._lacks(versions) or ("" if keras_version(versions) >= self.since else self.text)

    no_load = no_save

    def save(self, model: Any, path: str, recipe: Any) -> None:
        model.save(path)

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        import tensorflow as tf

        return tf.keras.models.load_model(path, custom_objects=custom_objects(recipe))


def keras_formats() -> List[Format]:
    """All formats of this file."""
    return [
        SavedModel(),
        SavedModelKeras(),
        SavedModelLayer(),
        Export(),
        ExportLayer(),
        WholeModel(
            "keras", "model.keras", (2, 13), "model.save writes a .keras archive since Keras 2.13"
        ),
        WholeModel("h5", "model.h5", (0,), ""),
    ]
