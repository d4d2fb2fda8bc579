"""Metrics of outputs after loading against those before, for tasks without a truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.verdict.metrics import are_comparable, is_numeric, labels_of, role_of

if TYPE_CHECKING:
    from collections.abc import Mapping

Array = np.ndarray[Any, Any]


def agreement_metrics(
    task: str, before: Mapping[str, Array], after: Mapping[str, Array], roles: Mapping[str, str]
) -> dict[str, float]:
    """Compute metrics of outputs after loading against those before, for tasks without a truth.

    Parameters
    ----------
    task
        ``clustering``, ``outlier`` or ``transform``; others give no metrics.
    before, after
        Recorded outputs by name.
    roles
        Roles of outputs that the recipe states, see `role_of`.

    Returns
    -------
    dict
        1 where both are equal.  Clustering: adjusted_rand of the labels.  Outliers:
        label_agreement.  Transformers: cosine, the smallest cosine similarity of a row before and
        after.  Outputs of another form give NaN.
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
    if labels.shape != found.shape or not len(labels) or not are_comparable(labels, found):
        return {name: float("nan")}
    if task == "outlier":
        return {name: float((labels == found).mean())}
    from sklearn.metrics import adjusted_rand_score  # noqa: PLC0415 - it takes a second

    return {name: float(adjusted_rand_score(labels, found))}


def _values(outputs: Mapping[str, Array], roles: Mapping[str, str]) -> Array | None:
    return next(
        (a for name, a in outputs.items() if role_of(name, "transform", roles) == "values"), None
    )


def _least_cosine(before: Array, after: Array) -> float:
    """Find the smallest cosine similarity of a row before and after: no mean hides a lost row."""
    if (
        before.shape != after.shape
        or not is_numeric(before)
        or not is_numeric(after)
        or not before.size
    ):
        return float("nan")
    a = np.asarray(before, dtype="float64").reshape(len(before), -1)
    b = np.asarray(after, dtype="float64").reshape(len(after), -1)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        # a row of zeros has no direction; two of them are equal all the same (sparse text features
        # of a document without known words)
        cosine = np.where(
            norms > 0, (a * b).sum(axis=1) / norms, np.where((a == b).all(axis=1), 1.0, 0.0)
        )
    return float(cosine.min())
