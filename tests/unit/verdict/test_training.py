"""Further training after loading: it goes on alike, or what was lost is named."""

from __future__ import annotations

import numpy as np
import pytest
from builders_verdict import TRUTH
from helpers import RECIPE, loaded, plan, saved

from crossload.config.spec import Tolerance
from crossload.verdict import Judge, Verdict
from crossload.worker import contract


@pytest.mark.parametrize(
    ("loaded_facts", "optimizer", "expected"),
    [
        ({"resumed": "same"}, {"optimizer[0]": "m"}, "yes"),
        ({"resumed": "close"}, {"optimizer[0]": "m"}, "yes"),
        ({"resumed": "far"}, {"optimizer[0]": "m"}, "no"),
        ({"resumed": "far"}, {}, "lost optimizer state"),
        ({"resumed": "far"}, {"optimizer[0]": "x"}, "lost optimizer state"),
        ({"resume_error": "RuntimeError: You must compile your model"}, {}, "lost compiled loss"),
        ({"resume_error": "ValueError: no"}, {}, "no: ValueError: no"),
        ({}, {}, ""),
    ],
)
def test_whether_training_goes_on_is_told_and_what_was_lost(loaded_facts, optimizer, expected):
    arrays = {
        "before": {"predict": TRUTH},
        "after": {"predict": TRUTH},
        "same": {"resumed": np.array([0.5, 0.4])},
        "close": {"resumed": np.array([0.5, 0.400001])},
        "far": {"resumed": np.array([0.5, 0.45])},
    }
    states = {"s1": {"weights[0]": "a", "optimizer[0]": "m"}, "s2": {"weights[0]": "a"} | optimizer}
    cell = next(cell for cell in plan().cells if cell.case.recipe == "forest")
    recipe = contract.Recipe("forest", RECIPE, "r.py")
    judge = Judge(
        {"forest": recipe},
        lambda _: Tolerance(metric=0.1),
        lambda *_: TRUTH,
        arrays.__getitem__,
        states.__getitem__,
    )

    found = judge.judge(cell, saved(resumed="same", state="s1"), loaded(state="s2", **loaded_facts))

    assert found.verdict is Verdict.IDENTICAL
    assert found.resumes == expected
