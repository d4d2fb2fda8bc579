"""The entries of the tables of a page: judgements, metrics, distances, texts, each as JSON has it.

They are lists rather than objects where there are many: names would be most of the page.  The
scripts in ``templates/`` know the places.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from crossload.safe import cut, web_address
from crossload.verdict import Verdict
from crossload.verdict.reasons import allowed_change, metric_drifts

if TYPE_CHECKING:
    from collections.abc import Hashable

    from crossload.config import Tolerance
    from crossload.report.view import View
    from crossload.verdict import Distance, Finding, Judgement

LAST_LINES = 6
"""Lines of a traceback that a page shows."""

_MOST = 1200
"""Characters of one text that a page shows.

What is longer is cut where it says least: a traceback at its beginning, other texts in the middle.
"""


class ValueTable:
    """Values by number, equal ones once."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[Hashable, int] = {}

    def number(self, value: Any) -> int:
        """Give the number of a value that JSON knows; a new one if it was not seen before."""
        key = json.dumps(value)  # lists cannot be keys of a dictionary
        found = self._numbers.setdefault(key, len(self.values))
        if found == len(self.values):
            self.values.append(value)
        return found


def kind_entry(
    judged: Judgement,
    finding: Finding,
    tolerance: Tolerance | None,
    known: ValueTable,
    metrics: ValueTable,
) -> dict[str, Any]:
    """Lay out a judgement with its finding; what is empty is left out.

    Parameters
    ----------
    judged, finding
        The judgement, and what is known of it.
    tolerance
        Tolerance of the case, to say what was allowed; None where it is not known.
    known, metrics
        Tables of causes and of metrics, to which new ones are added.
    """
    cause = finding.cause
    found = {
        "verdict": list(Verdict).index(judged.verdict),
        "reason": short_text(judged.reason),
        "warned": [short_text(each) for each in judged.warned],
        "unexplained": finding.unexplained,
        "known": None
        if cause is None
        else known.number(
            [short_text(cause.why), short_text(cause.do), web_address(cause.link), cause.id]
        ),
        "metrics": metrics.number(_metrics(judged, tolerance)) if judged.before else None,
        "worst": judged.worst_metric,
        "excess": _number(judged.worst_excess) if judged.worst_metric else None,
        "distances": {name: _distance(each) for name, each in judged.distances.items()},
        "confusion": [list(judged.classes), *judged.confusion] if judged.confusion else None,
        "changed": judged.changed_labels,
        "state": judged.state if judged.verdict.measured and judged.before else "",
        "optimizer": judged.optimizer,
        "resumes": short_text(judged.resumes),
        "lost": short_text(judged.lost),
        "noise": _number(judged.noise),
        "gap": None if math.isnan(judged.gap) else _number(judged.gap),
        "witnesses": list(judged.witnesses),
    }
    # zero is a number of a verdict or of an entry in a table, and no empty value
    return {
        name: value
        for name, value in found.items()
        if value or (value == 0 and name in ("verdict", "metrics", "known"))
    }


def _metrics(judged: Judgement, tolerance: Tolerance | None) -> list[list[Any]]:
    """List [name, before, after, drift, allowed, moved] of each metric.

    ``moved``: 0 not at all, 1 within tolerance, 2 too far.
    """
    nan = float("nan")
    # without a tolerance nothing is allowed, so that a page never calls a drift small
    allowed = 0.0 if tolerance is None else tolerance.metric or 0.0
    moved = {
        each.name: 1 + (each.excess > 1)
        for each in metric_drifts(judged.before, judged.after, allowed)
    }
    found = []
    for name in dict.fromkeys((*judged.before, *judged.after)):
        before, after = judged.before.get(name, nan), judged.after.get(name, nan)
        numbers = (before, after, after - before, allowed_change(name, before, allowed))
        found.append([name, *map(_number, numbers), moved.get(name, 0)])
    return found


def _distance(each: Distance) -> list[Any]:
    """List [max, mean, median, 99 %, largest relative, changed, size, form, quantiles, exact]."""
    numbers = (each.max_abs, each.mean_abs, each.median_abs, each.p99_abs, each.max_rel)
    # three digits are more than a plot can show
    quantiles = [float(f"{value:.3g}") for value in each.quantiles]
    return [
        *map(_number, numbers),
        each.changed,
        each.size,
        short_text(each.form),
        quantiles,
        each.exact,
    ]


def texts_of(view: View) -> dict[str, Any]:
    """Lay out the last lines of tracebacks, and warnings, each once.

    A text is [number of the traceback, [numbers of warnings]].
    """
    tails, warnings = ValueTable(), ValueTable()
    found = []
    for traceback, given in view.rows.texts:
        lines = traceback.strip().splitlines()[-LAST_LINES:]
        tail = "\n".join(lines)
        tail = tail if len(tail) <= _MOST else "… " + tail[-_MOST:]
        found.append([tails.number(tail), [warnings.number(short_text(each)) for each in given]])
    return {"tails": tails.values, "warnings": warnings.values, "texts": found}


def short_text(text: str) -> str:
    """Cut a text to what a page shows of it."""
    return cut(text, _MOST)


def _number(value: float) -> float | str | None:
    """Write a number as JSON has it, which knows neither infinity nor NaN.

    Nine digits are more than anybody reads.
    """
    if math.isnan(value):
        return None
    return float(f"{value:.9g}") if math.isfinite(value) else ("inf" if value > 0 else "-inf")
