"""The judge: gives each cell its verdict, with the reason and the worst metric.

A missing fact is never a pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.plan import Cell
from crossload.verdict.agreement import agreement_metrics
from crossload.verdict.compare import Distance, compare
from crossload.verdict.error_texts import encodable, error_text, failed_outputs, lost_class
from crossload.verdict.facts import Facts
from crossload.verdict.judgement import Judgement
from crossload.verdict.reasons import (
    MetricDrift,
    changed_labels_of,
    farthest_of,
    lost_probabilities,
    metric_drifts,
    metrics_text,
    numerics,
    reasons_of,
)
from crossload.verdict.scores import Scores
from crossload.verdict.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from crossload.config import Tolerance
    from crossload.plan.frontier import Inference
    from crossload.worker.contract import Recipe

Array = np.ndarray[Any, Any]
Record = dict[str, Any]

# the supervisor writes these: the process that loaded could not say so any more
_BY_STATUS = {"crash": Verdict.CRASH, "timeout": Verdict.TIMEOUT, "memory": Verdict.MEMORY}


class Judge:
    """The judge of the cells of one plan.

    It keeps what it computed, because most cells have outputs that were seen before.

    Parameters
    ----------
    tolerance
        Gives the tolerance of a case.
    truth
        Gives a part of a data set, such as ``("iris", "y_test")``, shape (rows,).
    outputs
        Gives recorded outputs by the digest under which they are kept: arrays by name, shape
        (rows,) or (rows, classes).
    states
        Gives a fitted state by its digest: digests of arrays by their place in the model.
    computed
        Metrics that earlier runs computed; new ones are added.  The caller keeps them.
    """

    def __init__(
        self,
        recipes: Mapping[str, Recipe],
        tolerance: Callable[[Any], Tolerance],
        truth: Callable[[str, str], Array],
        outputs: Callable[[str], Mapping[str, Array]],
        states: Callable[[str], Mapping[str, str]] = lambda _: {},
        computed: MutableMapping[str, dict[str, Any]] | None = None,
    ) -> None:
        self._scores = Scores(recipes, truth, outputs, {} if computed is None else computed)
        self._recipes, self._tolerance, self._outputs = recipes, tolerance, outputs
        self._facts = Facts(self._scores, outputs, states)
        self._compared: dict[
            tuple[str, str, str, str, tuple[tuple[str, float], ...]], Judgement
        ] = {}
        self._floors: dict[tuple[str, str, str, str], dict[str, float]] = {}
        self._judged: dict[tuple[Any, ...], Judgement] = {}
        """Finished judgements by all that they rest on: cells with equal ones share one object."""

    def judge(
        self,
        cell: Cell,
        saved: Record | None,
        loaded: Record | None,
        no_environment: str = "",
        diagonal: Record | None = None,
    ) -> Judgement:
        """Judge a cell from the records of its save and its load.

        Parameters
        ----------
        cell
            The cell.
        saved, loaded
            Records of the save and of the load; None where it was not measured.
        no_environment
            Reason why one of both environments could not be built; empty if they stand.
        diagonal
            Record of the load of the same artifact by its writer in a fresh process.  What differs
            there, within the tolerance, is noise of the case and not asked of other readers.  A
            difference beyond the tolerance is drift there.

        Returns
        -------
        Judgement
            Cells of which the same is to be said share one object.
        """
        # the writer comes before the reader: a save that failed is why there is no load
        if no_environment:
            return self._plain(Verdict.NO_ENVIRONMENT, no_environment)
        if saved is None:
            return self._plain(Verdict.NOT_RUN)
        if saved["status"] == "na":
            return self._plain(Verdict.NOT_AVAILABLE, "writer: " + encodable(saved["reason"]))
        if saved["status"] != "ok":
            return self._plain(Verdict.SAVE_ERROR, f"at {saved['stage']}: " + error_text(saved))
        if loaded is None:
            return self._plain(Verdict.NOT_RUN)
        if loaded["status"] == "na":
            return self._plain(Verdict.NOT_AVAILABLE, "reader: " + encodable(loaded["reason"]))
        warned = (
            tuple(sorted({encodable(each["category"]) for each in loaded["warnings"]}))
            if loaded["warnings"]
            else ()
        )
        if loaded["status"] in _BY_STATUS:
            return self._plain(_BY_STATUS[loaded["status"]], error_text(loaded), warned)
        if loaded["status"] != "ok":
            verdict = Verdict.PREDICT_ERROR if loaded["stage"] == "predict" else Verdict.LOAD_ERROR
            reason, custom = error_text(loaded), self._recipes[cell.case.recipe].custom is not None
            lost = lost_class(reason, custom=custom)
            return self._plain(verdict, reason + failed_outputs(loaded), warned, lost)
        compared = self._compare(cell, saved, loaded, diagonal)
        return self._facts.add(cell, compared, saved, loaded, warned)

    def _plain(
        self, verdict: Verdict, reason: str = "", warned: tuple[str, ...] = (), lost: str = ""
    ) -> Judgement:
        """Make a judgement without numbers; one object for all cells that share it."""
        key = (verdict, reason, warned, lost)
        found = self._judged.get(key)
        if found is None:
            made = Judgement(verdict=verdict, reason=reason, warned=warned, lost=lost)
            found = self._judged.setdefault(key, made)
        return found

    def infer(self, inference: Inference) -> Judgement:
        """Make the judgement of a cell that was not measured, but lies between two that agree."""
        key = (Verdict.INFERRED, inference)
        if key not in self._judged:
            low, high = inference.witnesses
            self._judged[key] = Judgement(
                verdict=Verdict.INFERRED,
                reason=f"{inference.verdict}, as in {low} and {high}",
                inferred=inference.verdict,
                witnesses=inference.witnesses,
            )
        return self._judged[key]

    def drifts(self, cell: Cell, saved: Record, loaded: Record) -> bool:
        """Tell if a load that went well drifted.

        It is asked while the run goes on, so that a drift is measured twice.
        """
        return self.judge(cell, saved, loaded).verdict is Verdict.DRIFT

    def _compare(
        self, cell: Cell, saved: Record, loaded: Record, diagonal: Record | None
    ) -> Judgement:
        floors = self._diagonal_floors(cell, saved, diagonal)
        # writers and readers are no part of the key: recorded outputs say all that is compared
        outputs_before = saved["kept"] + saved.get("noise", "")
        key = (
            cell.case.recipe,
            cell.case.format,
            outputs_before,
            loaded["kept"],
            tuple(sorted(floors.items())),
        )
        found = self._compared.get(key)
        if found is None:
            # several threads ask while a run goes on: all get the object that came first
            found = self._compared.setdefault(
                key, self._compare_outputs(cell, saved, loaded, floors)
            )
        return found

    def _diagonal_floors(
        self, cell: Cell, saved: Record, diagonal: Record | None
    ) -> dict[str, float]:
        """Measure how far the writer's own load in a fresh process is from what it predicted.

        By output, and only where the difference is within the tolerance: a larger one is no noise.
        """
        # the diagonal itself gets no floor: its own difference would excuse it
        if diagonal is None or cell.writer == cell.reader or diagonal["status"] != "ok":
            return {}
        key = (
            cell.case.recipe,
            cell.case.format,
            saved["kept"] + saved.get("noise", ""),
            diagonal["kept"],
        )
        if key not in self._floors:
            found = self._compare(Cell(cell.case, cell.writer, cell.writer), saved, diagonal, None)
            equivalent = found.verdict is Verdict.EQUIVALENT
            self._floors[key] = {
                name: each.max_abs
                for name, each in found.distances.items()
                if each.max_abs and equivalent
            }
        return self._floors[key]

    def _compare_outputs(
        self, cell: Cell, saved: Record, loaded: Record, floors: Mapping[str, float]
    ) -> Judgement:
        recipe = self._recipes[cell.case.recipe]
        expected = set(recipe.outputs)
        given = set(loaded["outputs"])
        # formats without methods, such as a SavedModel, have one output that is named "call"; any
        # other set means that a method got lost, which must not pass because the rest is equal
        # what the writer did not record cannot be compared either
        if not given or given not in (expected, {"call"}) or not given <= set(saved["outputs"]):
            missing = ", ".join(sorted(expected - given)) or "all"
            return Judgement(
                verdict=Verdict.DRIFT, reason=f"outputs are missing after loading: {missing}"
            )
        before = self._scores.metrics(cell, saved["kept"])
        tolerance = self._tolerance(cell.case)
        noise = self._noise(saved, tolerance)
        floor = max([0.0, *floors.values(), *(each.max_abs for each in noise.values())])
        # a writer that contradicts itself says nothing of the reader, not even that it is worse
        if not all(each.within for each in noise.values()):
            reason = f"two predictions of the writer itself differ by {floor:.2g} at most"
            return Judgement(
                verdict=Verdict.UNSTABLE, reason=reason, before=before, after=before, noise=floor
            )
        confusion = self._scores.confusion_fields(cell, saved["kept"], loaded["kept"])
        # by the digests in the records: for most cells no array is read at all
        if all(loaded["outputs"][name] == saved["outputs"][name] for name in given):
            return Judgement(
                verdict=Verdict.IDENTICAL, before=before, after=before, noise=floor, **confusion
            )
        after = self._scores.metrics(cell, loaded["kept"])
        arrays_before, arrays_after = self._outputs(saved["kept"]), self._outputs(loaded["kept"])
        distances = {}
        for name in sorted(given):
            # what the writer itself does not repeat is not asked of the reader: of each output by
            # itself, or one noisy output would excuse the drift of another
            writer_noise = max(floors.get(name, 0.0), noise[name].max_abs if name in noise else 0.0)
            atol, rtol = max(tolerance.atol or 0.0, writer_noise), tolerance.rtol or 0.0
            distances[name] = compare(arrays_before[name], arrays_after[name], atol=atol, rtol=rtol)
        changed = changed_labels_of(cell, recipe, arrays_before, arrays_after)
        agreement = agreement_metrics(recipe.task, arrays_before, arrays_after, recipe.roles)
        # before saving the outputs agree with themselves
        before = before | dict.fromkeys(agreement, 1.0)
        after = after | agreement
        unfounded = lost_probabilities(cell, recipe, arrays_before, arrays_after)
        if unfounded:
            # of counts, log loss would be a number that looks like a gain
            before, after = (
                {name: value for name, value in each.items() if name != "log_loss"}
                for each in (before, after)
            )
        drifts = metric_drifts(before, after, tolerance.metric or 0.0)
        worst = drifts[0] if drifts else MetricDrift("", 0.0, 0.0)
        reasons = reasons_of(cell, recipe, distances, changed)
        if moved := metrics_text(drifts, before, after):
            reasons.insert(0, moved)
        if reasons:
            reasons[:0] = unfounded
        max_abs, max_rel = farthest_of(cell, recipe, distances)
        return Judgement(
            verdict=Verdict.DRIFT if reasons else Verdict.EQUIVALENT,
            reason="; ".join(reasons) or numerics(distances),
            before=before,
            after=after,
            worst_metric=worst.name,
            worst_drift=worst.change,
            worst_excess=worst.excess,
            distances=distances,
            max_abs=max_abs,
            max_rel=max_rel,
            changed_labels=changed,
            noise=floor,
            **confusion,
        )

    def _noise(self, saved: Record, tolerance: Tolerance) -> dict[str, Distance]:
        """Compare the writer's two predictions in its own process, by output.

        Empty where they are bit-equal: then the worker recorded no second one.
        """
        if not saved.get("noise"):
            return {}
        first, second = self._outputs(saved["kept"]), self._outputs(saved["noise"])
        return {
            name: compare(
                first[name], second[name], atol=tolerance.atol or 0.0, rtol=tolerance.rtol or 0.0
            )
            for name in first
        }
