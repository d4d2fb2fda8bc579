"""Probe rows: input for a model whose data is not at hand, drawn from what the model remembers.

Rows go through the branches that real rows went through, and they are the same every time.  Where a
model remembers nothing (a linear model alone), they are standard normal.
"""

from typing import Any, List, Sequence

import numpy as np

from .columns import MOST_VALUES, Column

COUNT = 400
"""Rows that are made; fewer where a row is wide."""


def count_for(columns: Sequence[Column]) -> int:
    """Give the number of rows for so many columns."""
    return max(8, min(COUNT, MOST_VALUES // max(1, len(columns))))


def make(columns: Sequence[Column], missing: bool) -> List[Any]:
    """Make rows.

    Parameters
    ----------
    columns
        What the model tells of its columns.
    missing
        Put NaN or None where the model can deal with it.

    Returns
    -------
    list of numpy.ndarray
        An array of shape (rows,) for each column; the same ones every time.
    """
    # the old generator with a fixed seed: NumPy promises that its stream never changes (NEP 19)
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
    gaps = np.zeros(count, bool)
    if missing and column.missing:
        gaps = random.random_sample(count) < 0.06
    if column.values is not None:
        chosen = [column.values[int(i)] for i in random.randint(0, len(column.values), size=count)]
        if column.unknown and not column.numeric:
            # in one row, so that an answer of its own does not hide those of the others
            chosen[count // 2] = "crossload never seen before"
        if column.numeric:
            numbers = np.array(chosen, dtype="float64")
            numbers[gaps] = np.nan
            return numbers
        if not gaps.any() and all(isinstance(each, (bool, np.bool_)) for each in chosen):
            return np.array(chosen, dtype=bool)
        # np.array(chosen) would make texts of values of several kinds
        mixed = np.empty(count, dtype=object)
        mixed[:] = chosen
        mixed[gaps] = None
        return mixed
    centre = 0.0 if column.centre is None else column.centre
    spread = 1.0 if column.spread is None else column.spread
    marks = np.array(column.marks, dtype="float64")
    marks = marks[np.isfinite(marks)]
    if column.centre is None and len(marks):
        centre = float(marks.mean())
        spread = float(marks.std()) or max(abs(centre), 1.0) / 3
    values = random.normal(centre, spread, size=count)
    if len(marks):
        # half of the values lie at thresholds, just below or just above: there trees part, and a
        # version that rounds or compares otherwise gives itself away
        near = random.random_sample(count) < 0.5
        step = max(abs(centre), spread, 1e-6) * 1e-3
        at_marks = marks[random.randint(0, len(marks), size=count)]
        at_marks = at_marks + random.choice([-step, 0.0, step], size=count)
        values = np.where(near, at_marks, values)
    values[gaps] = np.nan
    return values
