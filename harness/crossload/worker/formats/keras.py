"""TensorFlow and Keras formats, saved and loaded the way people write it in each generation.

Facts that shape this file, measured in TensorFlow 2.4 to 2.21: Keras 2 writes SavedModel folders
with ``model.save``, Keras 3 does not and reads them through ``TFSMLayer`` alone; ``model.export``
came with 2.12; ``model.save`` writes a zip archive under the suffix ``.keras`` since 2.13, before
it HDF5; ``.weights.h5`` is a layout of its own since 2.12, and before it the legacy one; Keras 3
does not write legacy weights but reads them.
"""

from typing import Any, Dict, List, Tuple

from ..contract import version_tuple  # noqa: TID252 - the package has another name when pinned
from .base import Format


def keras_version(versions: Dict[str, str]) -> Any:
    """Give the numbers of the version of Keras, ``(0,)`` where there is none."""
    return version_tuple(versions.get("keras", "0"))


def custom_objects(recipe: Any) -> Dict[str, Any]:
    """Give the recipe's own classes and functions by the names that Keras looks them up by."""
    return recipe.custom() if recipe.custom else {}


class Signature(object):
    """A loaded function that takes the recipe's input: an array, or a dict of named arrays.

    It has no ``predict``; other modules know it by the name of this class, so that they need not
    import the formats of TensorFlow.
    """

    def __init__(self, function: Any, names: Any = None, spec: Any = None) -> None:
        self.function = function
        self.names = names
        """Names of its inputs; None where the function takes its input by position."""
        self.spec = spec
        """Specifications of its inputs as `input_spec` gives them; None: nothing is cast."""

    def __call__(self, x: Any, training: bool = False) -> Any:
        """Call the function, and give the array of a single output as it is.

        The inputs are cast to the types that the function was traced with: it refuses any other,
        where a Keras model casts what it is given.
        ``training`` is ignored: recipes call Keras models with it, and a signature has no such
        argument.
        """
        import tensorflow as tf

        if self.names is None:
            if isinstance(x, dict):
                found = self.function({k: tf.constant(v) for k, v in cast(x, self.spec).items()})
            else:
                found = self.function(tf.constant(cast(x, self.spec)))
        else:
            given = cast(x if isinstance(x, dict) else {self.names[0]: x}, self.spec)
            # the inputs of a signature are keyword arguments
            found = self.function(**{name: tf.constant(given[name]) for name in self.names})
        if isinstance(found, dict):
            # signatures name their outputs, as endpoints of newer exports may; recipes know no
            # such names, and they need not be those that another version would have given
            if len(found) == 1:
                return list(found.values())[0]
            return [found[key] for key in sorted(found)]
        return found


def input_spec(function: Any) -> Any:
    """Give the specifications of the inputs of a function that a SavedModel holds.

    Parameters
    ----------
    function
        A signature, or an endpoint, which holds one traced function for each kind of input.

    Returns
    -------
    object
        The ``tf.TensorSpec`` of its first argument (or a structure of them), a dict of them by name
        where it takes named arguments, None where it tells nothing.
    """
    # https://www.tensorflow.org/api_docs/python/tf/types/experimental/ConcreteFunction
    for each in [function] + list(getattr(function, "concrete_functions", None) or []):
        positional, named = getattr(each, "structured_input_signature", None) or ((), {})
        if positional:
            return positional[0]
        if named:
            return dict(named)
    return None


def cast(value: Any, spec: Any) -> Any:
    """Cast numbers to the types that a function was traced with.

    Parameters
    ----------
    value
        An array of any shape, or a dict of them by name of the input.
    spec
        Specifications as `input_spec` gives them.

    Returns
    -------
    object
        The same structure. Text, and what the specification does not name, is given back as it is.
    """
    if isinstance(value, dict):
        known = spec if isinstance(spec, dict) else {}
        return {name: cast(each, known.get(name)) for name, each in value.items()}
    # a single input may be named all the same, or stand in a list of one
    if isinstance(spec, dict) and len(spec) == 1:
        spec = list(spec.values())[0]
    if isinstance(spec, (list, tuple)) and len(spec) == 1:
        spec = spec[0]
    wanted = getattr(getattr(spec, "dtype", None), "as_numpy_dtype", None)
    if wanted is None:
        return value
    # not above: the noxfile reads the names of formats where there is no NumPy
    import numpy as np

    array = np.asarray(value)
    # TensorFlow gives the type object for text; bfloat16 is of NumPy's kind V
    numbers = array.dtype.kind in "biuf" and np.dtype(wanted).kind in "biufV"
    return array.astype(wanted) if numbers and array.dtype != wanted else value


class KerasFormat(Format):
    """Base of the formats of TensorFlow; ``load`` gives a Keras model unless said otherwise."""

    kinds: Tuple[str, ...] = ("keras",)
    # "keras" is not asked for: before TensorFlow 2.6 there need not be a package of that name
    modules = ("tensorflow",)


