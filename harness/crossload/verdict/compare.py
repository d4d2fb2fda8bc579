"""The distance between two recordings of one output, such as before saving and after loading."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

QUANTILES = 21
"""Number of quantiles of the differences that are kept: enough to draw how they are spread."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Distance:
    """The distance of an output from its recording before saving."""

    max_abs: float
    """Largest absolute difference; infinite where one side is not a number, or the forms differ."""
    max_rel: float
    mean_abs: float
    median_abs: float
    p99_abs: float
    """99th percentile of the absolute differences; as mean and median, of all values."""
    mean_rel: float
    median_rel: float
    p99_rel: float
    changed: int
    """Number of values outside the tolerance (text and labels: of values that differ at all)."""
    size: int
    form: str = ""
    """Difference of shape or type in words; empty where they are the same."""
    exact: bool = False
    """True for labels, counts and text: that two differ says something, how far does not."""
    quantiles: tuple[float, ...] = ()
    """Absolute differences at 0, 5, ... 100 % of the values; empty where none can be compared."""

    @property
    def within(self) -> bool:
        """True if no value is outside the tolerance."""
        return self.changed == 0


def compare(before: Array, after: Array, *, atol: float, rtol: float) -> Distance:
    """Compare two arrays value by value.

    NaN equals NaN and an infinity the same infinity, nothing else.  Text, booleans and integers
    are compared exactly.

    Parameters
    ----------
    before, after
        The same output before saving and after loading, of any shape and type.
    atol, rtol
        A value may move by ``atol + rtol * abs(before)``.  The tolerance is relative to the value
        before saving, so it does not grow with what a damaged model answers.

    Returns
    -------
    Distance
        Statistics of the differences.  Another shape is never within tolerance; another type of
        the same kind is named in `Distance.form`, and judged by its values.

    Notes
    -----
    The usual tolerances (1e-6 and 1e-5, `crossload.plan.cells`) leave room for some roundings of
    32-bit floats, whose machine epsilon is 1.2e-7: another order of the same sum moves values by
    a few of them, and no library promises an order
    (https://github.com/numpy/numpy/issues/25100,
    https://github.com/tensorflow/tensorflow/issues/56529).  Probabilities near zero need the
    absolute part, large values the relative one.
    """
    if before.shape != after.shape:
        form = f"shape {before.shape} became {after.shape}"
        return _incomparable(before, form)
    form = "" if before.dtype == after.dtype else f"type {before.dtype} became {after.dtype}"
    if before.dtype.kind not in "fc" or after.dtype.kind not in "fc":
        return _exact(before, after, form)
    # the difference of two 16- or 32-bit floats is rounded, and may overflow, in their own type
    wide = "complex128" if "c" in (before.dtype.kind, after.dtype.kind) else "float64"
    a, b = before.astype(wide), after.astype(wide)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        # equal infinities are compared before they are subtracted: inf - inf is NaN
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        gap = np.where(same, 0.0, np.abs(a - b))
        # NaN on one side only: infinitely far, because comparisons with NaN are false and it would
        # count as within the tolerance
        gap = np.where(np.isfinite(gap), gap, np.inf)
        relative = np.where(gap == 0, 0.0, gap / np.abs(a))
    # an infinite value before saving must not make its own tolerance infinite
    far = gap > atol + rtol * np.where(np.isfinite(a), np.abs(a), 0.0)
    return _distance(gap, relative, int(far.sum()), form)


def _exact(before: Array, after: Array, form: str) -> Distance:
    """Compare text, booleans, integers, and integers that became floats."""
    # labels 0 and 1 may come back as 0.0 and 1.0: another type, the same answers
    numbers = before.dtype.kind in "biu" and after.dtype.kind in "biuf"
    if not numbers and before.dtype.kind != after.dtype.kind:
        return _incomparable(before, form)
    differs = before != after
    # unsigned integers would wrap around below zero, and NumPy subtracts no booleans
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
    """Maximum, mean, median and 99th percentile of some differences."""
    if not values.size:
        return 0.0, 0.0, 0.0, 0.0
    with np.errstate(over="ignore"):  # a mean of enormous values may be infinite
        # no interpolation: between a number and an infinity it gives NaN, which hides the damage
        # (https://github.com/numpy/numpy/issues/21091)
        median, p99 = np.quantile(values, [0.5, 0.99], method="higher")
        return float(values.max()), float(values.mean()), float(median), float(p99)


def _incomparable(before: Array, form: str) -> Distance:
    """Give the distance of forms that cannot be compared: infinite for every value."""
    # at least one changed value, so that an empty array of another shape is not within tolerance
    far = np.full(max(before.size, 1), np.inf)
    return _distance(far, far, max(before.size, 1), form)
