"""Judges of one cell, whose outputs before and after are given."""

from __future__ import annotations

import numpy as np
from helpers import RECIPE, loaded, plan, saved

from crossload.config.spec import Tolerance
from crossload.verdict import Judge
from crossload.worker import contract

TRUTH = np.array([0, 0, 0, 1, 1, 1, 0, 1])


def judge_of(before, after, *, task="binary", truth=TRUTH, metric=0.001, outputs=("predict",)):
    """Make a judge with outputs ``before`` and ``after``, and the cell to ask it of."""
    recipe = contract.Recipe("forest", dict(RECIPE, task=task, outputs=list(outputs)), "r.py")
    made = plan()
    cell = next(cell for cell in made.cells if cell.case.recipe == "forest")
    case = type(cell.case)(
        **{name: getattr(cell.case, name) for name in cell.case.__slots__} | {"task": task}
    )
    arrays = {"before": before, "after": after}
    judge = Judge(
        {"forest": recipe},
        lambda _: Tolerance(metric=metric, atol=1e-6, rtol=1e-5),
        lambda *_: truth,
        arrays.__getitem__,
    )
    return judge, type(cell)(case, cell.writer, cell.reader)


def verdict_of(before, after, **more):
    judge, cell = judge_of(before, after, **more)
    names = list(before)
    same = dict.fromkeys(names, "same")
    other = {
        name: "same" if np.array_equal(before[name], after[name]) else "other" for name in names
    }
    return judge.judge(cell, saved(same), loaded(other))


def with_extras(before, after, states=None, **record):
    """Judge with a state of the model beside the outputs."""
    arrays = {
        "before": before,
        "after": after,
        "again": record.pop("again", before),
        "train": record.pop("train", before),
    }
    recipe = contract.Recipe("forest", dict(RECIPE, outputs=list(before)), "r.py")
    cell = next(cell for cell in plan().cells if cell.case.recipe == "forest")
    judge = Judge(
        {"forest": recipe},
        lambda _: Tolerance(metric=0.001, atol=1e-6, rtol=0.0),
        lambda _, part: TRUTH if part == "y_test" else np.array([1, 1, 1, 1, 0, 0, 0, 0]),
        arrays.__getitem__,
        (states or {}).__getitem__,
    )
    digests = [
        {name: str(array.tobytes()) for name, array in each.items()} for each in (before, after)
    ]
    names = {"state": "s1"} if states else {}
    return judge.judge(
        cell,
        saved(digests[0], **names, **record),
        loaded(digests[1], **({"state": "s2"} if states else {})),
    )


def proba(shift=0.0):
    return {"predict_proba": np.linspace(0.01, 0.98, 8) + shift}
