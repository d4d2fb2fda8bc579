"""Tells probabilities from numbers that only stand in their place."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_ROUNDED = 0.01
"""How far probabilities may be from a sum of 1, and outside of 0 to 1, by rounding."""


def no_probabilities(proba: Array) -> str:
    """Say why an output is none of probabilities; empty where it is.

    Trees of scikit-learn before 1.3 that are loaded in later versions give counts of samples
    (https://github.com/scikit-learn/scikit-learn/issues/28229).

    Parameters
    ----------
    proba
        Shape (rows,), (rows, 1) with the probability of class 1, or (rows, classes).
    """
    if proba.dtype.kind not in "biuf":
        return f"values of type {proba.dtype}"
    if not proba.size:
        return ""
    rows = np.asarray(proba, dtype="float64").reshape(len(proba), -1)
    if not np.isfinite(rows).all():
        return "values that are not finite"
    least, most = float(rows.min()), float(rows.max())
    # probabilities of 16-bit networks are rounded to three digits
    if least < -_ROUNDED or most > 1 + _ROUNDED:
        return f"values from {least:.3g} to {most:.3g}"
    sums = rows.sum(axis=1)
    if rows.shape[1] > 1 and np.abs(sums - 1).max() > _ROUNDED:
        return f"rows that sum to {sums.min():.3g} to {sums.max():.3g}"
    return ""
