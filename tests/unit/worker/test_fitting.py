"""The writer's own outputs, before a model is saved."""

from __future__ import annotations

import numpy as np
import pytest

from crossload.worker import contract, fitting


@pytest.mark.parametrize(
    ("task", "array", "text"),
    [
        ("binary", np.zeros(3), "has the shape (3,), expected one row for each of 4 held-out rows"),
        (
            "regression",
            np.float64(1.0),
            "has the shape (), expected one row for each of 4 held-out rows",
        ),
        ("binary", np.array([0.0, np.nan, 1.0, 1.0]), "has NaN among its labels"),
        ("regression", np.array([0.0, np.nan, 1.0, 1.0]), ""),
        ("transform", np.zeros(3), ""),
        ("binary", np.zeros(4), ""),
    ],
)
def test_outputs_that_cannot_be_judged_are_mistakes_of_the_recipe(task, array, text):
    fields = {
        **dict.fromkeys(("family", "data", "build"), "x"),
        "task": task,
        "outputs": ["predict"],
    }
    recipe = contract.Recipe("mine", fields, "folder/recipes.py")

    class Data:
        y_test = np.zeros(4)

    if not text:
        fitting.check_outputs({"predict": np.asarray(array)}, recipe, Data)
        return
    with pytest.raises(contract.ContractError) as caught:
        fitting.check_outputs({"predict": np.asarray(array)}, recipe, Data)
    assert str(caught.value) == f"recipes.py: RECIPES['mine']: outputs['predict']: {text}"
