"""Metrics of recorded outputs, all with the driver's one scikit-learn, so that none differs because its code did."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

Array = np.ndarray[Any, Any]

_ROLES: dict[str, dict[str | None, str]] = {
    "predict": {"regression": "values", None: "labels"},
    "predict_proba": {None: "proba"},
    "decision_function": {None: "score"},
    "transform": {None: "values"},
    "call": {"binary": "proba", "multiclass": "proba", "outlier": "score", None: "values"},
}


def role_of(output: str, task: str, roles: Mapping[str, str]) -> str:
    """What an output is: labels, proba, score or values; told by the recipe, else by its name and the task."""
    if output in roles:
        return roles[output]
    by_task = _ROLES.get(output, {})
    return by_task.get(task) or by_task.get(None, "values")


def labels_of(task: str, outputs: Mapping[str, Array], roles: Mapping[str, str]) -> Array | None:
    """Predicted labels, shape (rows,): as recorded, else from probabilities; None where there are none."""
    by_role = {role_of(name, task, roles): array for name, array in outputs.items()}
    if "labels" in by_role:
        return by_role["labels"].ravel()
    proba = by_role.get("proba")
    if proba is None or task not in ("binary", "multiclass"):
        return None
    if proba.ndim == 1 or proba.shape[1] == 1:
        return (proba.ravel() > 0.5).astype("int64")
    return np.asarray(proba.argmax(axis=1))


def compute_metrics(task: str, truth: Array, outputs: Mapping[str, Array], roles: Mapping[str, str]) -> dict[str, float]:
    """Metrics of one set of outputs against the held-out truth, shape (rows,).

    Classification: accuracy, precision, recall, f1 (of class 1 in binary tasks, macro otherwise), log_loss, and in binary
    tasks tp, fp, fn, tn.  Regression: r2, mae, rmse, max_error.  Other tasks have no truth, and so no metrics.
    Outputs that are not finite, or of another number of rows, give NaN.
    """
    if task in ("binary", "multiclass"):
        return _classification(task, truth, outputs, roles)
    if task == "regression":
        return _regression(truth, outputs, roles)
    return {}


def confusion(task: str, truth: Array, outputs: Mapping[str, Array], roles: Mapping[str, str]) -> list[list[int]] | None:
    """Confusion matrix, rows true and columns predicted classes; None for other tasks or foreign labels."""
    from sklearn.metrics import confusion_matrix  # noqa: PLC0415 - see _classification

    labels = labels_of(task, outputs, roles)
    if task not in ("binary", "multiclass") or labels is None or len(labels) != len(truth):
        return None
    classes = np.unique(truth)
    if not np.isin(labels, classes).all():
        return None
    return [[int(count) for count in row] for row in confusion_matrix(truth, labels, labels=classes)]


def _classification(task: str, truth: Array, outputs: Mapping[str, Array], roles: Mapping[str, str]) -> dict[str, float]:
    # scikit-learn takes a second to import, which a run that measured nothing does without
    from sklearn.metrics import accuracy_score, log_loss, precision_recall_fscore_support  # noqa: PLC0415

    names = ["accuracy", "precision", "recall", "f1"]
    found = dict.fromkeys([*names, "log_loss"], float("nan"))
    labels = labels_of(task, outputs, roles)
    if labels is not None and len(labels) == len(truth) and labels.dtype.kind in "biuU":
        average = "binary" if task == "binary" else "macro"
        precision, recall, f1, _ = precision_recall_fscore_support(truth, labels, average=average, zero_division=0)
        found |= zip(names, (float(accuracy_score(truth, labels)), float(precision), float(recall), float(f1)), strict=True)
        matrix = confusion(task, truth, outputs, roles)
        if task == "binary" and matrix is not None:
            (tn, fp), (fn, tp) = matrix
            found |= {"tp": float(tp), "fp": float(fp), "fn": float(fn), "tn": float(tn)}
    proba = next((a for name, a in outputs.items() if role_of(name, task, roles) == "proba"), None)
    if proba is None:
        del found["log_loss"]
    elif len(proba) == len(truth) and np.isfinite(proba).all():
        rows = np.asarray(proba, dtype="float64").reshape(len(truth), -1)
        rows = np.hstack([1 - rows, rows]) if rows.shape[1] == 1 else rows
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # rows that do not sum to one are what is being measured
            classes = np.unique(truth)
            if rows.shape[1] == len(classes):
                found["log_loss"] = float(log_loss(truth, np.clip(rows, 1e-15, 1), labels=classes))
    return found


def _regression(truth: Array, outputs: Mapping[str, Array], roles: Mapping[str, str]) -> dict[str, float]:
    from sklearn import metrics  # noqa: PLC0415 - see _classification

    values = next((a for name, a in outputs.items() if role_of(name, "regression", roles) == "values"), None)
    names = ("r2", "mae", "rmse", "max_error")
    if values is None or values.size != truth.size or not np.isfinite(values).all():
        return dict.fromkeys(names, float("nan"))
    flat = np.asarray(values, dtype="float64").ravel()
    return {
        "r2": float(metrics.r2_score(truth, flat)),
        "mae": float(metrics.mean_absolute_error(truth, flat)),
        "rmse": float(np.sqrt(metrics.mean_squared_error(truth, flat))),
        "max_error": float(metrics.max_error(truth, flat)),
    }
