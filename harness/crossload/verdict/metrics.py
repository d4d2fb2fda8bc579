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


def compute_metrics(
    task: str, truth: Array, outputs: Mapping[str, Array], roles: Mapping[str, str]
) -> dict[str, float]:
    """Metrics of one set of outputs against the held-out truth, shape (rows,).

    Classification: accuracy, precision, recall, f1 (of class 1 in binary tasks; macro, and ``recall[2]`` for each class,
    otherwise), log_loss and roc_auc where there are probabilities or scores, and in binary tasks tp, fp, fn, tn.
    Regression: r2, mae, rmse, max_error.  Clustering: inertia, where distances to the centres are recorded.
    Outputs that are not finite, or of another number of rows, give NaN.
    """
    if task in ("binary", "multiclass"):
        return _classification(task, truth, outputs, roles)
    if task == "regression":
        return _regression(truth, outputs, roles)
    if task == "clustering" and "transform" in outputs:
        nearest = np.min(np.asarray(outputs["transform"], dtype="float64"), axis=1)
        return {"inertia": float((nearest**2).sum())}
    return {}


def agreement_metrics(
    task: str, before: Mapping[str, Array], after: Mapping[str, Array], roles: Mapping[str, str]
) -> dict[str, float]:
    """Metrics of the outputs after loading against those before saving, for tasks that have no truth; equal gives 1.

    Clustering: adjusted_rand of the labels.  Outliers: label_agreement.  Transformers: cosine, the smallest cosine
    similarity of a row before and after.  Outputs of another form give NaN.
    """
    if task == "transform":
        a, b = _values(before, roles), _values(after, roles)
        return {"cosine": _least_cosine(a, b)} if a is not None and b is not None else {}
    if task not in ("clustering", "outlier"):
        return {}
    labels, found = labels_of(task, before, roles), labels_of(task, after, roles)
    if labels is None or found is None:
        return {}
    name = "adjusted_rand" if task == "clustering" else "label_agreement"
    if labels.shape != found.shape or not len(labels):
        return {name: float("nan")}
    if task == "outlier":
        return {name: float((labels == found).mean())}
    from sklearn.metrics import adjusted_rand_score  # noqa: PLC0415 - see _classification

    return {name: float(adjusted_rand_score(labels, found))}


def _values(outputs: Mapping[str, Array], roles: Mapping[str, str]) -> Array | None:
    return next(
        (a for name, a in outputs.items() if role_of(name, "transform", roles) == "values"), None
    )


def _least_cosine(before: Array, after: Array) -> float:
    if (
        before.shape != after.shape
        or before.dtype.kind not in "biuf"
        or after.dtype.kind not in "biuf"
        or not before.size
    ):
        return float("nan")
    a = np.asarray(before, dtype="float64").reshape(len(before), -1)
    b = np.asarray(after, dtype="float64").reshape(len(after), -1)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = np.where(
            norms > 0, (a * b).sum(axis=1) / norms, np.where((a == b).all(axis=1), 1.0, 0.0)
        )
    return float(cosine.min())


def confusion(
    task: str, truth: Array, outputs: Mapping[str, Array], roles: Mapping[str, str]
) -> list[list[int]] | None:
    """Confusion matrix, rows true and columns predicted classes; None for other tasks or foreign labels."""
    from sklearn.metrics import confusion_matrix  # noqa: PLC0415 - see _classification

    labels = labels_of(task, outputs, roles)
    if task not in ("binary", "multiclass") or labels is None or len(labels) != len(truth):
        return None
    classes = np.unique(truth)
    if not np.isin(labels, classes).all():
        return None
    return [
        [int(count) for count in row] for row in confusion_matrix(truth, labels, labels=classes)
    ]


def _classification(
    task: str, truth: Array, outputs: Mapping[str, Array], roles: Mapping[str, str]
) -> dict[str, float]:
    # scikit-learn takes a second to import, which a run that measured nothing does without
    from sklearn.metrics import accuracy_score, log_loss, precision_recall_fscore_support  # noqa: PLC0415

    names = ["accuracy", "precision", "recall", "f1"]
    found = dict.fromkeys([*names, "log_loss", "roc_auc"], float("nan"))
    labels = labels_of(task, outputs, roles)
    if labels is not None and len(labels) == len(truth) and labels.dtype.kind in "biuU":
        average = "binary" if task == "binary" else "macro"
        precision, recall, f1, _ = precision_recall_fscore_support(
            truth, labels, average=average, zero_division=0
        )
        found |= zip(
            names,
            (float(accuracy_score(truth, labels)), float(precision), float(recall), float(f1)),
            strict=True,
        )
        matrix = confusion(task, truth, outputs, roles)
        if task == "binary" and matrix is not None and len(matrix) == 2:
            (tn, fp), (fn, tp) = matrix
            found |= {"tp": float(tp), "fp": float(fp), "fn": float(fn), "tn": float(tn)}
        elif task == "multiclass":
            classes = np.unique(truth)
            each = precision_recall_fscore_support(
                truth, labels, labels=classes, average=None, zero_division=0
            )
            for name, values in zip(names[1:], each[:3], strict=True):
                found |= {
                    f"{name}[{c}]": float(value) for c, value in zip(classes, values, strict=True)
                }
    proba = next((a for name, a in outputs.items() if role_of(name, task, roles) == "proba"), None)
    score = next((a for name, a in outputs.items() if role_of(name, task, roles) == "score"), proba)
    if score is None:
        del found["roc_auc"]
    else:
        found["roc_auc"] = _roc_auc(task, truth, score if proba is None else proba)
    if proba is None:
        del found["log_loss"]
    elif len(proba) == len(truth) and np.isfinite(proba).all():
        rows = np.asarray(proba, dtype="float64").reshape(len(truth), -1)
        rows = np.hstack([1 - rows, rows]) if rows.shape[1] == 1 else rows
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # rows that do not sum to one are what is being measured
            classes = np.unique(truth)
            if rows.shape[1] == len(classes):
                found["log_loss"] = float(log_loss(truth, np.clip(rows, 1e-15, 1), labels=classes))
    return found


def _roc_auc(task: str, truth: Array, scores: Array) -> float:
    """Area under the ROC curve; one against the rest, macro, for more than two classes; NaN where it is not defined."""
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415 - see _classification

    rows, classes = np.asarray(scores, dtype="float64").reshape(len(scores), -1), np.unique(truth)
    if len(rows) != len(truth) or len(classes) < 2 or not np.isfinite(rows).all():
        return float("nan")
    if task == "binary":
        return float(roc_auc_score(truth, rows[:, -1])) if rows.shape[1] <= 2 else float("nan")
    if rows.shape[1] != len(classes):
        return float("nan")
    return float(np.mean([roc_auc_score(truth == c, rows[:, i]) for i, c in enumerate(classes)]))


def _regression(
    truth: Array, outputs: Mapping[str, Array], roles: Mapping[str, str]
) -> dict[str, float]:
    from sklearn import metrics  # noqa: PLC0415 - see _classification

    values = next(
        (a for name, a in outputs.items() if role_of(name, "regression", roles) == "values"), None
    )
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
