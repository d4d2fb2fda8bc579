"""The run of one matrix: measure what is missing, judge, show, publish."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crossload.engine import data as datasets
from crossload.engine.executors.local import LocalExecutor
from crossload.engine.interfaces import Settings
from crossload.engine.keys import Identity
from crossload.engine.leaks import fault_of, leaks
from crossload.engine.ledger import Ledger
from crossload.engine.run import Run
from crossload.environments import Locker, Project, is_built, read_lock
from crossload.environments.locks import candidates
from crossload.errors import (
    CrossloadError,
    EnvironmentUnavailable,
    HarnessFault,
    RecipeError,
    StoreError,
    StrictFailure,
)
from crossload.matrix.evaluate import Evaluation, expectations_of, recipe_mistakes
from crossload.matrix.history import History
from crossload.matrix.known_verdicts import KnownVerdicts
from crossload.matrix.last_report import LastReport
from crossload.matrix.progress import make_progress
from crossload.plan import Selection
from crossload.plan.frontier import Frontier
from crossload.plan.priority import priority_of_cells
from crossload.report import RunFacts, View, render_terminal, write_index, write_reports
from crossload.report.exports import tell_github
from crossload.report.feed import FEED_NAME
from crossload.report.verdict_table import verdict_lines
from crossload.store.blobs import Damaged
from crossload.system import cores, cpu_seconds, duration, parent_is_gone, terminal_width
from crossload.verdict import Verdict
from crossload.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossload.engine.interfaces import Executor
    from crossload.plan import Plan
    from crossload.store.store import Store

_DAMAGED_TIMES = 3
"""How often a run starts over after it has found damaged outputs in the store."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a command line asks for."""

    matrices: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)
    jobs: int = 0
    strict: bool = False
    dry_run: bool = False
    explain: bool = False
    fresh: bool = False
    no_fork: bool = False
    budget: float | None = None
    """Seconds after which nothing new is begun."""
    frontier: bool = False
    """Measure boundaries, and infer what lies between equal neighbours."""
    executor: str = "local"
    scheduler: str = ""
    """Address of a Dask scheduler."""
    store: str = ""
    """Folder, or URL that fsspec knows, of the store; by default ``.crossload/store``."""
    shard: str = ""
    """``3/8``: the third of eight parts."""


