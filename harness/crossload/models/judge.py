"""Judges what a model answered in two environments, by the same rules as the matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.config import Tolerance
from crossload.errors import ConfigError
from crossload.plan import Case, Cell
from crossload.plan.cells import DEFAULT_ATOL, DEFAULT_RTOL
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
    """The verdict of a load; ``truth`` are labels of the rows, shape (rows,), where there are any."""
    outputs = saved.get("outputs", {})
    truth = _as_predicted(saved, store, truth)
    task = task_of(saved, store, truth)
    # outputs of a member of a dict, or of a sparse matrix, have the role of what they are a part of
    roles = {name: role_of(_method(name), task, {}) for name in outputs}
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
    given = Tolerance(
        metric=builtin_formats()[model.way].metric_tolerance
        if tolerance.metric is None
        else tolerance.metric,
        atol=DEFAULT_ATOL if tolerance.atol is None else tolerance.atol,
        rtol=DEFAULT_RTOL if tolerance.rtol is None else tolerance.rtol,
    )
    known: Mapping[str, Array | None] = {"y_test": truth}
    judging = Judge(
        {"model": recipe},
        lambda _: given,
        lambda _, part: known[part],  # type: ignore[arg-type,return-value]
        store.blobs.arrays,
        store.blobs.state,
    )
    return judging.judge(
        Cell(case, "writer", "reader"),
        {name: v for name, v in saved.items() if name != "kept_train"},
        loaded,
    )


def _as_predicted(saved: Record, store: Store, truth: Array | None) -> Array | None:
    """Labels in the form in which predictions are recorded: floating-point ones that are not whole are texts there."""
    if truth is None or truth.dtype.kind not in "biuf" or saved.get("tasks") != {"": "classifier"}:
        return truth
    predicted = store.blobs.arrays(saved["kept"]).get("predict")
    if predicted is None or predicted.dtype.kind != "U":
        return truth
    texts = np.array([repr(float(each)) for each in truth])
    return texts if np.isin(texts, predicted).any() else truth


def _method(output: str) -> str:
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
    """The task by which metrics are computed; ``object`` where there are no labels, or several models in one file.

    Raises `ConfigError` for labels that are not what the model predicts.
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
    if "call" in arrays and "predict" not in arrays:
        whole = truth.dtype.kind in "biu" or (
            truth.dtype.kind == "f" and (truth == np.round(truth)).all()
        )
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
        return (
            "binary"
            if predicted.dtype.kind in "biu" and set(np.unique(truth).tolist()) == {0, 1}
            else "multiclass"
        )
    return "regression" if tasks[""] == "regressor" and predicted.ndim == 1 else "object"
