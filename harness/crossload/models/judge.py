"""Verdicts about what a model answered in two environments, by the rules of the matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.config import Tolerance
from crossload.config.spec import DEFAULT_ATOL, DEFAULT_RTOL
from crossload.errors import ConfigError
from crossload.plan import Case, Cell
from crossload.verdict import Judge
from crossload.verdict.metrics import role_of
from crossload.worker.contract import Recipe
from crossload.worker.formats import builtin_formats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossload.models.model import Model
    from crossload.store.records import Record
    from crossload.store.store import Store
    from crossload.verdict import Judgement

Array = np.ndarray[Any, Any]


def judge(
    model: Model,
    saved: Record,
    loaded: Record,
    store: Store,
    truth: Array | None,
    tolerance: Tolerance,
) -> Judgement:
    """Judge what the reader answered against what the writer did.

    Parameters
    ----------
    model
        The model; its way of loading gives the tolerance of metrics.
    saved, loaded
        The records of writer and reader.
    store
        Holds the arrays that the records name.
    truth
        Labels of the rows, of shape (rows,); None where there are none, and so no metrics.
    tolerance
        Tolerances of the user, None in it for the usual ones.

    Raises
    ------
    ConfigError
        The labels are not what the model predicts.
    """
    outputs = saved.get("outputs", {})
    truth = _as_predicted(saved, store, truth)
    task = task_of(saved, store, truth)
    # outputs of a member of a dict, or of a sparse matrix, have the role of what they are a part of
    roles = {name: role_of(_method(name), task, {}) for name in outputs}
    # the judge of matrices knows recipes and cases; a model of a user is one of each
    spec = {
        "family": "own",
        "task": task,
        "data": "own",
        "build": lambda _: None,
        "outputs": list(outputs),
        "roles": roles,
    }
    recipe = Recipe("model", spec, "")
    case = Case(
        recipe="model", format=model.way, saver=model.way, family="own", task=task, data="own"
    )
    usual = builtin_formats()[model.way].metric_tolerance
    given = Tolerance(
        metric=usual if tolerance.metric is None else tolerance.metric,
        atol=DEFAULT_ATOL if tolerance.atol is None else tolerance.atol,
        rtol=DEFAULT_RTOL if tolerance.rtol is None else tolerance.rtol,
    )
    known: Mapping[str, Array | None] = {"y_test": truth}
    judging = Judge(
        {"model": recipe},
        lambda _: given,
        # labels are always there in a matrix; here they may be None, and the task is "object" then,
        # whose metrics do not look at them
        lambda _, part: known[part],  # type: ignore[arg-type,return-value]
        store.blobs.arrays,
        store.blobs.state,
    )
    return judging.judge(
        Cell(case, "writer", "reader"),
        # a user's model has no training rows, of which matrices judge the gap
        {name: v for name, v in saved.items() if name != "kept_train"},
        loaded,
    )


def _as_predicted(saved: Record, store: Store, truth: Array | None) -> Array | None:
    """Give the labels in the form in which predictions are recorded.

    The worker records predicted labels as text where they are floating-point numbers that are not
    whole, so that they are compared exactly and not within a tolerance.
    """
    if truth is None or truth.dtype.kind not in "biuf" or saved.get("tasks") != {"": "classifier"}:
        return truth
    predicted = store.blobs.arrays(saved["kept"]).get("predict")
    if predicted is None or predicted.dtype.kind != "U":
        return truth
    # labels that meet no prediction at all stay numbers: the error about kinds says more then
    texts = np.array([repr(float(each)) for each in truth])
    return texts if np.isin(texts, predicted).any() else truth


def _method(output: str) -> str:
    """Give the method that an output comes from, e.g. ``predict`` of ``first.predict.indices``."""
    parts = output.split(".")
    return next(
        (
            part
            for part in reversed(parts)
            if part in ("predict", "predict_proba", "decision_function", "call")
        ),
        parts[-1],
    )


def task_of(saved: Record, store: Store, truth: Array | None) -> str:
    """Find the task by which metrics are computed.

    It is ``object``, which has no metrics, where there are no labels or several models in one file.

    Raises
    ------
    ConfigError
        The labels differ from the predictions in number, or are text where those are numbers.
    """
    tasks = saved.get("tasks", {})
    if truth is None or list(tasks) != [""]:
        return "object"
    arrays = store.blobs.arrays(saved["kept"])
    predicted = arrays.get("predict", arrays.get("call"))
    if predicted is None:
        return "object"
    if len(predicted) != len(truth):
        raise ConfigError([f"--target: {len(truth)} labels for {len(predicted)} predictions"])
    # a network does not say what it is for: the shape of its output and the labels tell
    if "call" in arrays and "predict" not in arrays:
        whole = truth.dtype.kind in "biu" or (
            truth.dtype.kind == "f" and (truth == np.round(truth)).all()
        )
        # an output of several columns and whole labels: a class by the position of the largest
        if predicted.ndim == 2 and predicted.shape[1] > 1 and whole:
            return "multiclass"
        return "binary" if set(np.unique(truth).tolist()) <= {0, 1} else "regression"
    if tasks[""] == "classifier":
        if (truth.dtype.kind == "U") != (predicted.dtype.kind == "U"):
            kinds = {"U": "text"}
            a, b = (kinds.get(each.dtype.kind, "numbers") for each in (truth, predicted))
            raise ConfigError(
                [f"--target: the labels are {a}, the model predicts {b}"],
                hint="give labels as the model knows them",
            )
        # precision and recall of two classes need to know which is the positive one: 1 of 0 and 1,
        # and of texts nobody knows
        return (
            "binary"
            if predicted.dtype.kind in "biu" and set(np.unique(truth).tolist()) == {0, 1}
            else "multiclass"
        )
    return "regression" if tasks[""] == "regressor" and predicted.ndim == 1 else "object"
