"""Seeds, a few steps of training, and going on with training after saving or loading."""

import sys
import warnings
from typing import Any, Dict

import numpy as np

from . import outputs
from .contract import Recipe
from .errors import guard, scrub


def seed() -> None:
    """Seed every generator that a recipe might use without a seed of its own.

    Those of TensorFlow only if it is imported: the others do without it.
    """
    import random

    random.seed(0)
    np.random.seed(0)
    if "tensorflow" in sys.modules:
        sys.modules["tensorflow"].random.set_seed(0)  # type: ignore[attr-defined]


def clear_session() -> None:
    """Have Keras forget the names that it gave to layers, where TensorFlow is imported.

    Without this the second model of a process has ``dense_1`` where a fresh process has ``dense``.
    What is registered by name and what is imported stays; a global policy of types, which the
    model before may have set, does not.
    """
    if "tensorflow" not in sys.modules:
        return
    # getattr, because the type checker knows sys.modules only as modules without attributes
    clear = getattr(sys.modules["tensorflow"], "keras").backend.clear_session  # noqa: B009
    try:
        # Keras 3 else collects garbage at each call, which takes a tenth of a second
        clear(free_memory=False)
    except TypeError:  # Keras 2 has no such argument
        clear()


def seed_layers(model: Any) -> None:
    """Give the random generators of a Keras 3 model the same state as in any other such model.

    Dropout draws from a variable that each step of training moves on, and that is in no file:
    training goes on with other random numbers after loading, but nothing that was learnt is lost.
    The layers of Keras 2 draw from the generators that `seed` sets.

    Parameters
    ----------
    model
        A Keras model; any other is left alone.
    """
    variables = getattr(model, "variables", [])
    for variable in [] if callable(variables) else variables:
        # keras.random.SeedGenerator calls its variable so in all releases of Keras 3
        if variable.name.split("/")[-1] == "seed_generator_state":
            variable.assign(np.zeros(tuple(variable.shape), dtype="int64"))


def fit_default(model: Any, data: Any) -> Any:
    """Call ``model.fit(x_train, y_train)``, without labels where the data set has none."""
    if data.y_train is None:
        return model.fit(data.x_train)
    return model.fit(data.x_train, data.y_train)


def fit_keras(model: Any, data: Any, steps: int = 12, batch: int = 32) -> Any:
    """Train a Keras model for a few steps.

    Eagerly: tracing a graph would cost more than the steps themselves.

    Parameters
    ----------
    model
        A compiled Keras model; it is changed.
    data
        The data set.
    steps
        Number of batches.
    batch
        Rows of a batch; where the training rows are used up, it starts with the first ones again.

    Returns
    -------
    keras.Model
        The same model.
    """
    rows = len(data.y_train)
    model.run_eagerly = True
    for step in range(steps):
        chosen = np.arange(step * batch, (step + 1) * batch) % rows
        if isinstance(data.x_train, dict):
            x = {name: column[chosen] for name, column in data.x_train.items()}
        else:
            x = data.x_train[chosen]
        model.train_on_batch(x, data.y_train[chosen])
    # what is saved is the model as people have it, and ``run_eagerly`` is a part of some formats
    model.run_eagerly = False
    return model


def resume(model: Any, recipe: Recipe, data: Any, job: Dict[str, Any]) -> Dict[str, str]:
    """Go on training, and keep what comes of it.

    A model that cannot go on is a fact too, not a failure of the cell.

    Parameters
    ----------
    model
        The model, just saved or just loaded; it may be changed.
    recipe
        Its recipe, with ``resume``.
    data
        The data set.
    job
        The job: where outputs are kept, and what is scrubbed from texts.

    Returns
    -------
    dict of str to str
        ``resumed``, the name of the kept array, or ``resume_error``.

    Raises
    ------
    Stopped
        The disk cannot be written.
    """
    # what is random in training must be so alike on both sides
    seed()
    if recipe.kind == "keras":
        seed_layers(model)
    if callable(recipe.resume):
        go_on = recipe.resume
    else:
        go_on = resume_keras if recipe.kind == "keras" else resume_partial
    try:
        with warnings.catch_warnings():
            # those of saving and loading are recorded; these would be taken for them
            warnings.simplefilter("ignore")
            found = {"resumed": outputs.as_array(go_on(model, data), "resume")}
        return {"resumed": outputs.keep(found, outputs.digests(found), job["outputs"])}
    except Exception as error:
        guard(error)
        return {"resume_error": (type(error).__name__ + ": " + scrub(str(error), job))[:300]}


def resume_keras(model: Any, data: Any, batch: int = 32) -> Any:
    """Train for two more steps.

    Returns
    -------
    numpy.ndarray
        Losses of shape (2,). The second depends on what the optimizer remembers.
    """
    model.run_eagerly = True
    losses = []
    for step in range(2):
        rows = slice(step * batch, (step + 1) * batch)
        if isinstance(data.x_train, dict):
            x = {name: column[rows] for name, column in data.x_train.items()}
        else:
            x = data.x_train[rows]
        # Keras 3 gave the mean since the last reset: https://github.com/keras-team/keras/pull/22617
        model.reset_metrics()
        losses.append(float(np.ravel(model.train_on_batch(x, data.y_train[rows]))[0]))
    return np.array(losses)


def resume_partial(model: Any, data: Any, rows: int = 60) -> Any:
    """Give the answers of a copy of the model after ``partial_fit`` on rows that it knows.

    Parameters
    ----------
    model
        A fitted model with ``partial_fit``; it is not changed.
    data
        The data set.
    rows
        Number of rows to go on with.
    """
    import copy

    going = copy.deepcopy(model)
    if data.y_train is None or not hasattr(going, "predict"):
        going.partial_fit(data.x_train[:rows])
    else:
        going.partial_fit(data.x_train[:rows], data.y_train[:rows])
    return going.predict(data.x_test) if hasattr(going, "predict") else going.transform(data.x_test)
