"""Distance between two recordings of one output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Distance:
    """How far an output moved."""

    max_abs: float
    """Largest absolute difference; infinity where one side is not a number, or the forms differ."""
    max_rel: float
    changed: int
    """Number of values outside the tolerance (text and labels: of values that differ at all)."""
    size: int
    form: str = ""
    """What else differs: shape or type; empty where they are the same."""

    @property
    def within(self) -> bool:
        return self.changed == 0 and not self.form.startswith("shape")


def compare(before: Array, after: Array, *, atol: float, rtol: float) -> Distance:
    """Compare two arrays value by value.

    NaN equals NaN and an infinity the same infinity, nothing else.  Text, booleans and integers are compared exactly.
    Another shape is never within tolerance; another type of the same kind is named, and judged by its values.
    """
    if before.shape != after.shape:
        form = f"shape {before.shape} became {after.shape}"
        return Distance(max_abs=float("inf"), max_rel=float("inf"), changed=before.size, size=before.size, form=form)
    form = "" if before.dtype == after.dtype else f"type {before.dtype} became {after.dtype}"
    if before.dtype.kind not in "fc" or after.dtype.kind not in "fc":
        return _exact(before, after, form)
    wide = "complex128" if "c" in (before.dtype.kind, after.dtype.kind) else "float64"
    a, b = before.astype(wide), after.astype(wide)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        gap = np.where(same, 0.0, np.abs(a - b))
        gap = np.where(np.isfinite(gap), gap, np.inf)
        relative = np.where(gap == 0, 0.0, gap / np.abs(a))
    far = gap > atol + rtol * np.where(np.isfinite(a), np.abs(a), 0.0)
    return Distance(
        max_abs=float(gap.max(initial=0.0)),
        max_rel=float(relative.max(initial=0.0)),
        changed=int(far.sum()),
        size=a.size,
        form=form,
    )


def _exact(before: Array, after: Array, form: str) -> Distance:
    numbers = before.dtype.kind in "biu" and after.dtype.kind in "biuf"
    if not numbers and before.dtype.kind != after.dtype.kind:
        return Distance(max_abs=float("inf"), max_rel=float("inf"), changed=before.size, size=before.size, form=form)
    differs = before != after
    gap = np.abs(before.astype("float64") - after.astype("float64")) if numbers else differs.astype("float64")
    largest = float(gap.max(initial=0.0))
    return Distance(max_abs=largest, max_rel=largest, changed=int(differs.sum()), size=before.size, form=form)
