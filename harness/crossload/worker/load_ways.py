"""The ways in which people load a saved model: those of the formats, with what users' files need.

Users' files have names of their own, weights come with code that builds the network, and SavedModel
folders are tried in each way that there is.
"""

import hashlib
import importlib
import os
import pickle
import re
import sys
from typing import Any, Dict

from . import outputs
from .formats import builtin_formats, weights
from .training import seed as _seed

WEIGHTS = ("weights-h5", "checkpoint")
"""Formats that hold weights alone: the network is built by the user's code."""


def kind_of(way: str) -> str:
    """Give the kind of recipe that goes with a way of loading: how the state of a model is read."""
    return "object" if way in ("pickle", "joblib", "skops") else "keras"


def seed(number: int) -> None:
    """Seed as recipes are seeded, and the start of networks by another number.

    Parameters
    ----------
    number
        The seed of networks; 0 for that of recipes.
    """
    _seed()
    if number and "tensorflow" in sys.modules:
        sys.modules["tensorflow"].random.set_seed(number)  # type: ignore[attr-defined]


def digest(path: str, way: str) -> str:
    """Give the SHA-256 of a model that a user names.

    Parameters
    ----------
    path
        A file or folder; of a checkpoint the file ``PREFIX.index``.
    way
        How it is loaded. Of a ``checkpoint`` all files count that have its prefix, because it is
        several files in a folder that may hold other things; of other files those that joblib
        wrote beside them.
    """
    if way != "checkpoint":
        if not os.path.isfile(path):
            return _folder_digest(path)
        folder, stem = os.path.split(path)
        # joblib before 0.10 wrote each array into a file of its own beside the pickle
        side = re.compile(re.escape(stem) + r"_\d+\.npy(\.z)?$")
        names = sorted(each for each in os.listdir(folder or os.curdir) if side.match(each))
        if not names:
            return outputs.sha256_of(path)
        names.append(stem)
    else:
        folder, stem = os.path.split(path[: -len(".index")])
        names = sorted(
            each for each in os.listdir(folder or os.curdir) if each.startswith(stem + ".")
        )
    state = hashlib.sha256()
    for name in names:
        line = name + " " + outputs.sha256_of(os.path.join(folder, name)) + "\n"
        state.update(line.encode("utf-8"))
    return state.hexdigest()


def _folder_digest(path: str) -> str:
    """Give the SHA-256 of all files below a folder, and of those that it links to.

    `outputs.sha256_of` follows no links to folders: artifacts of our own have none.
    """
    state = hashlib.sha256()
    for folder, inner, names in sorted(os.walk(path, followlinks=True)):
        inner.sort()
        for name in sorted(names):
            place = os.path.join(folder, name)
            relative = os.path.relpath(place, path).replace(os.sep, "/")
            line = relative + " " + outputs.sha256_of(place) + "\n"
            # names of files need not be UTF-8; this is how os gives their bytes
            state.update(line.encode("utf-8", "surrogateescape"))
    return state.hexdigest()


class _Recipe(object):
    """The attributes that formats ask of a recipe."""

    def __init__(self, code: Any, kind: str) -> None:
        self.custom: Any = getattr(code, "custom", None)
        self.rebuild: Any = getattr(code, "rebuild", None)
        self.kind = kind


def load(way: str, path: str, code: Any, strict: bool, unsafe: bool = False) -> Any:
    """Load a model.

    Parameters
    ----------
    way
        Name of a format.
    path
        The file or folder.
    code
        The user's code, with ``custom`` and ``rebuild``.
    strict
        Weights must all arrive, as they must where they were written. Elsewhere those that do not
        are found by the answers.
    unsafe
        The user agreed to code that the file carries.

    Raises
    ------
    AssertionError
        Strictly, and some weights did not arrive.
    Exception
        Anything that the library raises.
    """
    recipe = _Recipe(code, kind_of(way))
    if way == "checkpoint":
        return _checkpoint(path, recipe, strict)
    known: Dict[str, Any] = builtin_formats()
    try:
        model = known[way].load(path, recipe, None)
    except ValueError as error:
        # Keras refuses Lambda layers since 2.13, whose error names the way out:
        # https://github.com/keras-team/keras/issues/18284.  Later versions say "unsafe".
        words = "safe_mode" in str(error) or "unsafe" in str(error)
        # what Keras refuses is run for those only who agreed to code that the file carries
        # (--trust-dangerous): where our own list of names has a hole, this one may have none
        if not (unsafe and words and way in ("keras", "h5")):
            raise
        model = known[way + "-unsafe"].load(path, recipe, None)
    if way in WEIGHTS and strict:
        weights.assert_restored(model, path)
    return model


def save(way: str, model: Any, path: str) -> None:
    """Save a loaded model in another format.

    Parameters
    ----------
    way
        Name of a format, or ``unfitted``, which saves the model's parameters alone.
    model
        The loaded model.
    path
        Where to save it.
    """
    if way == "unfitted":
        with open(path, "wb") as stream:
            # the newest protocol that Python 3.6 and 3.7 read
            pickle.dump(_unfitted(model), stream, protocol=4)
        return
    known: Dict[str, Any] = builtin_formats()
    known[way].save(model, path, _Recipe(None, kind_of(way)))


def _unfitted(model: Any) -> Any:
    """Give a model with the same parameters that was never fitted (``sklearn.base.clone``)."""
    return importlib.import_module("sklearn.base").clone(model)


def new_from_parameters(model: Any) -> Any:
    """Make a model of scikit-learn anew from its parameters.

    It then has those too that its version did not know yet, with their defaults. Parameters that
    this version no longer has are left out. ``sklearn.base.clone`` fails
    where parameters are missing.

    Parameters
    ----------
    model
        A loaded model, or lists of models as pipelines have them; anything else is given back.

    Returns
    -------
    object
        A model that was never fitted.
    """
    if isinstance(model, (list, tuple)):
        return type(model)(new_from_parameters(each) for each in model)
    if not hasattr(type(model), "_get_param_names"):
        return model
    names = set(type(model)._get_param_names())
    # what the pickle set, not get_params: that raises for a parameter which the old model lacks
    held = {name: value for name, value in vars(model).items() if name in names}
    return type(model)(**{name: new_from_parameters(value) for name, value in held.items()})


def _checkpoint(path: str, recipe: Any, strict: bool) -> Any:
    """Restore ``tf.train.Checkpoint(model=model)``, or a model alone.

    The latter is what ``save_weights`` of Keras 2 writes where the path has no suffix of HDF5.
    """
    import tensorflow as tf

    prefix = path[: -len(".index")]
    model = recipe.rebuild(None)
    keys = [name for name, _ in tf.train.list_variables(prefix)]
    if any(name.startswith("model/") for name in keys):
        status = tf.train.Checkpoint(model=model).read(prefix)
    else:
        status = tf.train.Checkpoint(root=model).read(prefix)
    if strict:
        # not assert_consumed: a user's checkpoint may hold more, such as the optimizer or a counter
        status.assert_existing_objects_matched()
    return model
