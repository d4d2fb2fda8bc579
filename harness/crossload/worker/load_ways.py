"""The ways in which people load a saved model: those of the formats, and for SavedModel folders each that there is."""

import os
import sys
from typing import Any, Dict

from . import outputs
from .formats import builtin_formats, weights
from .training import seed as _seed

WEIGHTS = ("weights-h5", "checkpoint")
"""Formats that hold weights alone: the network is built by the user's code."""


def kind_of(way: str) -> str:
    """Kind of recipe that goes with a way of loading: how the state of a model is read."""
    return "object" if way in ("pickle", "joblib", "skops") else "keras"


def seed(number: int) -> None:
    """Seed as recipes are seeded, and the start of networks by another number."""
    _seed()
    if number and "tensorflow" in sys.modules:
        sys.modules["tensorflow"].random.set_seed(number)  # type: ignore[attr-defined]


def digest(path: str, way: str) -> str:
    """SHA-256 of a file or folder; of all files of a checkpoint."""
    if way != "checkpoint":
        return outputs.sha256_of(path) if os.path.isfile(path) else _folder_digest(path)
    folder, stem = os.path.split(path[: -len(".index")])
    names = sorted(each for each in os.listdir(folder or os.curdir) if each.startswith(stem + "."))
    import hashlib

    state = hashlib.sha256()
    for name in names:
        state.update(
            (name + " " + outputs.sha256_of(os.path.join(folder, name)) + "\n").encode("utf-8")
        )
    return state.hexdigest()


def _folder_digest(path: str) -> str:
    """SHA-256 of all files below a folder, and of those that it links to."""
    import hashlib

    state = hashlib.sha256()
    for folder, inner, names in sorted(os.walk(path, followlinks=True)):
        inner.sort()
        for name in sorted(names):
            place = os.path.join(folder, name)
            told = (
                os.path.relpath(place, path).replace(os.sep, "/") + " " + outputs.sha256_of(place)
            )
            state.update((told + "\n").encode("utf-8", "surrogateescape"))
    return state.hexdigest()


class _Recipe(object):
    """What formats ask of a recipe."""

    def __init__(self, code: Any, kind: str) -> None:
        self.custom: Any = getattr(code, "custom", None)
        self.rebuild: Any = getattr(code, "rebuild", None)
        self.kind = kind


def load(way: str, path: str, code: Any, strict: bool) -> Any:
    """Load a model.  ``strict``: weights must all arrive, as they must where they were written."""
    recipe = _Recipe(code, kind_of(way))
    if way == "checkpoint":
        return _checkpoint(path, recipe, strict)
    known: Dict[str, Any] = builtin_formats()
    try:
        model = known[way].load(path, recipe, None)
    except ValueError as error:
        if way != "keras" or not ("safe_mode" in str(error) or "unsafe" in str(error)):
            raise
        import tensorflow as tf

        # code in the file (a Lambda layer) is run for those only who agreed to that, and they have been asked
        model = tf.keras.models.load_model(path, custom_objects=recipe.custom(), safe_mode=False)
    if way in WEIGHTS and strict:
        weights.assert_restored(model, path)
    return model


def save(way: str, model: Any, path: str) -> None:
    """Save a loaded model in another format; ``unfitted`` saves its parameters alone."""
    if way == "unfitted":
        import pickle

        with open(path, "wb") as stream:
            pickle.dump(_unfitted(model), stream, protocol=4)
        return
    known: Dict[str, Any] = builtin_formats()
    known[way].save(model, path, _Recipe(None, kind_of(way)))


def _unfitted(model: Any) -> Any:
    """A model with the same parameters that was never fitted, as ``sklearn.base.clone`` gives it."""
    import importlib

    return importlib.import_module("sklearn.base").clone(model)


def renewed(model: Any) -> Any:
    """A model made anew from its parameters, so that it has those too that its version did not know yet.

    Parameters that this version no longer has are left out.
    """
    if isinstance(model, (list, tuple)):
        return type(model)(renewed(each) for each in model)
    if not hasattr(type(model), "_get_param_names"):
        return model
    names = set(type(model)._get_param_names())
    return type(model)(
        **{name: renewed(value) for name, value in vars(model).items() if name in names}
    )


def _checkpoint(path: str, recipe: Any, strict: bool) -> Any:
    """``tf.train.Checkpoint(model=model)``, or the model alone, as ``save_weights`` of Keras 2 wrote it."""
    import tensorflow as tf

    prefix = path[: -len(".index")]
    model = recipe.rebuild(None)
    keys = [name for name, _ in tf.train.list_variables(prefix)]
    held = (
        tf.train.Checkpoint(model=model)
        if any(name.startswith("model/") for name in keys)
        else None
    )
    status = held.read(prefix) if held is not None else tf.train.Checkpoint(root=model).read(prefix)
    if strict:
        status.assert_existing_objects_matched()
    return model
