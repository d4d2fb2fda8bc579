"""Metrics and confusion matrices of recorded outputs, each computed once and kept."""

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
    """Metrics and confusion matrices by recipe and by the digest of the outputs.

    Parameters
    ----------
    recipes
        Recipes by name: they know the task, the data and the roles of outputs.
    truth
        Gives a part of a data set, such as ``("iris", "y_test")``, shape (rows,).
    outputs
        Gives recorded outputs by the digest under which they are kept.
    computed
        Results of earlier runs by all that they depend on; new ones are added.
    """

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
        # two tables: the keys that last from run to run name the data and the roles and take
        # time to make, those of this run are looked up for every cell
        self._metrics: dict[tuple[str, str, str], dict[str, float]] = {}
        self._confusions: dict[tuple[str, str], tuple[tuple[str, ...], Matrix]] = {}

    def metrics(self, cell: Cell, kept: str, part: str = "y_test") -> dict[str, float]:
        """Give the metrics of one set of outputs.

        Parameters
        ----------
        cell
            Any cell of the recipe.
        kept
            Digest under which the outputs are kept.
        part
            Part of the data to hold them against: ``y_test``, or ``y_train`` for outputs on the
            training rows.
        """
        key = (cell.case.recipe, kept, part)
        if key not in self._metrics:
            recipe = self._recipes[cell.case.recipe]
            depends_on = json.dumps(
                [recipe.task, recipe.data, sorted(recipe.roles.items()), part, kept]
            )
            if depends_on not in self._computed:
                truth = self._truth(recipe.data, part)
                self._computed[depends_on] = compute_metrics(
                    recipe.task, truth, self._outputs(kept), recipe.roles
                )
            self._metrics[key] = self._computed[depends_on]
        return self._metrics[key]

    def confusion_fields(self, cell: Cell, before: str, after: str) -> dict[str, Any]:
        """Give ``classes`` and ``confusion`` (before, after) of a judgement.

        Parameters
        ----------
        cell
            Any cell of the recipe.
        before, after
            Digests under which the outputs are kept.

        Returns
        -------
        dict
            Empty for tasks without classes, and where one of the two has no matrix.
        """
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
            depends_on = json.dumps(
                ["confusion", recipe.task, recipe.data, sorted(recipe.roles.items()), kept]
            )
            if depends_on not in self._computed:
                truth = self._truth(recipe.data, "y_test")
                counts = confusion(recipe.task, truth, self._outputs(kept), recipe.roles) or []
                self._computed[depends_on] = {
                    "classes": [str(each) for each in np.unique(truth)],
                    "counts": counts,
                }
            found = self._computed[depends_on]
            # from lists, as JSON of an earlier run has them, to tuples, as judgements hold them
            self._confusions[key] = (
                tuple(found["classes"]),
                tuple(tuple(row) for row in found["counts"]),
            )
        return self._confusions[key]
