"""Fits a recipe once, for all formats that it is saved in, and takes the writer's own outputs."""

import os
from typing import Any, Dict

import numpy as np

from . import fitted_state, outputs
from .contract import ContractError, Recipe
from .data_sets import Data, OnTraining
from .errors import scrub
from .parts import classes_of
from .record import Record
from .texts import shortened
from .training import fit_default, fit_keras, seed


class Fitted(object):
    """A recipe built and fitted, which nobody has asked anything yet."""

    def __init__(self, recipe: Recipe, data: Any, model: Any) -> None:
        self.recipe, self.data, self.model = recipe, data, model


class Answers(object):
    """The answers of a fitted model where it was fitted.

    Parameters
    ----------
    digests
        Digest of each output by its name.
    kept
        Name of the file with the outputs.
    seconds
        Time of each stage so far.
    facts
        Fields of the outcome about state, parts, noise and the training data.
    """

    def __init__(
        self, digests: Dict[str, str], kept: str, seconds: Dict[str, float], facts: Dict[str, Any]
    ) -> None:
        self.digests, self.kept, self.seconds, self.facts = digests, kept, seconds, facts

    def complete(self, outcome: Dict[str, Any]) -> Dict[str, Any]:
        """Give the outcome of a save with what its writer answered; one of a failure as it is."""
        outcome = dict(outcome, seconds=dict(self.seconds, **outcome["seconds"]))
        if outcome["status"] != "ok":
            return outcome
        return dict(self.facts, outputs=self.digests, kept=self.kept, **outcome)


def fit_once(recipe: Recipe, arrays: Dict[str, Any], record: Record) -> Fitted:
    """Build and fit.

    Parameters
    ----------
    recipe
        The recipe.
    arrays
        Arrays of its data set.
    record
        The outcome that fails if this does.

    Returns
    -------
    Fitted
        The model, and the data that it was fitted on.

    Raises
    ------
    Exception
        Anything that building or fitting raises.
    """
    seed()
    data = record.run("data", lambda: Data(arrays, recipe.prepare))
    model = record.run("build", lambda: recipe.build(data))
    fit = recipe.fit or (fit_keras if recipe.kind == "keras" else fit_default)
    return Fitted(recipe, data, record.run("fit", lambda: fit(model, data)))


def ask(fitted: Fitted, record: Record, job: Dict[str, Any]) -> Answers:
    """Take the writer's own outputs.

    What is asked may keep something for the next question, as an index of pandas does: what is
    saved must not have been asked, where processes can be forked.

    Parameters
    ----------
    fitted
        The model.
    record
        The outcome that fails if this does.
    job
        The job: where outputs and states are kept.

    Returns
    -------
    Answers
        The outputs, and the facts of the model's state.

    Raises
    ------
    ContractError
        The recipe's outputs cannot be judged.
    Exception
        Anything that predicting raises.
    """
    model, recipe, data = fitted.model, fitted.recipe, fitted.data
    found = record.run("predict-before", lambda: outputs.ask(model, recipe, data))
    check_outputs(found, recipe, data)
    # asked twice: what differs within one process is noise of the case, not harm done by saving
    second = outputs.ask(model, recipe, data)
    facts: Dict[str, Any] = {
        "state": fitted_state.keep(model, recipe.kind, job["states"]),
        "holds": classes_of(model, recipe.kind),
    }
    each, again = outputs.digests(found), outputs.digests(second)
    if again != each:
        facts["noise"] = outputs.keep(second, again, job["outputs"])
    if recipe.task in ("binary", "multiclass", "regression"):
        trained = outputs.ask(model, recipe, OnTraining(data))
        facts["kept_train"] = outputs.keep(trained, outputs.digests(trained), job["outputs"])
    kept = outputs.keep(found, each, job["outputs"])
    return Answers(each, kept, dict(record.seconds), facts)


def check_outputs(found: Dict[str, Any], recipe: Recipe, data: Any) -> None:
    """Make sure that outputs can be judged.

    Parameters
    ----------
    found
        Outputs by name.
    recipe
        The recipe, whose task says what outputs are.
    data
        The data set with the held-out labels.

    Raises
    ------
    ContractError
        An output has another number of rows than there are held-out ones, or NaN among its labels.
    """
    if recipe.task in ("object", "transform") or data.y_test is None:
        return
    where = os.path.basename(recipe.file) + ": RECIPES[" + repr(recipe.name) + "]: outputs[%r]: "
    for name, array in found.items():
        if array.ndim == 0 or len(array) != len(data.y_test):
            text = "has the shape %s, expected one row for each of %d held-out rows"
            raise ContractError(where % name + text % (array.shape, len(data.y_test)))
        labels = name == "predict" and recipe.task != "regression"
        if labels and array.dtype.kind == "f" and np.isnan(array).any():
            raise ContractError(where % name + "has NaN among its labels")


def fit_failure(
    item: Dict[str, Any], job: Dict[str, Any], record: Record, error: BaseException
) -> Dict[str, Any]:
    """Give the outcome of a model that could not be fitted.

    One that cannot be built because something is not there is n/a; any other failure is the
    writer's.

    Parameters
    ----------
    item
        The first item of the batch; the others have the same outcome.
    job
        The job.
    record
        The outcome so far.
    error
        The exception that ended it.
    """
    if record.fields["stage"] == "build" and isinstance(error, ImportError):
        return record.end("na", reason=shortened(scrub(str(error), job), 500))
    return record.failed(error)