class MatrixRun:
    """The run of one matrix, from its data to its report."""

    def __init__(
        self,
        project: Project,
        options: Options,
        store: Store,
        locker: Locker,
        plan: Plan,
        out: Callable[[str], None],
        *,
        measure: bool = True,
    ) -> None:
        self.project, self.options, self.store, self.locker, self.plan, self.out = (
            project, options, store, locker, plan, out,
        )  # fmt: skip
        self.measure = measure
        self.left_alone = False
        """Whether nothing is known of the matrix, so that there is nothing to say."""
        self.shown = LastReport(project, plan)
        self.expectations = expectations_of(project, plan)

    def run(self) -> list[CrossloadError]:
        """Measure what is missing, judge, print, write; give what went wrong without ending the run."""
        began, cpu_began = time.monotonic(), cpu_seconds()
        plan, options = self.plan, self.options
        if not plan.is_part:
            self.expectations.check_all_used(plan.cells)
        ledger = make_ledger(self.project, plan, self.store, foreign=not self.measure)
        judging = Evaluation(self.project, plan, ledger, self.expectations)
        progress = make_progress(plan)
        settings = Settings(
            jobs=options.jobs or cores(),
            no_fork=options.no_fork,
            seconds=options.budget,
            gone=parent_is_gone,
        )
        memory = KnownVerdicts(self.project, plan.spec.name)
        value = None if options.budget is None else priority_of_cells(plan, *memory.recall())
        executor = self._executor(ledger, settings, progress.note)
        measuring = Run(
            plan,
            ledger,
            self.store,
            executor,
            progress,
            judging.judge.drifts,
            settings,
            value=value,
        )
        text, found = "", list[str]()
        try:
            for attempt in range(_DAMAGED_TIMES):
                if self.measure:
                    self.store.append([ledger.keys.snapshot(plan.spec.name)])
                    self._measure(measuring, judging)
                found = leaks(ledger, plan)
                if self._show_known(ledger, measuring.measured):
                    break
                facts = RunFacts(
                    date=datetime.now(UTC).date().isoformat(),
                    version=__version__,
                    platform=f"{platform.system()} {platform.machine()}",
                    saves=measuring.saved,
                    loads=measuring.loaded,
                    wall_seconds=time.monotonic() - began,
                    cpu_seconds=cpu_seconds() - cpu_began,
                    cores=settings.jobs,
                    leaks=tuple(found),
                )
                try:
                    view = judging.view(facts)
                    if not self.measure and not view.measured:
                        self.out(
                            f"{plan.spec.name}: no outcome of it is known: its report is left as it is"
                        )
                        self.left_alone = True
                        return []
                except Damaged as damage:
                    if attempt + 1 == _DAMAGED_TIMES:
                        msg = f"{damage}, {_DAMAGED_TIMES} times in a row"
                        raise StoreError(msg, hint="check the disk") from damage
                    self.store.blobs.check()
                    progress.note(
                        f"{damage}; what refers to it is {'measured again' if self.measure else 'unknown'}"
                    )
                    continue
                memory.remember(view)
                text = self._publish(view, ledger, out_of_time=measuring.out_of_time)
                break
        except BaseException:
            if self.measure:
                how = "the same command without --fresh" if options.fresh else "the same command"
                progress.note(
                    f"{measuring.measured} measurements of this run are kept; {how} goes on from there"
                )
            raise
        finally:
            executor.close()
            progress.close()
        if text:
            self.out(text)
        errors: list[CrossloadError] = list(measuring.bad_pins)
        if found:
            errors.append(fault_of(found))
        if mistakes := recipe_mistakes(ledger):
            errors.append(
                RecipeError(
                    "\n".join(mistakes),
                    hint="the cells of these recipes are save errors; the rest is measured",
                )
            )
        return [*errors, *errors_of_known(self.shown, plan, strict=options.strict)]

    def _measure(self, measuring: Run, judging: Evaluation) -> None:
        plan = self.plan
        if not self.options.frontier:
            measuring.execute((*plan.controls, *plan.selected))
            return
        measuring.execute(plan.controls)
        frontier = Frontier(plan)
        frontier.learn(judging.tokens(plan.selected))

        def advance() -> None:
            while cells := frontier.next_cells():
                measuring.execute(cells)
                frontier.learn(judging.tokens(cells))

        advance()
        drawn = frontier.sample()
        measuring.execute(drawn)
        frontier.learn(judging.tokens(drawn))
        accuracy = frontier.check()
        advance()
        left = frontier.left()
        found = judging.tokens(
            left
        )  # writers that gave the same bytes as another are known without being measured
        judging.inferred = {
            cell: inference for cell, inference in left.items() if cell not in found
        }
        judging.accuracy = replace(accuracy, inferred=len(judging.inferred))

    def _executor(self, ledger: Ledger, settings: Settings, say: Callable[[str], None]) -> Executor:
        parts = (self.plan, ledger.data, self.store, self.project, self.locker, settings, say)
        if self.options.executor == "local" or not self.measure:
            return LocalExecutor(*parts)
        from crossload.engine.executors.dask import DaskExecutor  # noqa: PLC0415 - needs an extra

        return DaskExecutor(self.options.scheduler, *parts)

    def _show_known(self, ledger: Ledger, measured: int) -> bool:
        """Show the tables of the last run, if nothing that they depend on has changed since."""
        known = self.shown.read()
        if measured or not self.shown.has_report or known.get("state") != self.shown.state(ledger):
            return False
        show_known(self.shown, self.plan, self.out)
        return True

    def _publish(self, view: View, ledger: Ledger, *, out_of_time: bool) -> str:
        history = History(self.project, view.name)
        view = replace(view, past=history.past(view))
        text = render_terminal(view, width=terminal_width())
        partial = self.options.frontier or self.options.budget is not None or not self.measure
        if partial and (view.counts[Verdict.NOT_RUN] or view.counts[Verdict.INFERRED]):
            # a table with gaps that were wanted, or that nobody has filled yet, never takes the place of a whole one
            self.shown = LastReport(self.project, self.plan, part=True)
        whole = not self.shown.part
        if whole:
            history.append(view, datetime.now(UTC))
        write_reports(view, self.shown.folder, {FEED_NAME: history.feed(view.title)})
        if whole:
            write_index(self.project.reports)
        tell_github(os.environ, view.name, self.shown.folder, self.out)
        run = view.run
        did = f"{run.saves} saves and {run.loads} loads in {duration(run.wall_seconds)}"
        if not self.measure:
            did = "judged and written anew"
        elif not run.saves + run.loads:
            did = (
                "nothing to measure, tables judged and written anew"
                if view.measured
                else "nothing could be measured"
            )
        self.shown.write(
            LastReport.of(view, text, self.shown.state(ledger)) | {"out_of_time": out_of_time}
        )
        self.shown.write_table(verdict_lines(view))
        if out_of_time:
            left = view.counts[Verdict.NOT_RUN]
            did += f"; the time was up with {left} cells not measured, and the same command goes on with them"
        return f"{text}\n{view.name}: {did}; report: {self.shown.folder.relative_to(self.project.root).as_posix()}/"


