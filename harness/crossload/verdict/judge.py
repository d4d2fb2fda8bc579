"""Gives each cell its verdict, with the reason and the worst metric.  A missing fact is never a pass."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.plan import Cell
from crossload.verdict.compare import Distance, compare
from crossload.verdict.metrics import agreement_metrics
from crossload.verdict.reasons import (
    MetricDrift,
    changed_labels_of,
    encodable,
    error_text,
    lost_class,
    metric_drifts,
    numerics,
    reasons_of,
    told_of,
    told_state,
)
from crossload.verdict.scores import Scores
from crossload.verdict.state_change import StateChange, compare_states
from crossload.verdict.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from crossload.config import Tolerance
    from crossload.plan.frontier import Inference
    from crossload.verdict.scores import Matrix
    from crossload.worker.contract import Recipe

Array = np.ndarray[Any, Any]
Record = dict[str, Any]

_RESUME_ATOL, _RESUME_RTOL = 1e-5, 1e-4
"""Tolerance of losses (or predictions) after further training, which adds up the rounding of whole steps."""

_BY_STATUS = {"crash": Verdict.CRASH, "timeout": Verdict.TIMEOUT, "memory": Verdict.MEMORY}


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """A verdict and what it rests on."""

    verdict: Verdict
    reason: str = ""
    before: dict[str, float] = field(default_factory=dict)
    after: dict[str, float] = field(default_factory=dict)
    worst_metric: str = ""
    worst_drift: float = 0.0
    """Signed change of the worst metric, after minus before."""
    worst_excess: float = 0.0
    """How many times its tolerance the worst metric moved; infinity where nothing was allowed."""
    classes: tuple[str, ...] = ()
    """Classes of the confusion matrices; empty where the task has none."""
    confusion: tuple[Matrix, Matrix] | tuple[()] = ()
    """Confusion matrices before and after: rows true, columns predicted classes."""
    distances: dict[str, Distance] = field(default_factory=dict)
    """Distance of each output that is not bit-equal."""
    max_abs: float = 0.0
    max_rel: float = 0.0
    changed_labels: int = 0
    state: str = "unknown"
    """Fitted state after loading: equal, differs, layout (other arrays), or unknown where the format shows none."""
    optimizer: str = ""
    """Optimizer variables: kept, changed, lost; empty where there were none."""
    resumes: str = ""
    """Whether training goes on alike after loading: yes, no, or what was lost; empty where it was not asked."""
    lost: str = ""
    """Class that the reader did not find, e.g. ``custom class Scale``; empty where none is named."""
    noise: float = 0.0
    """Largest difference between predictions of the writer itself: twice in its process, and loaded in a fresh one."""
    gap: float = float("nan")
    """Score on training rows minus score on held-out rows (accuracy or R2), of the writer."""
    warned: tuple[str, ...] = ()
    """Categories of the warnings of loading and predicting."""
    inferred: str = ""
    """Verdict that an inferred cell is believed to have."""
    witnesses: tuple[str, str] | tuple[()] = ()
    """Readers on both sides that were measured, of an inferred cell."""


class Judge:
    """Judges the cells of one plan; keeps what it computed, because most cells have outputs seen before."""

    def __init__(
        self,
        recipes: Mapping[str, Recipe],
        tolerance: Callable[[Any], Tolerance],
        truth: Callable[[str, str], Array],
        outputs: Callable[[str], Mapping[str, Array]],
        states: Callable[[str], Mapping[str, str]] = lambda _: {},
        computed: MutableMapping[str, dict[str, Any]] | None = None,
    ) -> None:
        self._answers = Scores(recipes, truth, outputs, {} if computed is None else computed)
        """What they compute is kept by the caller from run to run."""
        self._recipes, self._tolerance, self._outputs = recipes, tolerance, outputs
        self._states = states
        self._changes: dict[tuple[str, str], StateChange] = {}
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
        """The verdict of a cell from the records of its save and its load (None: not measured).

        ``diagonal`` is the load of the same artifact by its writer in a fresh process: what differs there, within the
        tolerance, is noise of the case and not asked of other readers.  A difference beyond the tolerance is drift there.
        """
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
            return self._plain(verdict, reason, warned, lost_class(reason, custom=custom))
        return self._add_facts(
            cell, self._compare(cell, saved, loaded, diagonal), saved, loaded, warned
        )

    def _plain(
        self, verdict: Verdict, reason: str = "", warned: tuple[str, ...] = (), lost: str = ""
    ) -> Judgement:
        """A judgement without numbers; one object for all cells of which the same is to be said."""
        key = (verdict, reason, warned, lost)
        if key not in self._judged:
            self._judged[key] = Judgement(verdict=verdict, reason=reason, warned=warned, lost=lost)
        return self._judged[key]

    def infer(self, inference: Inference) -> Judgement:
        """The judgement of a cell that was not measured, but lies between two that agree."""
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
        """Whether a load that went well drifted; asked while the run goes on, so that a drift is measured twice."""
        return self.judge(cell, saved, loaded).verdict is Verdict.DRIFT

    def _compare(
        self, cell: Cell, saved: Record, loaded: Record, diagonal: Record | None
    ) -> Judgement:
        floors = self._diagonal_floors(cell, saved, diagonal)
        rests_on = saved["kept"] + saved.get("noise", "")
        key = (
            cell.case.recipe,
            cell.case.format,
            rests_on,
            loaded["kept"],
            tuple(sorted(floors.items())),
        )
        if key not in self._compared:
            self._compared[key] = self._compare_outputs(cell, saved, loaded, floors)
        return self._compared[key]

    def _diagonal_floors(
        self, cell: Cell, saved: Record, diagonal: Record | None
    ) -> dict[str, float]:
        """How far each output of the writer's own load in a fresh process is from what it predicted, where within tolerance."""
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
        if not given or given not in (expected, {"call"}):
            missing = ", ".join(sorted(expected - given)) or "all"
            return Judgement(
                verdict=Verdict.DRIFT, reason=f"outputs are missing after loading: {missing}"
            )
        before = self._answers.metrics(cell, saved["kept"])
        tolerance = self._tolerance(cell.case)
        noise = self._noise(saved, tolerance)
        floor = max([0.0, *floors.values(), *(each.max_abs for each in noise.values())])
        if not all(each.within for each in noise.values()):
            reason = f"two predictions of the writer itself differ by {floor:.2g} at most"
            return Judgement(
                verdict=Verdict.UNSTABLE, reason=reason, before=before, after=before, noise=floor
            )
        confused = self._answers.confused(cell, saved["kept"], loaded["kept"])
        if all(loaded["outputs"][name] == saved["outputs"][name] for name in given):
            return Judgement(
                verdict=Verdict.IDENTICAL, before=before, after=before, noise=floor, **confused
            )
        after = self._answers.metrics(cell, loaded["kept"])
        arrays_before, arrays_after = self._outputs(saved["kept"]), self._outputs(loaded["kept"])
        distances = {}
        for name in sorted(given):
            # what the writer itself does not repeat is not asked of the reader: of each output by itself
            own = max(floors.get(name, 0.0), noise[name].max_abs if name in noise else 0.0)
            atol, rtol = max(tolerance.atol or 0.0, own), tolerance.rtol or 0.0
            distances[name] = compare(arrays_before[name], arrays_after[name], atol=atol, rtol=rtol)
        changed = changed_labels_of(cell, recipe, arrays_before, arrays_after)
        agreement = agreement_metrics(recipe.task, arrays_before, arrays_after, recipe.roles)
        before = before | dict.fromkeys(agreement, 1.0)
        after = after | agreement
        drifts = metric_drifts(before, after, tolerance.metric or 0.0)
        worst = drifts[0] if drifts else MetricDrift("", 0.0, 0.0)
        reasons = reasons_of(cell, recipe, distances, changed)
        if told := told_of(drifts, before, after):
            reasons.insert(0, told)
        return Judgement(
            verdict=Verdict.DRIFT if reasons else Verdict.EQUIVALENT,
            reason="; ".join(reasons) or numerics(distances),
            before=before,
            after=after,
            worst_metric=worst.name,
            worst_drift=worst.change,
            worst_excess=worst.excess,
            distances=distances,
            max_abs=max(each.max_abs for each in distances.values()),
            max_rel=max(each.max_rel for each in distances.values()),
            changed_labels=changed,
            noise=floor,
            **confused,
        )

    def _noise(self, saved: Record, tolerance: Tolerance) -> dict[str, Distance]:
        """Distances between the writer's two predictions in its own process; empty where they are bit-equal."""
        if not saved.get("noise"):
            return {}
        first, second = self._outputs(saved["kept"]), self._outputs(saved["noise"])
        return {
            name: compare(
                first[name], second[name], atol=tolerance.atol or 0.0, rtol=tolerance.rtol or 0.0
            )
            for name in first
        }

    def _add_facts(
        self, cell: Cell, found: Judgement, saved: Record, loaded: Record, warned: tuple[str, ...]
    ) -> Judgement:
        """Add what is the same for all readers of an outcome's outputs: state, warnings, the gap of the writer."""
        before = (saved.get("state"), saved.get("resumed"), saved.get("kept_train"))
        after = (loaded.get("state"), loaded.get("resumed"), loaded.get("resume_error"))
        key = (id(found), *before, *after, warned)
        if key not in self._judged:
            self._judged[key] = self._with_facts(cell, found, saved, loaded, warned)
        return self._judged[key]

    def _with_facts(
        self, cell: Cell, found: Judgement, saved: Record, loaded: Record, warned: tuple[str, ...]
    ) -> Judgement:
        change = self._change(saved.get("state", ""), loaded.get("state", ""))
        reason = found.reason
        if change is not None and found.verdict in (Verdict.DRIFT, Verdict.EQUIVALENT):
            told = f"{change.text}: {told_state(change, drifted=found.verdict is Verdict.DRIFT)}"
            reason = f"{reason}; {told}"
        return replace(
            found,
            reason=reason,
            warned=warned,
            state="unknown" if change is None else change.word,
            optimizer="" if change is None else change.optimizer,
            resumes=self._resumes(saved, loaded, "" if change is None else change.optimizer),
            gap=self._gap(cell, saved, found),
        )

    def _resumes(self, saved: Record, loaded: Record, optimizer: str) -> str:
        """Compare what further training gave in the writer and in the reader; name what was lost where they differ."""
        if "resumed" not in saved or not ("resumed" in loaded or "resume_error" in loaded):
            return ""
        if "resume_error" in loaded:
            uncompiled = "compile" in loaded["resume_error"].lower()
            return (
                "lost compiled loss"
                if uncompiled
                else encodable(f"no: {' '.join(loaded['resume_error'].split())[:120]}")
            )
        before, after = (
            self._outputs(saved["resumed"])["resumed"],
            self._outputs(loaded["resumed"])["resumed"],
        )
        if compare(before, after, atol=_RESUME_ATOL, rtol=_RESUME_RTOL).within:
            return "yes"
        return "lost optimizer state" if optimizer in ("lost", "changed") else "no"

    def _change(self, before: str, after: str) -> StateChange | None:
        if not before or not after:
            return None
        if (before, after) not in self._changes:
            self._changes[before, after] = compare_states(self._states(before), self._states(after))
        return self._changes[before, after]

    def _gap(self, cell: Cell, saved: Record, found: Judgement) -> float:
        score = next((name for name in ("accuracy", "r2") if name in found.before), "")
        if not score or not saved.get("kept_train"):
            return float("nan")
        return (
            self._answers.metrics(cell, saved["kept_train"], "y_train")[score] - found.before[score]
        )
