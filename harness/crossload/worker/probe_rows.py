"""Probe rows: input for a model whose data is not at hand, drawn from what the model itself remembers of its data.

Rows go through the branches that real rows went through, and they are the same every time.  Where a model remembers nothing
(a linear model alone), they are standard normal.
"""

from typing import Any, List, Sequence

import numpy as np

from .learned_ranges import MOST_VALUES, Column

COUNT = 400
"""Rows that are made; fewer where a row is wide."""


def count_for(columns: Sequence[Column]) -> int:
    """Number of rows for so many columns."""
    return max(8, min(COUNT, MOST_VALUES // max(1, len(columns))))


def make(columns: Sequence[Column], missing: bool) -> List[Any]:
    """One array a column; the same ones every time.  ``missing`` puts NaN or None where the model can deal with it."""
    random = np.random.RandomState(20221108)
    count = count_for(columns)
    return [_column(column, count, random, missing) for column in columns]


def _column(column: Column, count: int, random: Any, missing: bool) -> Any:
    if column.words is not None:
        joined = [
            " ".join(
                column.words[int(i)]
                for i in random.randint(0, len(column.words), size=int(random.randint(1, 25)))
            )
            for _ in range(count)
        ]
        return np.array(joined)
    gaps = (
        (random.random_sample(count) < 0.06)
        if missing and column.missing
        else np.zeros(count, bool)
    )
    if column.values is not None:
        chosen = [column.values[int(i)] for i in random.randint(0, len(column.values), size=count)]
        if column.unknown and not column.numeric:
            chosen[count // 2] = "crossload never seen before"
        if column.numeric:
            numbers = np.array(chosen, dtype="float64")
            numbers[gaps] = np.nan
            return numbers
        if not gaps.any() and all(isinstance(each, (bool, np.bool_)) for each in chosen):
            return np.array(chosen, dtype=bool)
        mixed = np.empty(count, dtype=object)
        mixed[:] = chosen
        mixed[gaps] = None
        return mixed
    centre = 0.0 if column.centre is None else column.centre
    spread = 1.0 if column.spread is None else column.spread
    marks = np.array(column.marks, dtype="float64")
    marks = marks[np.isfinite(marks)]
    if column.centre is None and len(marks):
        centre, spread = (
            float(marks.mean()),
            float(marks.std()) or max(abs(float(marks.mean())), 1.0) / 3,
        )
    values = random.normal(centre, spread, size=count)
    if len(marks):
        near = random.random_sample(count) < 0.5
        step = max(abs(centre), spread, 1e-6) * 1e-3
        values = np.where(
            near,
            marks[random.randint(0, len(marks), size=count)]
            + random.choice([-step, 0.0, step], size=count),
            values,
        )
    values[gaps] = np.nan
    return values
