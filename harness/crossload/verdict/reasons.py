"""Reasons of verdicts in words: the metrics that moved, and what else moved.

Words only: `crossload.verdict.judge` decides what they are said of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from crossload.verdict.metrics import are_comparable, labels_of, role_of
from crossload.verdict.probabilities import no_probabilities

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crossload.plan import Cell
    from crossload.verdict.compare import Distance
    from crossload.verdict.state_change import StateChange
    from crossload.worker.contract import Recipe

Array = np.ndarray[Any, Any]

_COUNTS = ("tp", "fp", "fn", "tn")


class MetricDrift(NamedTuple):
    """The change of one metric from before saving to after loading."""

    name: str
    change: float
    """Signed, after minus before; infinite where one of the two is not a number."""
    excess: float
    """Absolute change in units of what is allowed: beyond 1 it is too far."""


def allowed_change(name: str, before: float, tolerance: float) -> float:
    """Compute how far a metric may move from its value before saving.

    Nothing for counts of the confusion matrix: one row that changes sides is another model.  Else
    the tolerance, times the metric where that is above one: errors have the unit of the target.
    """
    return (
        0.0
        if name in _COUNTS
        else tolerance * (max(1.0, abs(before)) if not np.isnan(before) else 1.0)
    )


def metric_drifts(
    before: Mapping[str, float], after: Mapping[str, float], tolerance: float
) -> list[MetricDrift]:
    """List the metrics that moved, the worst first.

    Counts of the confusion matrix must be equal.  Metrics in the unit of the target (errors, the
    loss) are judged relative to their size where that is above one.

    Parameters
    ----------
    before, after
        Metrics by name; one that is missing on one side is taken for NaN.
    tolerance
        Largest change of a metric that is allowed.

    Returns
    -------
    list
        Empty where all are equal; of those that are too far counts come last.
    """
    found = []
    for name in sorted(set(before) | set(after)):
        a, b = before.get(name, float("nan")), after.get(name, float("nan"))
        if a == b or (np.isnan(a) and np.isnan(b)):
            continue
        # a metric that is no number any more moved as far as one can; NaN would compare as "within"
        change = float("inf") if np.isnan(a) or np.isnan(b) else b - a
        allowed = allowed_change(name, a, tolerance)
        found.append(MetricDrift(name, change, abs(change) / allowed if allowed else float("inf")))
    # nothing is allowed for counts, so their excess is infinite: without the first part of the key
    # they would hide the metric that a reader asks for
    return sorted(found, key=lambda each: (each.name in _COUNTS and each.excess > 1, -each.excess))


def metrics_text(
    drifts: Sequence[MetricDrift], before: Mapping[str, float], after: Mapping[str, float]
) -> str:
    """Name the worst metric with its excess, and the next two that are too far.

    Counts and metrics of single classes are left out of the latter; empty if none is too far.
    """
    far = [each for each in drifts if each.excess > 1]
    if not far:
        return ""
    nan = float("nan")
    texts = [
        f"{each.name} {before.get(each.name, nan):.4g} -> {after.get(each.name, nan):.4g}"
        for each in far
    ]
    times = (
        f"{plain_number(far[0].excess)} times its tolerance"
        if np.isfinite(far[0].excess)
        else "no change allowed"
    )
    others = [
        text
        # counts and single classes repeat what the metrics of all classes say
        for each, text in zip(far[1:], texts[1:], strict=True)
        if each.name not in _COUNTS and "[" not in each.name
    ]
    return ", ".join([f"{texts[0]} ({times})", *others[:2]])


def state_text(change: StateChange, *, drifted: bool) -> str:
    """Explain outputs that moved by the fitted state.

    Equal state: rounding, or another computation by the library where it is a drift.  Another
    value of an array: a damaged model, or one whose layers did not compute anew what they compute
    from their weights.
    """
    if change.equal:
        return "the library computes otherwise" if drifted else "numerics"
    if change.stale:
        return "not computed anew from the weights, which are equal"
    return "damage" if change.differing else "other layout"


def changed_labels_of(
    cell: Cell, recipe: Recipe, before: Mapping[str, Array], after: Mapping[str, Array]
) -> int:
    """Count the held-out rows whose predicted label is another one.

    All of them where their number differs; none for tasks without labels.
    """
    a = labels_of(cell.case.task, before, recipe.roles)
    b = labels_of(cell.case.task, after, recipe.roles)
    # labels that are floats are compared as values: their distance says what moved
    if a is None or b is None or a.dtype.kind == "f":
        return 0
    return int((a != b).sum()) if a.shape == b.shape and are_comparable(a, b) else a.size


def reasons_of(
    cell: Cell, recipe: Recipe, distances: Mapping[str, Distance], changed: int
) -> list[str]:
    """List what moved too far, metrics aside: labels, and values of outputs."""
    found = [f"{changed} labels changed"] if changed else []
    for name, distance in distances.items():
        is_labels = role_of(name, cell.case.task, recipe.roles) == "labels"
        # labels that changed are counted already
        if not distance.within and not (changed and is_labels):
            farthest = plain_number(distance.max_abs)
            moved = f"{distance.changed} of {distance.size} values moved, by {farthest} at most"
            found.append(f"{name}: {distance.form or moved}")
    return found


def lost_probabilities(
    cell: Cell, recipe: Recipe, before: Mapping[str, Array], after: Mapping[str, Array]
) -> list[str]:
    """Name the outputs that should be probabilities and are none, before saving or after loading.

    Returns
    -------
    list
        Such as ``predict_proba gives no probabilities after loading (rows that sum to 3 to 51)``.
    """
    found = []
    if cell.case.task not in ("binary", "multiclass"):
        return []
    for name in before:
        if role_of(name, cell.case.task, recipe.roles) != "proba" or name not in after:
            continue
        sides = [no_probabilities(each[name]) for each in (before, after)]
        when = {(True, False): "before saving", (False, True): "after loading"}.get(
            (bool(sides[0]), bool(sides[1])), "before saving and after loading"
        )
        if any(sides):
            found.append(f"{name} gives no probabilities {when} ({sides[1] or sides[0]})")
    return found


def farthest_of(
    cell: Cell, recipe: Recipe, distances: Mapping[str, Distance]
) -> tuple[float, float]:
    """Find the largest absolute and relative difference of the outputs that are numbers.

    Codes of labels are no numbers: that 3 became 7 does not say that it moved by 4.

    Returns
    -------
    tuple
        Zeros where only labels differ.
    """
    # other tasks predict values under the same name
    labelled = cell.case.task in ("binary", "multiclass", "clustering", "outlier")
    numbers = [
        each
        for name, each in distances.items()
        if not (labelled and role_of(name, cell.case.task, recipe.roles) == "labels")
    ]
    return (
        max((each.max_abs for each in numbers), default=0.0),
        max((each.max_rel for each in numbers), default=0.0),
    )


def numerics(distances: Mapping[str, Distance]) -> str:
    """Say how far outputs moved that are within tolerance."""
    largest = max(distances.items(), key=lambda each: each[1].max_abs)
    forms = [f"{name}: {each.form}" for name, each in distances.items() if each.form]
    return "; ".join([f"outputs differ by {largest[1].max_abs:.2g} at most", *forms])


def plain_number(value: float) -> str:
    """Write a number with three digits, and no exponent where people would write none.

    ``2220``, not ``2.22e+03``.
    """
    return f"{float(f'{value:.3g}'):.10g}" if 1 <= abs(value) < 1e7 else f"{value:.3g}"
