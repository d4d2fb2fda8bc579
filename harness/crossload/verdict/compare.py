"""Distance between two recordings of one output."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

QUANTILES = 21
"""How many quantiles of the differences are kept: enough to draw how they are spread."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Distance:
    """How far an output moved."""

    max_abs: float
    """Largest absolute difference; infinity where one side is not a number, or the forms differ."""
    max_rel: float
    mean_abs: float
    median_abs: float
    p99_abs: float
    """99th percentile of the absolute differences; mean, median and this are of all values of the output."""
    mean_rel: float
    median_rel: float
    p99_rel: float
    changed: int
    """Number of values outside the tolerance (text and labels: of values that differ at all)."""
    size: int
    form: str = ""
    """What else differs: shape or type; empty where they are the same."""
    exact: bool = False
    """Labels, counts, text: how far apart two of them are says nothing, only that they differ."""
    quantiles: tuple[float, ...] = ()
    """Absolute differences at 0, 5, ... 100 % of the values; empty where there are none to compare."""

    @property
    def within(self) -> bool:
        return self.changed == 0


def compare(before: Array, after: Array, *, atol: float, rtol: float) -> Distance:
    """Compare two arrays value by value.

    NaN equals NaN and an infinity the same infinity, nothing else.  Text, booleans and integers are compared exactly.
    Another shape is never within tolerance; another type of the same kind is named, and judged by its values.
    """
    if before.shape != after.shape:
        form = f"shape {before.shape} became {after.shape}"
        return _incomparable(before, form)
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
    return _distance(gap, relative, int(far.sum()), form)


def _exact(before: Array, after: Array, form: str) -> Distance:
    numbers = before.dtype.kind in "biu" and after.dtype.kind in "biuf"
    if not numbers and before.dtype.kind != after.dtype.kind:
        return _incomparable(before, form)
    differs = before != after
    gap = (
        np.abs(before.astype("float64") - after.astype("float64"))
        if numbers
        else differs.astype("float64")
    )
    return replace(_distance(gap, gap, int(differs.sum()), form), exact=True, quantiles=())


def _distance(gap: Array, relative: Array, changed: int, form: str) -> Distance:
    (max_abs, mean_abs, median_abs, p99_abs), (max_rel, mean_rel, median_rel, p99_rel) = map(
        _statistics, (gap, relative)
    )
    comparable = gap.size and np.isfinite(gap).all()
    quantiles = (
        np.quantile(gap, np.linspace(0, 1, QUANTILES), method="higher").tolist()
        if comparable
        else ()
    )
    return Distance(
        max_abs=max_abs,
        max_rel=max_rel,
        mean_abs=mean_abs,
        median_abs=median_abs,
        p99_abs=p99_abs,
        mean_rel=mean_rel,
        median_rel=median_rel,
        p99_rel=p99_rel,
        changed=changed,
        size=gap.size,
        form=form,
        quantiles=tuple(quantiles),
    )


def _statistics(values: Array) -> tuple[float, float, float, float]:
    """Maximum, mean, median and 99th percentile (the next higher value, so that an infinity stays one)."""
    if not values.size:
        return 0.0, 0.0, 0.0, 0.0
    with np.errstate(over="ignore"):  # a mean of enormous values may be infinite
        median, p99 = np.quantile(values, [0.5, 0.99], method="higher")
        return float(values.max()), float(values.mean()), float(median), float(p99)


def _incomparable(before: Array, form: str) -> Distance:
    """The distance between forms that have none."""
    far = np.full(max(before.size, 1), np.inf)
    return _distance(far, far, max(before.size, 1), form)
