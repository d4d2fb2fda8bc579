"""The evaluation of a plan: every cell judged, against tolerances and against what is known.

It makes a view of outcomes; nothing is measured here.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossload.derived import write_text
from crossload.engine import data as datasets
from crossload.environments import read_lock
from crossload.environments.lock_file import candidates
from crossload.plan import Cell
from crossload.report import EnvironmentFacts, JudgedCell, make_view
from crossload.report.labels import signature_of
from crossload.store.blobs import Damaged
from crossload.system import pause_garbage_collection
from crossload.verdict import Causes, Control, Judge, Verdict, metrics, probabilities, scores
from crossload.verdict.error_texts import encodable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crossload.config import Cause
    from crossload.engine.ledger import Ledger
    from crossload.environments import Project
    from crossload.plan import Environment, Plan
    from crossload.plan.frontier import Accuracy, Inference, Token
    from crossload.report import RunFacts, View
    from crossload.store.records import Record


class Evaluation:
    """The evaluation of the outcomes of one plan.

    Parameters
    ----------
    project
        Folders of the project; metrics that were computed are kept in ``.crossload/metrics``.
    plan
        The plan.
    ledger
        Knows the outcomes of its cells.
    causes
        Causes of failures.
    """

    def __init__(
        self, project: Project, plan: Plan, ledger: Ledger, causes: Sequence[Cause]
    ) -> None:
        self.project, self.plan, self.ledger = project, plan, ledger
        self._known_causes = causes
        self.inferred: dict[Cell, Inference] = {}
        """Cells that need no measuring, by what is known of their neighbours."""
        self.accuracy: Accuracy | None = None
        """Counts of inferences, and of those that were checked; None where nothing is inferred."""
        self._spent: dict[tuple[str, str], float] = {}
        """Seconds by (writer, recipe) of its saves, and of the loads of what they gave."""
        data = ledger.data
        self._cache = project.work / "metrics" / f"{plan.spec.name}.json"
        self._stamp = _stamp_of(data)
        self._computed = self._read_metrics()
        self.judge = Judge(
            plan.catalog.everything,
            plan.tolerance,
            lambda name, part: datasets.labels(data[name][1], part),
            ledger.store.blobs.arrays,
            ledger.store.blobs.state,
            self._computed,
        )

    def view(self, facts: RunFacts) -> View:
        """Judge everything selected.

        Parameters
        ----------
        facts
            Facts of the run, for the report. Its dates are replaced by those of the outcomes, so
            that two reports of the same outcomes are equal.

        Raises
        ------
        Damaged
            Outputs in the store are not what they were; they are set aside.
        """
        # after `Damaged` the same evaluation is asked again
        self._spent.clear()
        self.ledger.journals.clear()
        with pause_garbage_collection():
            view = self._view(facts)
        self._write_metrics()
        first, last = self.ledger.days()
        run = replace(view.run, since=first, date=last) if last else view.run
        return replace(view, costs=self._costs(), accuracy=self.accuracy, run=run)

    def _read_metrics(self) -> dict[str, dict[str, Any]]:
        """Read metrics that earlier runs computed of the same outputs."""
        try:
            known = json.loads(self._cache.read_text(encoding="utf-8"))
            text = json.dumps(known["metrics"], sort_keys=True)
            # numbers of a damaged file would be believed like any others
            if known["sha256"] == hashlib.sha256(text.encode()).hexdigest():
                return dict(known["metrics"]) if known["stamp"] == self._stamp else {}
        except (OSError, ValueError, KeyError, TypeError):
            pass  # none yet, or not readable: a cache that is damaged must not end a run
        return {}

    def _write_metrics(self) -> None:
        # as a file gives it back: its keys are texts, and what is no number in JSON is none
        text = json.dumps(json.loads(json.dumps(self._computed)), sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        head = json.dumps({"stamp": self._stamp, "sha256": digest})
        write_text(self._cache, f'{head[:-1]}, "metrics": {text}}}')

    def _view(self, facts: RunFacts) -> View:
        selected = self.plan.selected
        touched = {each for cell in selected for each in (cell.writer, cell.reader)}
        return make_view(
            name=self.plan.spec.name,
            title=self.plan.spec.title,
            environments=[
                self._facts(each) for each in self.plan.environments if each.id in touched
            ],
            rows=self.rows(),
            run=facts,
            controls=[self._control(cell) for cell in self.plan.controls],
            tolerances={case.name: self.plan.tolerance(case) for case in self.plan.cases},
        )

    def _costs(self) -> dict[str, dict[str, float]]:
        """Sum up the seconds of saves and loads by writer and by recipe, to split into shards."""
        found: dict[str, dict[str, float]] = {"writers": {}, "recipes": {}}
        for (writer, recipe), seconds in self._spent.items():
            for part, name in (("writers", writer), ("recipes", recipe)):
                found[part][name] = found[part].get(name, 0.0) + seconds
        return {
            part: {name: round(seconds, 1) for name, seconds in sorted(each.items())}
            for part, each in found.items()
        }

    def tokens(self, cells: Iterable[Cell]) -> dict[Cell, Token]:
        """Judge those of some cells that have an outcome, for a `Frontier`.

        Returns
        -------
        dict
            By cell: its verdict, and its reason without details that differ from cell to cell.
        """
        found: dict[Cell, Token] = {}
        for cell in cells:
            saved, loaded, _ = self.ledger.outcome(cell)
            diagonal = self.ledger.load(Cell(cell.case, cell.writer, cell.writer))
            try:
                judged = self.judge.judge(cell, saved, loaded, "", diagonal)
            except Damaged:
                # set aside by now: the cell has no outcome until it is measured again
                continue
            if judged.verdict is not Verdict.NOT_RUN:
                found[cell] = (judged.verdict.word, signature_of(judged.reason))
        return found

    def rows(self) -> Iterator[JudgedCell]:
        """Judge the selected cells, one after the other.

        They are not kept here: a plan may have millions, and the view keeps them as columns.
        """
        ledger, failures = self.ledger, self.ledger.failures
        facts = (self._facts(each) for each in self.plan.environments)
        causes = Causes(
            self._known_causes,
            {each.id: {"python": each.python} | each.versions for each in facts},
        )
        diagonals: dict[tuple[str, str, str], Record | None] = {}
        warned: dict[int, tuple[Record, tuple[str, ...]]] = {}
        for cell in self.plan.selected:
            saved, loaded, seconds = ledger.outcome(cell)
            # a save that failed has a reason of its own, whatever became of the reader
            reason = (
                self._unavailable(cell)
                if failures and loaded is None and (saved is None or "artifact" in saved)
                else ""
            )
            # the same writer and case are met once for each reader
            place = (cell.writer, cell.case.recipe, cell.case.format)
            if place not in diagonals:
                diagonals[place] = ledger.load(Cell(cell.case, cell.writer, cell.writer))
            diagonal = diagonals[place]
            if loaded is None and cell in self.inferred:
                judged = self.judge.infer(self.inferred[cell])
            else:
                judged = self.judge.judge(cell, saved, loaded, reason, diagonal)
            record = loaded or saved or {}
            self._spend(cell, saved, loaded, seconds)
            artifact = (saved or {}).get("artifact", {})
            yield JudgedCell(
                cell=cell,
                judgement=judged,
                finding=causes.finding(cell, judged, (saved or {}).get("holds", ())),
                seconds=seconds,
                artifact=artifact.get("sha256", ""),
                artifact_bytes=artifact.get("bytes", 0),
                confirmed=bool(record.get("confirm")),
                traceback=encodable(record.get("error", {}).get("traceback", "")),
                warnings=_warnings(record, warned),
            )

    def _spend(
        self, cell: Cell, saved: Record | None, loaded: Record | None, seconds: dict[str, float]
    ) -> None:
        unit = (cell.writer, cell.case.recipe)
        # a save serves all readers: it is counted once, with the cell on the diagonal
        if saved is not None and cell.writer == cell.reader:
            key = self.ledger.save_key(cell.writer, cell.case)
            taken = sum(self.ledger.store.saves.seconds(key).values())
            self._spent[unit] = self._spent.get(unit, 0.0) + taken
        if loaded is not None:
            self._spent[unit] = self._spent.get(unit, 0.0) + sum(seconds.values())

    def _unavailable(self, cell: Cell) -> str:
        missing = next(
            (each for each in (cell.writer, cell.reader) if each in self.ledger.failures), None
        )
        return f"{missing}: {self.ledger.failures[missing].splitlines()[0]}" if missing else ""

    def _control(self, cell: Cell) -> Control:
        recipe = self.plan.catalog.controls[cell.case.recipe]
        saved, loaded, _ = self.ledger.outcome(cell)
        # a control is saved and loaded in one environment, so that one failure explains both
        failure = self.ledger.failures.get(cell.writer, "") if loaded is None else ""
        judged = self.judge.judge(cell, saved, loaded, failure)
        return Control(
            cell=cell,
            expected=recipe.expect,
            says=recipe.says,
            resumes=recipe.resumes,
            judgement=judged,
        )

    def _facts(self, environment: Environment) -> EnvironmentFacts:
        identity = self.ledger.identities.get(environment.id)
        locks = [
            lock for path in candidates(environment.id, self.project) if (lock := read_lock(path))
        ]
        # the lock that was installed; while nothing stands, the one that would be
        known = next(
            (lock for lock in locks if identity and lock.digest == identity.lock),
            locks[0] if locks else None,
        )
        return EnvironmentFacts(
            id=environment.id,
            axis=environment.axis or "",
            python=identity.python if identity else known.python if known else "",
            versions=known.versions() if known else {},
            as_of=known.as_of if known else "",
            left_out=known.left_out if known and identity else (),
            failure=self.ledger.failures.get(environment.id, ""),
        )


def _stamp_of(data: dict[str, tuple[str, Path]]) -> str:
    """Digest what metrics rest on beside the outputs: data sets, libraries, and our own code."""
    # scikit-learn computes with SciPy and NumPy: any of them may change the last digits
    versions = [version(name) for name in ("scikit-learn", "numpy", "scipy")]
    modules = (metrics, probabilities, scores)
    code = b"".join(Path(str(module.__file__)).read_bytes() for module in modules)
    parts = [sorted((name, digest) for name, (digest, _) in data.items()), versions]
    return hashlib.sha256(repr(parts).encode() + code).hexdigest()


def _warnings(record: Record, known: dict[int, tuple[Record, tuple[str, ...]]]) -> tuple[str, ...]:
    """Give the warnings of a record as texts.

    Cells that share a record share the texts. They are known by the identity of the record, which
    is kept beside them: an object that is gone could leave its number to another one.
    """
    if not record.get("warnings"):
        return ()
    found = known.get(id(record))
    if found is None:
        texts = tuple(
            encodable(f"{each['category']}: {each['text']}") for each in record["warnings"]
        )
        found = known[id(record)] = (record, texts)
    return found[1]


def recipe_mistakes(ledger: Ledger) -> list[str]:
    """List the mistakes of recipes that broke the contract when a writer used them, each once.

    Parameters
    ----------
    ledger
        Knows the saves of its plan; only a save tells, because the worker checks outputs there.
    """
    found: dict[str, None] = {}
    seen = set()
    for cell in ledger.plan.selected:
        if (cell.writer, cell.case) in seen:
            continue
        seen.add((cell.writer, cell.case))
        record = ledger.save(cell.writer, cell.case) or {}
        if record.get("error", {}).get("type", "").endswith("ContractError"):
            found[str(record["error"]["message"])] = None
    return list(found)