class SavedModel(KerasFormat):
    """A SavedModel folder, called by its signature.

    It is written by ``model.save`` (Keras 2), or by ``tf.saved_model.save`` (tf.Module).
    """

    name = "savedmodel-signature"
    saver = "savedmodel"
    filename = "model"
    kinds: Tuple[str, ...] = ("keras", "tf-module")
    keeps = "function"
    metric_tolerance = 0.01

    def no_save(self, versions: Dict[str, str], kind: str) -> str:
        """Refuse Keras 3, of which ``model.save`` writes no SavedModel."""
        # https://github.com/keras-team/keras/issues/18467 lists it among the changes of Keras 3
        if kind == "keras" and keras_version(versions) >= (3,):
            return "Keras 3 writes no SavedModel folder with model.save"
        return self._lacks(versions)

    def save(self, model: Any, path: str, recipe: Any) -> None:
        """Write a SavedModel folder."""
        import tensorflow as tf

        if recipe.kind == "tf-module":
            # a tf.Module has no signature unless it is given one
            tf.saved_model.save(model, path, signatures={"serving_default": model.serve})
        else:
            # the path has no suffix that the format could be told by
            model.save(path, save_format="tf")

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Give the signature ``serving_default``."""
        import tensorflow as tf

        loaded = tf.saved_model.load(path)
        function = loaded.signatures["serving_default"]
        spec = function.structured_input_signature[1]
        found = Signature(function, sorted(spec), spec)
        # variables live as long as the loaded object does, and a signature holds no reference to
        # it: https://github.com/tensorflow/tensorflow/issues/46708
        found.keep = loaded  # type: ignore[attr-defined]
        return found


class SavedModelKeras(SavedModel):
    """The SavedModel folder through ``load_model``: the Keras model, with its optimizer."""

    name = "savedmodel-keras"
    kinds = ("keras",)
    keeps = "model"

    # no_load lets Keras 3 try: its refusal is the load-error that people meet there
    # (https://github.com/keras-team/keras/issues/18709), not a feature that nobody expects

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Give the Keras model."""
        import tensorflow as tf

        return tf.keras.models.load_model(path, custom_objects=custom_objects(recipe))


class SavedModelLayer(SavedModel):
    """The SavedModel folder through ``TFSMLayer``, which Keras 3 has instead of ``load_model``."""

    name = "savedmodel-tfsm"
    endpoint = "serving_default"

    def no_load(self, versions: Dict[str, str], kind: str) -> str:
        """Refuse Keras 2, which has no ``TFSMLayer``."""
        return self._lacks(versions) or _no_layer(versions)

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Give a layer that calls the signature."""
        import tensorflow as tf

        layer = tf.keras.layers.TFSMLayer(path, call_endpoint=self.endpoint)
        return Signature(layer, spec=input_spec(layer.call_endpoint_fn))


class Export(KerasFormat):
    """The folder of ``model.export``, called through ``tf.saved_model.load(...).serve``."""

    name = "export"
    saver = "export"
    filename = "model"
    keeps = "function"
    metric_tolerance = 0.01

    def no_save(self, versions: Dict[str, str], kind: str) -> str:
        """Refuse Keras before 2.12, which has no ``model.export``."""
        return self._lacks(versions) or (
            "" if keras_version(versions) >= (2, 12) else "model.export came with Keras 2.12"
        )

    # no_load asks for no version of Keras: the folder is a SavedModel, and TensorFlow reads it

    def save(self, model: Any, path: str, recipe: Any) -> None:
        """Export the model for inference."""
        model.export(path)

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Give the endpoint ``serve``, the name that ``model.export`` chooses."""
        import tensorflow as tf

        loaded = tf.saved_model.load(path)
        found = Signature(loaded.serve, spec=input_spec(loaded.serve))
        # variables live as long as the loaded object does:
        # https://github.com/tensorflow/tensorflow/issues/46708
        found.keep = loaded  # type: ignore[attr-defined]
        return found


class ExportLayer(Export):
    """The exported folder through ``TFSMLayer``."""

    name = "export-tfsm"

    def no_load(self, versions: Dict[str, str], kind: str) -> str:
        """Refuse Keras 2, which has no ``TFSMLayer``."""
        return self._lacks(versions) or _no_layer(versions)

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Give a layer that calls the endpoint ``serve``."""
        import tensorflow as tf

        layer = tf.keras.layers.TFSMLayer(path, call_endpoint="serve")
        return Signature(layer, spec=input_spec(layer.call_endpoint_fn))


class WholeModel(KerasFormat):
    """A file of ``model.save``, read by ``load_model``.

    No version is n/a: all have both calls. Keras before 2.13 writes HDF5 under the suffix
    ``.keras``, and what becomes of it elsewhere is what people want to know.
    """

    options: Dict[str, Any] = {}
    """Options of ``load_model``, beside the custom objects."""

    def __init__(self, name: str, filename: str) -> None:
        self.name = name
        self.filename = filename
        Format.__init__(self)

    def save(self, model: Any, path: str, recipe: Any) -> None:
        """Save to a file, whose suffix chooses the layout."""
        model.save(path)

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Give the Keras model, compiled if it was and the options do not say otherwise."""
        import tensorflow as tf

        custom = custom_objects(recipe)
        return tf.keras.models.load_model(path, custom_objects=custom, **self.options)


def _no_layer(versions: Dict[str, str]) -> str:
    """Say that this Keras has no TFSMLayer; empty if it has."""
    # https://github.com/keras-team/keras/issues/18467 names it as the way to read a SavedModel
    return "" if keras_version(versions) >= (3,) else "TFSMLayer came with Keras 3"


def keras_formats() -> List[Format]:
    """List the formats of this file."""
    return [
        SavedModel(),
        SavedModelKeras(),
        SavedModelLayer(),
        Export(),
        ExportLayer(),
        WholeModel("keras", "model.keras"),
        WholeModel("h5", "model.h5"),
    ]
