"""From outcomes to a view: every cell judged, against tolerances and against what is known."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossload.config import load_expectations
from crossload.engine import data as datasets
from crossload.environments import read_lock
from crossload.environments.locks import candidates
from crossload.plan import Cell
from crossload.report import EnvironmentFacts, Row, make_view
from crossload.report.labels import signature_of
from crossload.system import without_garbage_collection
from crossload.verdict import Control, Expectations, Judge, Verdict, metrics, scores
from crossload.verdict.reasons import encodable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crossload.engine.ledger import Ledger
    from crossload.environments import Project
    from crossload.plan import Environment, Plan
    from crossload.plan.frontier import Accuracy, Inference, Token
    from crossload.report import RunFacts, View
    from crossload.store.records import Record


class Evaluation:
    """Judges the cells of one plan."""

    def __init__(
        self, project: Project, plan: Plan, ledger: Ledger, expectations: Expectations
    ) -> None:
        self.project, self.plan, self.ledger, self.expectations = (
            project,
            plan,
            ledger,
            expectations,
        )
        self.inferred: dict[Cell, Inference] = {}
        """Cells that need no measuring, by what is known of their neighbours."""
        self.accuracy: Accuracy | None = None
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
        """The view of everything selected.  Raises `Damaged` for outputs that are not what they were."""
        self._spent.clear()
        self.ledger.journals.clear()
        with without_garbage_collection():
            view = self._view(facts)
        self._write_metrics()
        first, last = self.ledger.days()
        run = replace(view.run, since=first, date=last) if last else view.run
        return replace(view, costs=self._costs(), accuracy=self.accuracy, run=run)

    def _read_metrics(self) -> dict[str, dict[str, Any]]:
        """Metrics that earlier runs computed of the same outputs: they are most of the time of judging."""
        try:
            known = json.loads(self._cache.read_text(encoding="utf-8"))
            return dict(known["metrics"]) if known["stamp"] == self._stamp else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}  # none yet, or not readable: they are computed anew

    def _write_metrics(self) -> None:
        self._cache.parent.mkdir(parents=True, exist_ok=True)
        part = self._cache.with_suffix(".part")
        part.write_text(
            json.dumps({"stamp": self._stamp, "metrics": self._computed}), encoding="utf-8"
        )
        part.replace(self._cache)

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
            judged_against=bool(self.expectations),
            expired=[f"{each.name}: {each.reason}" for each in self.expectations.expired],
            tolerances={case.name: self.plan.tolerance(case) for case in self.plan.cases},
        )

    def _costs(self) -> dict[str, dict[str, float]]:
        """What saves and loads took, by writer and by recipe, for the split into shards."""
        found: dict[str, dict[str, float]] = {"writers": {}, "recipes": {}}
        for (writer, recipe), seconds in self._spent.items():
            for part, name in (("writers", writer), ("recipes", recipe)):
                found[part][name] = found[part].get(name, 0.0) + seconds
        return {
            part: {name: round(seconds, 1) for name, seconds in sorted(each.items())}
            for part, each in found.items()
        }

    def tokens(self, cells: Iterable[Cell]) -> dict[Cell, Token]:
        """What was found of those cells that have an outcome: verdict, and what was said."""
        found: dict[Cell, Token] = {}
        for cell in cells:
            saved, loaded, _ = self.ledger.outcome(cell)
            diagonal = self.ledger.load(Cell(cell.case, cell.writer, cell.writer))
            judged = self.judge.judge(cell, saved, loaded, "", diagonal)
            if judged.verdict is not Verdict.NOT_RUN:
                found[cell] = (judged.verdict.word, signature_of(judged.reason))
        return found

    def rows(self) -> Iterator[Row]:
        """Judged cells, one after the other."""
        ledger, failures = self.ledger, self.ledger.failures
        diagonals: dict[tuple[str, str, str], Record | None] = {}
        warned: dict[int, tuple[Record, tuple[str, ...]]] = {}
        for cell in self.plan.selected:
            saved, loaded, seconds = ledger.outcome(cell)
            reason = (
                self._unavailable(cell)
                if failures and loaded is None and (saved is None or "artifact" in saved)
                else ""
            )
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
            yield Row(
                cell=cell,
                judgement=judged,
                finding=self.expectations.finding(cell, judged),
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
        if saved is not None and cell.writer == cell.reader:
            key = self.ledger.save_key(cell.writer, cell.case)
            self._spent[unit] = self._spent.get(unit, 0.0) + sum(
                self.ledger.store.saves.seconds(key).values()
            )
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
    """Digest of what metrics rest on beside the outputs: data sets, the code that computes them, versions of libraries."""
    versions = [version(name) for name in ("scikit-learn", "numpy", "scipy")]
    code = b"".join(Path(str(module.__file__)).read_bytes() for module in (metrics, scores))
    parts = [sorted((name, digest) for name, (digest, _) in data.items()), versions]
    return hashlib.sha256(repr(parts).encode() + code).hexdigest()


def _warnings(record: Record, known: dict[int, tuple[Record, tuple[str, ...]]]) -> tuple[str, ...]:
    """Warnings of a record as texts; what many cells share is made once."""
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
    """Outputs of recipes that broke the contract when the writer asked for them, each once."""
    found: dict[str, None] = {}
    asked = set()
    for cell in ledger.plan.selected:
        if (cell.writer, cell.case) in asked:
            continue
        asked.add((cell.writer, cell.case))
        record = ledger.save(cell.writer, cell.case) or {}
        if record.get("error", {}).get("type", "").endswith("ContractError"):
            found[str(record["error"]["message"])] = None
    return list(found)


def expectations_path(project: Project, plan: Plan) -> Path:
    """Where the expectations of a matrix are, if it has any."""
    return project.matrix / "expectations" / f"{plan.spec.name}.toml"


def expectations_of(project: Project, plan: Plan) -> Expectations:
    """The expectations of a matrix.  Raises `ConfigError`."""
    shown = f"matrix/expectations/{plan.spec.name}.toml"
    known = load_expectations(expectations_path(project, plan), shown=shown)
    environments = {environment.id: environment for environment in plan.environments}
    return Expectations(known, environments, today=datetime.now(UTC).date(), shown=shown)
