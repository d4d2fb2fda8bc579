"""The facts beside the outputs that a judgement has: fitted state, training, warnings, gap."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.verdict.reasons import state_text
from crossload.verdict.state_change import StateChange, compare_states
from crossload.verdict.training import resumes_text
from crossload.verdict.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crossload.plan import Cell
    from crossload.verdict.judgement import Judgement
    from crossload.verdict.scores import Scores

Array = np.ndarray[Any, Any]
Record = dict[str, Any]


class Facts:
    """Adds facts to judgements of outputs; cells with equal facts share one object.

    Parameters
    ----------
    scores
        Metrics of recorded outputs, for the gap between training and held-out rows.
    outputs
        Gives recorded outputs by the digest under which they are kept.
    states
        Gives a fitted state by its digest: digests of arrays by their place in the model.
    """

    def __init__(
        self,
        scores: Scores,
        outputs: Callable[[str], Mapping[str, Array]],
        states: Callable[[str], Mapping[str, str]],
    ) -> None:
        self._scores, self._outputs, self._states = scores, outputs, states
        self._changes: dict[tuple[str, str], StateChange] = {}
        self._complete: dict[tuple[Any, ...], tuple[Judgement, Judgement]] = {}

    def add(
        self, cell: Cell, found: Judgement, saved: Record, loaded: Record, warned: tuple[str, ...]
    ) -> Judgement:
        """Add the facts of a save and a load to the judgement of their outputs.

        Parameters
        ----------
        cell
            The cell.
        found
            Judgement of the outputs.
        saved, loaded
            Records of the save and of the load.
        warned
            Categories of the warnings of the load.
        """
        before = (saved.get("state"), saved.get("resumed"), saved.get("kept_train"))
        after = (loaded.get("state"), loaded.get("resumed"), loaded.get("resume_error"))
        # by identity: hashing all numbers of a judgement for each cell takes too long.  The entry
        # keeps it: the address of one that is gone may be given to the judgement of another cell,
        # and a drift that got the facts of an identical cell was called identical.
        key = (id(found), *before, *after, warned)
        known = self._complete.get(key)
        if known is None:
            complete = self._with_facts(cell, found, saved, loaded, warned)
            known = self._complete.setdefault(key, (found, complete))
        return known[1]

    def _with_facts(
        self, cell: Cell, found: Judgement, saved: Record, loaded: Record, warned: tuple[str, ...]
    ) -> Judgement:
        change = self._change(saved.get("state", ""), loaded.get("state", ""))
        reason = found.reason
        if change is not None and found.verdict in (Verdict.DRIFT, Verdict.EQUIVALENT):
            meaning = state_text(change, drifted=found.verdict is Verdict.DRIFT)
            reason = f"{reason}; {change.text}: {meaning}"
        optimizer = "" if change is None else change.optimizer
        return replace(
            found,
            reason=reason,
            warned=warned,
            state="unknown" if change is None else change.word,
            optimizer=optimizer,
            resumes=resumes_text(saved, loaded, optimizer, self._outputs),
            gap=self._gap(cell, saved, found),
        )

    def _change(self, before: str, after: str) -> StateChange | None:
        # the worker names no state where a loaded object shows no arrays
        if not before or not after:
            return None
        if (before, after) not in self._changes:
            self._changes[before, after] = compare_states(self._states(before), self._states(after))
        return self._changes[before, after]

    def _gap(self, cell: Cell, saved: Record, found: Judgement) -> float:
        """Subtract the held-out score of the writer from that on its training rows."""
        # only scores of which more is better and 1 is the best: their differences can be compared
        score = next((name for name in ("accuracy", "r2") if name in found.before), "")
        if not score or not saved.get("kept_train"):
            return float("nan")
        trained = self._scores.metrics(cell, saved["kept_train"], "y_train")
        return trained[score] - found.before[score]
