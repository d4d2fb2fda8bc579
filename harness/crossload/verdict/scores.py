"""What recorded outputs say against the held-out truth: metrics and confusion matrices, each computed once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.verdict.metrics import compute_metrics, confusion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from crossload.plan import Cell
    from crossload.worker.contract import Recipe

Array = np.ndarray[Any, Any]
Matrix = tuple[tuple[int, ...], ...]


class Scores:
    """Metrics and confusion matrices of outputs by the recipe that they belong to and the name of the outputs."""

    def __init__(
        self,
        recipes: Mapping[str, Recipe],
        truth: Callable[[str, str], Array],
        outputs: Callable[[str], Mapping[str, Array]],
        computed: MutableMapping[str, dict[str, Any]],
    ) -> None:
        self._recipes, self._truth, self._outputs, self._computed = (
            recipes,
            truth,
            outputs,
            computed,
        )
        self._metrics: dict[tuple[str, str, str], dict[str, float]] = {}
        self._confusions: dict[tuple[str, str], tuple[tuple[str, ...], Matrix]] = {}

    def metrics(self, cell: Cell, kept: str, part: str = "y_test") -> dict[str, float]:
        """Metrics of one set of outputs against a part of the data."""
        key = (cell.case.recipe, kept, part)
        if key not in self._metrics:
            recipe = self._recipes[cell.case.recipe]
            rests_on = json.dumps(
                [recipe.task, recipe.data, sorted(recipe.roles.items()), part, kept]
            )
            if rests_on not in self._computed:
                truth = self._truth(recipe.data, part)
                self._computed[rests_on] = compute_metrics(
                    recipe.task, truth, self._outputs(kept), recipe.roles
                )
            self._metrics[key] = self._computed[rests_on]
        return self._metrics[key]

    def confused(self, cell: Cell, before: str, after: str) -> dict[str, Any]:
        """``classes`` and ``confusion`` (before, after) for a judgement; empty where one of the two has no matrix."""
        if self._recipes[cell.case.recipe].task not in ("binary", "multiclass"):
            return {}
        (classes, first), (_, second) = (
            self._confusion_of(cell, before),
            self._confusion_of(cell, after),
        )
        return {"classes": classes, "confusion": (first, second)} if first and second else {}

    def _confusion_of(self, cell: Cell, kept: str) -> tuple[tuple[str, ...], Matrix]:
        key = (cell.case.recipe, kept)
        if key not in self._confusions:
            recipe = self._recipes[cell.case.recipe]
            rests_on = json.dumps(
                ["confusion", recipe.task, recipe.data, sorted(recipe.roles.items()), kept]
            )
            if rests_on not in self._computed:
                truth = self._truth(recipe.data, "y_test")
                counts = confusion(recipe.task, truth, self._outputs(kept), recipe.roles) or []
                self._computed[rests_on] = {
                    "classes": [str(each) for each in np.unique(truth)],
                    "counts": counts,
                }
            found = self._computed[rests_on]
            self._confusions[key] = (
                tuple(found["classes"]),
                tuple(tuple(row) for row in found["counts"]),
            )
        return self._confusions[key]
