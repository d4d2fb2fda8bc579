"""The run of one matrix: measure what is missing, judge, show, publish."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import crossload
from crossload.config import load_expectations
from crossload.engine import data as datasets
from crossload.engine.leaks import fault_of, leaks
from crossload.engine.ledger import Ledger
from crossload.engine.run import Run
from crossload.engine.state import Settings
from crossload.environments import Locker, Places, read_lock
from crossload.environments.locks import candidates
from crossload.errors import CrossloadError, EnvironmentUnavailable, HarnessFault, RecipeError, StrictFailure
from crossload.machine import cores, cpu_seconds, terminal_width
from crossload.plan import Cell, Selection
from crossload.progress import duration, make_progress
from crossload.report import EnvironmentFacts, Row, RunFacts, View, make_view, render_terminal, write_index, write_reports
from crossload.verdict import Control, Expectations, Judge

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from crossload.engine.store import Record, Store
    from crossload.plan import Environment, Plan


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a command line asks for."""

    matrices: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)
    jobs: int = 0
    strict: bool = False
    dry_run: bool = False
    no_fork: bool = False


class MatrixRun:
    """The run of one matrix, from its data to its report."""

    def __init__(
        self,
        places: Places,
        options: Options,
        store: Store,
        locker: Locker,
        plan: Plan,
        out: Callable[[str], None],
    ) -> None:
        self.places, self.options, self.store, self.locker, self.plan, self.out = (
            places, options, store, locker, plan, out,
        )  # fmt: skip

        self.expectations = expectations_of(places, plan)

    def run(self, saves: dict[str, Record], loads: dict[str, Record]) -> list[CrossloadError]:
        """Measure what is missing, judge, print, write; give what went wrong without ending the run."""
        began, cpu_began = time.monotonic(), cpu_seconds()
        plan, options = self.plan, self.options
        if not plan.selection:
            self.expectations.check_all_used(plan.cells)
        users = {each.data: f"{Path(each.file).name}: RECIPES[{each.name!r}]" for each in plan.catalog.everything.values()}
        data = datasets.prepare(plan.data_names, self.places.work / "data", users)
        ledger = Ledger(plan, data, saves, loads)
        judge = Judge(
            plan.catalog.everything,
            plan.tolerance,
            lambda name, part: datasets.labels(data[name][1], part),
            self._outputs,
            self._states,
        )
        progress = make_progress(plan.spec.name)
        settings = Settings(jobs=options.jobs or cores(), no_fork=options.no_fork)
        measuring = Run(plan, ledger, self.store, self.places, self.locker, progress, judge.drifts, settings)
        try:
            measuring.execute()
        except BaseException:
            progress.note(f"{measuring.measured} measurements of this run are kept; the same command goes on from there")
            raise
        finally:
            progress.close()
        found = leaks(ledger, plan)
        if not self._show_known(ledger, measuring.measured):
            facts = RunFacts(
                date=datetime.now(UTC).date().isoformat(),
                version=crossload.__version__,
                platform=f"{platform.system()} {platform.machine()}",
                saves=measuring.saved,
                loads=measuring.loaded,
                wall_seconds=time.monotonic() - began,
                cpu_seconds=cpu_seconds() - cpu_began,
                cores=settings.jobs,
                leaks=tuple(found),
            )
            view = self._view(ledger, judge, facts)
            self._publish(view, ledger)
        errors: list[CrossloadError] = list(measuring.bad_pins)
        if found:
            errors.append(fault_of(found))
        if mistakes := recipe_mistakes(ledger):
            errors.append(
                RecipeError("\n".join(mistakes), hint="the cells of these recipes are save errors; the rest is measured")
            )
        if missed := self._known().get("missed"):
            shown = "\n".join(str(each) for each in missed[:10])
            errors.append(
                HarnessFault(
                    f"{plan.spec.name}: {len(missed)} controls were missed:\n{shown}",
                    hint="artifacts damaged on purpose must be caught: do not believe the tables of this run",
                )
            )
        if not self._known().get("measured"):
            msg = f"{plan.spec.name}: not one of {len(plan.selected)} cells could be measured"
            errors.append(EnvironmentUnavailable(msg, hint="the reasons stand above, at NOT MEASURED"))
        if options.strict and (error := self._strict()):
            errors.append(error)
        return errors

    # --- judging and showing ------------------------------------------------------------------------------------

    def _outputs(self, kept: str) -> dict[str, np.ndarray]:
        import numpy as np  # noqa: PLC0415 - not needed by a run that measured nothing

        with np.load(self.store.outputs / f"{kept}.npz", allow_pickle=False) as stream:
            return {name: stream[name] for name in stream.files}

    def _states(self, name: str) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.store.states / f"{name}.json").read_text(encoding="utf-8"))
        return found

    def _view(self, ledger: Ledger, judge: Judge, facts: RunFacts) -> View:
        rows = []
        for cell in self.plan.selected:
            saved, loaded = ledger.save(cell.writer, cell.case), ledger.load(cell)
            missing = next((each for each in (cell.writer, cell.reader) if each in ledger.failures), None)
            reason = f"{missing}: {ledger.failures[missing].splitlines()[0]}" if missing else ""
            diagonal = ledger.load(Cell(cell.case, cell.writer, cell.writer))
            judged = judge.judge(cell, saved, loaded, reason, diagonal)
            record = loaded or saved or {}
            rows.append(
                Row(
                    cell=cell,
                    judgement=judged,
                    finding=self.expectations.finding(cell, judged),
                    seconds=record.get("seconds", {}),
                    artifact=(saved or {}).get("artifact", {}).get("sha256", ""),
                    artifact_bytes=(saved or {}).get("artifact", {}).get("bytes", 0),
                    confirmed=bool(record.get("confirm")),
                    traceback=record.get("error", {}).get("traceback", ""),
                    warnings=tuple(f"{each['category']}: {each['text']}" for each in record.get("warnings", ())),
                )
            )
        return make_view(
            name=self.plan.spec.name,
            title=self.plan.spec.title,
            environments=[
                self._facts(environment, ledger)
                for environment in self.plan.environments
                if any(environment.id in (cell.writer, cell.reader) for cell in self.plan.selected)
            ],
            rows=rows,
            run=facts,
            controls=[self._control(cell, ledger, judge) for cell in self.plan.controls],
            judged_against=bool(self.expectations),
            expired=[f"{each.name}: {each.reason}" for each in self.expectations.expired],
        )

    def _control(self, cell: Cell, ledger: Ledger, judge: Judge) -> Control:
        recipe = self.plan.catalog.controls[cell.case.recipe]
        failure = ledger.failures.get(cell.writer, "")
        judged = judge.judge(cell, ledger.save(cell.writer, cell.case), ledger.load(cell), failure)
        return Control(cell=cell, expected=recipe.expect, says=recipe.says, resumes=recipe.resumes, judgement=judged)

    def _facts(self, environment: Environment, ledger: Ledger) -> EnvironmentFacts:
        failure = ledger.failures.get(environment.id, "")
        built = ledger.built.get(environment.id)
        if built is None:
            locks = [lock for path in candidates(environment.id, self.places) if (lock := read_lock(path))]
            known = locks[0] if locks else None
            return EnvironmentFacts(
                id=environment.id,
                axis=environment.axis or "",
                python=known.python if known else "",
                versions=known.versions() if known else {},
                as_of=known.as_of if known else "",
                failure=failure,
            )
        return EnvironmentFacts(
            id=environment.id,
            axis=environment.axis or "",
            python=built.python_version,
            versions=built.lock.versions(),
            as_of=built.lock.as_of,
            left_out=built.lock.left_out,
            failure=failure,
        )

    def _state(self, ledger: Ledger) -> str:
        """Digest of all that the report depends on."""
        state = hashlib.sha256(json.dumps(sorted(ledger.failures.items())).encode())
        for cell in (*self.plan.controls, *self.plan.selected):
            saved, loaded = ledger.save(cell.writer, cell.case), ledger.load(cell)
            parts = (ledger.save_key(cell.writer, cell.case), saved and saved["status"], ledger.load_key(cell))
            state.update(repr((*parts, loaded and loaded["status"])).encode())
        state.update(self.plan.spec.path.read_bytes())
        path = expectations_path(self.places, self.plan)
        state.update(path.read_bytes() if path.exists() else b"")
        state.update(datetime.now(UTC).date().isoformat().encode() if self.expectations.expired else b"")
        for path in sorted(Path(crossload.__path__[0]).rglob("*.*")):
            if path.suffix in (".py", ".html"):
                state.update(path.read_bytes())
        return state.hexdigest()

    def _known(self) -> dict[str, Any]:
        try:
            found = json.loads(self._known_path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}  # no report yet
        return found if isinstance(found, dict) else {}

    @property
    def _known_path(self) -> Path:
        return self.places.work / "shown" / f"{self.plan.spec.name}{'-part' if self.plan.selection else ''}.json"

    @property
    def _folder(self) -> Path:
        """Where the report goes: a part of a matrix never takes the place of the published whole."""
        top = self.places.work / "reports" if self.plan.selection else self.places.reports
        return top / self.plan.spec.name

    def _show_known(self, ledger: Ledger, measured: int) -> bool:
        """Show the tables of the last run, if nothing that they depend on has changed since."""
        known = self._known()
        if measured or known.get("state") != self._state(ledger) or not (self._folder / "outcomes.parquet").exists():
            return False
        self.out(str(known["text"]))
        self.out(f"{self.plan.spec.name}: nothing to measure: all outcomes are known, and nothing that they depend on changed")
        return True

    def _publish(self, view: View, ledger: Ledger) -> None:
        text = render_terminal(view, width=terminal_width())
        self.out(text)
        write_reports(view, self._folder)
        if not self.plan.selection:
            write_index(self.places.reports)
        run = view.run
        did = f"{run.saves} saves and {run.loads} loads in {duration(run.wall_seconds)}"
        if not run.saves + run.loads:
            did = "nothing to measure, tables judged and written anew" if view.measured else "nothing could be measured"
        self.out(f"{view.name}: {did}; report: {self._folder.relative_to(self.places.root).as_posix()}/")
        self._known_path.parent.mkdir(parents=True, exist_ok=True)
        known = {
            "state": self._state(ledger),
            "text": text,
            "failed": view.unexpected if view.judged_against else view.failed,
            "judged_against": view.judged_against,
            "complete": view.complete,
            "measured": view.measured,
            "missed": [each.text for each in view.missed],
        }
        self._known_path.write_text(json.dumps(known), encoding="utf-8")

    def _strict(self) -> StrictFailure | None:
        known = self._known()
        if known.get("failed") or not known.get("complete"):
            left = "" if known.get("complete") else "; not every cell was measured"
            what = "cells are not as expected" if known.get("judged_against") else "cells failed"
            return StrictFailure(f"{self.plan.spec.name}: --strict: {known.get('failed')} {what}{left}")
        return None


def recipe_mistakes(ledger: Ledger) -> list[str]:
    """Outputs of recipes that broke the contract when the writer asked for them, each once."""
    found = []
    for cell in ledger.plan.selected:
        record = ledger.save(cell.writer, cell.case) or {}
        if record.get("error", {}).get("type", "").endswith("ContractError"):
            found.append(str(record["error"]["message"]))
    return list(dict.fromkeys(found))


def expectations_path(places: Places, plan: Plan) -> Path:
    """Where the expectations of a matrix are, if it has any."""
    return places.matrix / "expectations" / f"{plan.spec.name}.toml"


def expectations_of(places: Places, plan: Plan) -> Expectations:
    """The expectations of a matrix.  Raises `ConfigError`."""
    shown = f"matrix/expectations/{plan.spec.name}.toml"
    known = load_expectations(expectations_path(places, plan), shown=shown)
    environments = {environment.id: environment for environment in plan.environments}
    return Expectations(known, environments, today=datetime.now(UTC).date(), shown=shown)
