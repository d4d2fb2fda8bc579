"""What a verdict says: which metric moved how far, what else moved, what an error names.  In words, and without judging."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from crossload.verdict.metrics import labels_of, role_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crossload.plan import Cell
    from crossload.verdict.compare import Distance
    from crossload.verdict.state_change import StateChange
    from crossload.worker.contract import Recipe

Array = np.ndarray[Any, Any]
Record = dict[str, Any]

_LOST = re.compile(
    r"(?:Unknown (?:layer|object|optimizer|\w+ function)|Could not locate class|Could not deserialize class|Can't get attribute)"
    r"[: ]+'([\w.>]+)'"
)
"""How Keras and pickle say that a class is not there."""

_COUNTS = ("tp", "fp", "fn", "tn")


def lost_class(reason: str, *, custom: bool) -> str:
    """The class that an error says is not known to the reader, in words; of a recipe with custom objects that is one."""
    found = _LOST.search(reason)
    if found is None:
        return ""
    return f"{'custom class' if custom else 'class'} {found.group(1)}"


class MetricDrift(NamedTuple):
    """How far one metric moved."""

    name: str
    change: float
    """Signed, after minus before; infinite where the metric was a number and is none any more."""
    excess: float
    """In units of what is allowed: beyond 1 it is too far."""


def allowed_change(name: str, before: float, tolerance: float) -> float:
    """How far a metric may move from its value before saving: nothing for counts of the confusion matrix."""
    return (
        0.0
        if name in _COUNTS
        else tolerance * (max(1.0, abs(before)) if not np.isnan(before) else 1.0)
    )


def metric_drifts(
    before: Mapping[str, float], after: Mapping[str, float], tolerance: float
) -> list[MetricDrift]:
    """Metrics that moved, the worst first.

    Counts of the confusion matrix must be equal.  Metrics in the unit of the target (errors, the loss) are judged
    relative to their size where that is above one.  Counts come last: a metric tells more.
    """
    found = []
    for name in sorted(set(before) | set(after)):
        a, b = before.get(name, float("nan")), after.get(name, float("nan"))
        if a == b or (np.isnan(a) and np.isnan(b)):
            continue
        change = float("inf") if np.isnan(a) or np.isnan(b) else b - a
        allowed = allowed_change(name, a, tolerance)
        found.append(MetricDrift(name, change, abs(change) / allowed if allowed else float("inf")))
    return sorted(found, key=lambda each: (each.name in _COUNTS and each.excess > 1, -each.excess))


def told_of(
    drifts: Sequence[MetricDrift], before: Mapping[str, float], after: Mapping[str, float]
) -> str:
    """The worst metric with its excess, and the next two that are too far, counts aside; empty if none is too far."""
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
        for each, text in zip(far[1:], texts[1:], strict=True)
        if each.name not in _COUNTS and "[" not in each.name
    ]
    return ", ".join([f"{texts[0]} ({times})", *others[:2]])


def told_state(change: StateChange, *, drifted: bool) -> str:
    """What the state says of outputs that moved: rounding, another computation by the library, or a damaged model."""
    if change.equal:
        return "the library computes otherwise" if drifted else "numerics"
    return "damage" if change.differing else "other layout"


def changed_labels_of(
    cell: Cell, recipe: Recipe, before: Mapping[str, Array], after: Mapping[str, Array]
) -> int:
    """Count of held-out rows whose predicted label is another one; all of them where their number differs."""
    a = labels_of(cell.case.task, before, recipe.roles)
    b = labels_of(cell.case.task, after, recipe.roles)
    if a is None or b is None or a.dtype.kind == "f":
        return 0
    return int((a != b).sum()) if a.shape == b.shape else a.size


def reasons_of(
    cell: Cell, recipe: Recipe, distances: Mapping[str, Distance], changed: int
) -> list[str]:
    """What moved too far, metrics aside: labels, and values of outputs."""
    found = [f"{changed} labels changed"] if changed else []
    for name, distance in distances.items():
        if not distance.within and not (
            changed and role_of(name, cell.case.task, recipe.roles) == "labels"
        ):
            text = (
                distance.form
                or f"{distance.changed} of {distance.size} values moved, by {plain_number(distance.max_abs)} at most"
            )
            found.append(f"{name}: {text}")
    return found


def numerics(distances: Mapping[str, Distance]) -> str:
    """How far outputs moved that are within tolerance."""
    largest = max(distances.items(), key=lambda each: each[1].max_abs)
    forms = [f"{name}: {each.form}" for name, each in distances.items() if each.form]
    return "; ".join([f"outputs differ by {largest[1].max_abs:.2g} at most", *forms])


def error_text(record: Record) -> str:
    """Type and message of the error of a record, in one line."""
    error = record["error"]
    return encodable(f"{error['type']}: {' '.join(error['message'].split())[:400]}")


def plain_number(value: float) -> str:
    """Three digits, and no exponent where people would write none: ``2220``, not ``2.22e+03``."""
    return f"{float(f'{value:.3g}'):.10g}" if 1 <= abs(value) < 1e7 else f"{value:.3g}"


def encodable(text: str) -> str:
    """Text of a pinned process without half characters, which JSON can carry and no file can hold."""
    return text.encode("utf-8", "replace").decode()
