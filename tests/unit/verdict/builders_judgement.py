"""A judge of one cell, whose records and arrays are given by the names of their files."""

from __future__ import annotations

import numpy as np
from helpers import RECIPE, loaded, plan, saved

from crossload.config.spec import Tolerance
from crossload.verdict import Judge
from crossload.worker import contract

TRUTH = np.array([0, 1, 0, 1])


TRAIN = np.array([1, 1, 1, 0])


ERROR = {"error": {"type": "ValueError", "message": "first\n  second   line", "traceback": ""}}


WARNING = {"category": "UserWarning", "text": "t", "count": 1}


def judged(arrays, save=None, load=None, *, task="binary", tolerance=None, states=None, asked=None):
    """Judge one cell whose outputs, by the names of their files, are the given ones."""
    recipe = contract.Recipe(
        "forest", dict(RECIPE, task=task, outputs=list(arrays["before"])), "r.py"
    )
    first = next(cell for cell in plan().cells if cell.case.recipe == "forest")
    case = type(first.case)(
        **{name: getattr(first.case, name) for name in first.case.__slots__} | {"task": task}
    )
    cell = type(first)(case, first.writer, first.reader)
    parts = {"y_test": TRUTH, "y_train": TRAIN}

    def truth(name, part):
        assert name == "iris"
        return parts[part]

    def allowed(of):
        assert of is case
        return tolerance or Tolerance(metric=0.001, atol=1e-6, rtol=0.0)

    judge = Judge(
        {"forest": recipe}, allowed, truth, arrays.__getitem__, (states or {}).__getitem__
    )
    same = dict.fromkeys(arrays["before"], "d")
    other = {
        name: "d" if np.array_equal(array, arrays["after"].get(name)) else "e"
        for name, array in arrays["before"].items()
    }
    save = saved(same) | (save or {})
    load = loaded(other) | (load or {})
    return (asked or Judge.judge)(judge, cell, save, load)


def same(outputs):
    return {"before": outputs, "after": outputs}
