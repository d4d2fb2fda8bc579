"""Metrics of recorded outputs, all computed with the driver's one scikit-learn.

Pinned environments record predictions only.  Were each to compute its own metrics, a metric could
differ because its implementation did: the smallest probability that `log_loss` knows, for one, is
another since scikit-learn 1.2 (https://github.com/scikit-learn/scikit-learn/pull/24354).
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.verdict.probabilities import no_probabilities

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
"""Role of an output by its name and the task; under None for all other tasks."""

_SMALLEST_PROBABILITY = 1e-15


def role_of(output: str, task: str, roles: Mapping[str, str]) -> str:
    """Find the role of an output: labels, proba, score or values.

    Parameters
    ----------
    output
        Name of the output, such as ``predict_proba``; ``call`` is a Keras model's only one.
    task
        Task of the recipe, such as ``binary``.
    roles
        Roles by output that the recipe states; they come before what the name says.
    """
    if output in roles:
        return roles[output]
    by_task = _ROLES.get(output, {})
    return by_task.get(task) or by_task.get(None, "values")


def labels_of(task: str, outputs: Mapping[str, Array], roles: Mapping[str, str]) -> Array | None:
    """Find the predicted labels: as recorded, else the most probable class.

    Returns
    -------
    numpy.ndarray or None
        Shape (rows,); None where there are neither labels nor probabilities.
    """
    by_role = {role_of(name, task, roles): array for name, array in outputs.items()}
    if "labels" in by_role:
        return by_role["labels"].ravel()
    proba = by_role.get("proba")
    if proba is None or task not in ("binary", "multiclass"):
        return None
    if proba.ndim == 1 or proba.shape[1] == 1:
        # one column is the probability of class 1, as a network with a single sigmoid gives it
        return (proba.ravel() > 0.5).astype("int64")
    return np.asarray(proba.argmax(axis=1))


def is_numeric(values: Array) -> bool:
    """Tell whether an output has real numbers, and no text."""
    return values.dtype.kind in "biuf"


def are_comparable(a: Array, b: Array) -> bool:
    """Tell whether labels are of one kind: text and numbers are never equal."""
    return (a.dtype.kind in "US") == (b.dtype.kind in "US")


def _predicted(
    task: str, truth: Array, outputs: Mapping[str, Array], roles: Mapping[str, str]
) -> Array | None:
    """Find the predicted labels in the words of the truth; None where there are none to count."""
    labels = labels_of(task, outputs, roles)
    if labels is None or len(labels) != len(truth) or labels.dtype.kind not in "biuU":
        # labels that are floats are left out: fractions are no classes for scikit-learn, which
        # raises
        return None
    classes = np.unique(truth)
    recorded = any(role_of(name, task, roles) == "labels" for name in outputs)
    if not recorded and truth.dtype.kind == "U":
        # columns of probabilities are in the order of the sorted classes
        return classes[labels] if labels.max(initial=0) < len(classes) else None
    return labels if are_comparable(labels, truth) else None


def compute_metrics(
    task: str, truth: Array, outputs: Mapping[str, Array], roles: Mapping[str, str]
) -> dict[str, float]:
    """Compute the metrics of one set of outputs against the held-out truth.

    Parameters
    ----------
    task
        ``binary``, ``multiclass``, ``regression``, ``clustering``; others have no metrics here.
    truth
        Labels or targets, shape (rows,).
    outputs
        Recorded outputs by name; shape (rows,) or (rows, classes).
    roles
        Roles of outputs that the recipe states, see `role_of`.

    Returns
    -------
    dict
        Classification: accuracy, precision, recall, f1 (of class 1 in binary tasks; macro, and
        ``recall[2]`` for each class, otherwise; of two texts the last one is class 1), log_loss
        where there are probabilities (NaN where they are none, see `no_probabilities`), roc_auc
        where there are probabilities or scores, and in binary tasks tp, fp, fn, tn.  Regression:
        r2, mae, rmse, max_error.  Clustering: inertia, where distances to the centres are recorded.
        Outputs that are not finite, or of another number of rows, give NaN.
    """
    if task in ("binary", "multiclass"):
        return _classification(task, truth, outputs, roles)
    if task == "regression":
        return _regression(truth, outputs, roles)
    if task == "clustering" and "transform" in outputs and is_numeric(outputs["transform"]):
        # the transform of KMeans is the distance to each centre, of which inertia sums the squares
        nearest = np.min(np.asarray(outputs["transform"], dtype="float64"), axis=1)
        return {"inertia": float((nearest**2).sum())}
    return {}


def confusion(
    task: str, truth: Array, outputs: Mapping[str, Array], roles: Mapping[str, str]
) -> list[list[int]] | None:
    """Count predicted classes by true class.

    Returns
    -------
    list or None
        Rows are true, columns predicted classes, both sorted; None for other tasks, and where a
        label is predicted that the truth does not know: it would have no column.
    """
    from sklearn.metrics import confusion_matrix  # noqa: PLC0415 - see _classification

    if task not in ("binary", "multiclass"):
        return None
    labels = _predicted(task, truth, outputs, roles)
    if labels is None:
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
    from sklearn.metrics import (  # noqa: PLC0415 - see above
        accuracy_score,
        precision_recall_fscore_support,
    )

    names = ["accuracy", "precision", "recall", "f1"]
    found = dict.fromkeys([*names, "log_loss", "roc_auc"], float("nan"))
    labels = _predicted(task, truth, outputs, roles)
    if labels is not None:
        # the class by name, because average="binary" raises for texts, and for a third label
        only = [_positive(truth)] if task == "binary" else None
        # zero_division=0: a class that is never predicted has no precision.  The default gives 0
        # too, with a warning that would be said of every cell.  The macro mean includes labels
        # that only the predictions have (https://github.com/scikit-learn/scikit-learn/issues/10573),
        # so a foreign label lowers it.
        precision, recall, f1, _ = precision_recall_fscore_support(
            truth, labels, labels=only, average="macro", zero_division=0
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
    elif len(proba) == len(truth) and not no_probabilities(proba):
        found["log_loss"] = _log_loss(truth, proba)
    return found


def _positive(truth: Array) -> Any:
    """Find the positive class of a binary task: 1 where it is one, else the last when sorted."""
    classes = np.unique(truth)
    if classes.dtype.kind in "biuf" and (classes == 1).any():
        return classes[classes == 1][0]
    return classes[-1]


def _log_loss(truth: Array, proba: Array) -> float:
    """Log loss of probabilities; NaN where there is not one column a class."""
    from sklearn.metrics import log_loss  # noqa: PLC0415 - see _classification

    # scikit-learn takes its bound from the type: 32-bit floats would be clipped far earlier
    rows = np.asarray(proba, dtype="float64").reshape(len(truth), -1)
    rows = np.hstack([1 - rows, rows]) if rows.shape[1] == 1 else rows
    classes = np.unique(truth)
    if rows.shape[1] != len(classes):
        return float("nan")
    with warnings.catch_warnings():
        # scikit-learn warns since 1.3 of rows that are rounded and so do not sum to one
        # (https://github.com/scikit-learn/scikit-learn/pull/25299)
        warnings.simplefilter("ignore")
        # one row of probability 0 for the true class would make the loss infinite, before and
        # after, and hide any other drift; 1e-15 was scikit-learn's own bound before 1.2.  Values
        # above 1 would be refused.
        clipped = np.clip(rows, _SMALLEST_PROBABILITY, 1)
        return float(log_loss(truth, clipped, labels=classes))


def _roc_auc(task: str, truth: Array, scores: Array) -> float:
    """Area under the ROC curve; one against the rest, macro, for more than two classes.

    NaN where it is not defined.
    """
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415 - see _classification

    if not is_numeric(scores):
        return float("nan")
    rows, classes = np.asarray(scores, dtype="float64").reshape(len(scores), -1), np.unique(truth)
    # of a single class scikit-learn raises, or warns and gives a number, by its release
    # (https://github.com/scikit-learn/scikit-learn/pull/27412, .../pull/30103)
    if len(rows) != len(truth) or len(classes) < 2 or not np.isfinite(rows).all():
        return float("nan")
    if task == "binary":
        # of two columns the last one is that of class 1
        return (
            float(roc_auc_score(truth == classes[-1], rows[:, -1]))
            if rows.shape[1] <= 2
            else float("nan")
        )
    if rows.shape[1] != len(classes):
        return float("nan")
    # the mean by hand: multi_class="ovr" refuses rows that do not sum to one, and so neither
    # decision functions nor damaged models would have an area
    return float(np.mean([roc_auc_score(truth == c, rows[:, i]) for i, c in enumerate(classes)]))


def _regression(
    truth: Array, outputs: Mapping[str, Array], roles: Mapping[str, str]
) -> dict[str, float]:
    from sklearn import metrics  # noqa: PLC0415 - see _classification

    values = next(
        (a for name, a in outputs.items() if role_of(name, "regression", roles) == "values"), None
    )
    names = ("r2", "mae", "rmse", "max_error")
    if values is None or values.size != truth.size or not is_numeric(values):
        return dict.fromkeys(names, float("nan"))
    if not np.isfinite(values).all():
        return dict.fromkeys(names, float("nan"))
    flat = np.asarray(values, dtype="float64").ravel()
    return {
        "r2": float(metrics.r2_score(truth, flat)),
        "mae": float(metrics.mean_absolute_error(truth, flat)),
        # the root by hand: mean_squared_error(squared=False) went away with scikit-learn 1.6
        # (https://github.com/scikit-learn/scikit-learn/pull/29992)
        "rmse": float(np.sqrt(metrics.mean_squared_error(truth, flat))),
        "max_error": float(metrics.max_error(truth, flat)),
    }