def make_ledger(project: Project, plan: Plan, store: Store, *, foreign: bool = False) -> Ledger:
    """The ledger of a plan, with the identities of environments as far as they are known without building any.

    With ``foreign`` what other machines say of an environment counts more than the one that stands here.
    """
    users = {
        each.data: f"{Path(each.file).name}: RECIPES[{each.name!r}]"
        for each in plan.catalog.everything.values()
    }
    ledger = Ledger(plan, datasets.prepare(plan.data_names, project.work / "data", users), store)
    for environment in plan.environments:
        built = is_built(environment, project)
        if built is not None:
            ledger.identify(environment.id, Identity.of(built))
        if built is None or foreign:
            locks = [
                lock for path in candidates(environment.id, project) if (lock := read_lock(path))
            ]
            ledger.recall(
                environment.id, [lock for lock in locks if lock.inputs == environment.inputs_digest]
            )
        if foreign:
            ledger.recall_failure(environment.id)
    return ledger


def show_known(shown: LastReport, plan: Plan, out: Callable[[str], None]) -> None:
    """Print the tables of the last run again."""
    out(str(shown.read()["text"]))
    out(
        f"{plan.spec.name}: nothing to measure: all outcomes are known, and nothing that they depend on changed"
    )


def errors_of_known(shown: LastReport, plan: Plan, *, strict: bool) -> list[CrossloadError]:
    """What is wrong with the tables that were shown last."""
    known = shown.read()
    errors: list[CrossloadError] = []
    if missed := known.get("missed"):
        listed = "\n".join(str(each) for each in missed[:10])
        errors.append(
            HarnessFault(
                f"{plan.spec.name}: {len(missed)} controls were missed:\n{listed}",
                hint="artifacts damaged on purpose must be caught: do not believe the tables of this run",
            )
        )
    if not known.get("measured") and not known.get("out_of_time"):
        msg = f"{plan.spec.name}: not one of {len(plan.selected)} cells could be measured"
        errors.append(EnvironmentUnavailable(msg, hint="the reasons stand above, at NOT MEASURED"))
    if strict and (known.get("failed") or not known.get("complete")):
        left = "" if known.get("complete") else "; not every cell was measured"
        what = "cells are not as expected" if known.get("judged_against") else "cells failed"
        errors.append(
            StrictFailure(f"{plan.spec.name}: --strict: {known.get('failed')} {what}{left}")
        )
    return errors
