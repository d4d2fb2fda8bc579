"""Metrics of recorded outputs are computed once."""

from __future__ import annotations

from builders_judgement import TRUTH
from helpers import RECIPE, loaded, plan, saved

from crossload.config.spec import Tolerance
from crossload.verdict import Judge
from crossload.worker import contract


def test_an_answer_is_computed_once_for_each_pair_of_outputs():
    asked = []

    class Arrays(dict):
        def __getitem__(self, name):
            asked.append(name)
            return {"predict": TRUTH if name == "before" else 1 - TRUTH}

    recipe = contract.Recipe("forest", RECIPE, "r.py")
    judge = Judge({"forest": recipe}, lambda _: Tolerance(), lambda *_: TRUTH, Arrays().__getitem__)
    cell = next(cell for cell in plan().cells if cell.case.recipe == "forest")
    for _ in range(3):
        judge.judge(cell, saved({"predict": "a"}), loaded({"predict": "b"}))

    assert len(asked) == 6  # metrics, confusion and distances, each asked once
