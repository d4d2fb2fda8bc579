"""The run of one matrix: measure what is missing, judge, show, publish."""

from __future__ import annotations

import platform
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from crossload.engine.doubts import forget_doubted, still_good, verify
from crossload.engine.executors.local import LocalExecutor
from crossload.engine.interfaces import Settings
from crossload.engine.leaks import find_leaks, leak_fault
from crossload.engine.run import Run
from crossload.errors import (
    EnvironmentPinsError,
    EnvironmentUnavailable,
    HarnessFault,
    RecipeError,
    StoreError,
)
from crossload.matrix.baseline import causes_of
from crossload.matrix.evaluate import Evaluation, recipe_mistakes
from crossload.matrix.known_verdicts import KnownVerdicts
from crossload.matrix.last_report import LastReport, errors_of_last_report, print_last_report
from crossload.matrix.ledger import make_ledger
from crossload.matrix.progress import make_progress
from crossload.matrix.publish import did_text, publish
from crossload.plan.frontier import Frontier
from crossload.plan.priority import priority_of_cells
from crossload.report import RunFacts, View
from crossload.store.blobs import Damaged
from crossload.system import cores, cpu_seconds, parent_is_gone
from crossload.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossload.engine.interfaces import Executor
    from crossload.engine.ledger import Ledger
    from crossload.environments import Locker, Project
    from crossload.errors import CrossloadError
    from crossload.matrix.options import Options
    from crossload.plan import Cell, Environment, Plan
    from crossload.store.records import Record
    from crossload.store.store import Store

_ATTEMPTS = 3
"""Attempts before a run gives up because outputs in the store are damaged.

What is damaged is set aside and measured again; a disk that damages it anew will not get better.
"""


def _changing(changed: list[Environment]) -> HarnessFault:
    names = ", ".join(each.id for each in changed)
    return HarnessFault(
        f"{names}: files change again and again while they are measured with",
        hint="find out what writes into the folders below .nox: a recipe, or another program",
    )


class MatrixRun:
    """The run of one matrix, from its data to its report.

    Parameters
    ----------
    project
        Folders of the project.
    options
        Options of the command line.
    store
        An open store that was read.
    locker
        Makes the locks of environments.
    plan
        The plan of the matrix.
    say
        Takes tables, and lines for the user.
    measure
        Without it nothing is measured: what the store holds is judged and published.

    Raises
    ------
    ConfigError
        A file of causes has mistakes.
    """

    def __init__(
        self,
        project: Project,
        options: Options,
        store: Store,
        locker: Locker,
        plan: Plan,
        say: Callable[[str], None],
        *,
        measure: bool = True,
    ) -> None:
        self.project, self.options, self.store = project, options, store
        self.locker, self.plan, self.say = locker, plan, say
        self.measure = measure
        self.nothing_known = False
        """True after a run that found no outcome of the matrix, and left its report as it was."""
        self._rebuilt: dict[str, int] = {}
        """When environments that were changed were built anew, in nanoseconds, by id."""
        self.last_report = LastReport(project, plan)
        # before anything is measured, as the files are read
        self.last_report.inputs()
        self.causes = causes_of(project)

    def run(self) -> list[CrossloadError]:
        """Measure what is missing, judge, print and publish.

        Returns
        -------
        list of CrossloadError
            Errors that did not end the run: pins that can never be resolved, faults of the
            harness, recipes that break the contract, and those of `errors_of_last_report`.

        Raises
        ------
        StoreError
            Outcomes cannot be read or written, or outputs are damaged again and again.
        """
        began, cpu_began = time.monotonic(), cpu_seconds()
        began_at = time.time_ns()
        plan, options = self.plan, self.options
        if options.verify and self.measure:
            verify(plan.environments, self.project, self.say)
        ledger = make_ledger(self.project, plan, self.store, foreign=not self.measure, say=self.say)
        changed = forget_doubted(plan.environments, self.project, self.store, self.say)
        evaluation = Evaluation(self.project, plan, ledger, self.causes)
        progress = make_progress(plan)
        settings = Settings(
            jobs=options.jobs or cores(),
            no_fork=options.no_fork,
            seconds=options.budget,
            is_abandoned=parent_is_gone,
        )
        known_verdicts = KnownVerdicts(self.project, plan.spec.name, progress.note)
        value = None
        if options.budget is not None:
            value = priority_of_cells(plan, *known_verdicts.recall())
        executor = self._executor(ledger, settings, progress.note)

        def drifts(cell: Cell, saved: Record, loaded: Record) -> bool:
            try:
                return evaluation.judge.drifts(cell, saved, loaded)
            except Damaged:
                # set aside by now: judging all cells meets it again, and has it measured anew
                return False

        measuring = Run(
            plan,
            ledger,
            self.store,
            executor,
            progress,
            drifts,
            settings,
            value=value,
        )
        text, found = "", list[str]()
        try:
            for attempt in range(_ATTEMPTS):
                if self.measure:
                    # before anything is measured: --explain compares with what a run began with,
                    # even if it was killed
                    self.store.append([ledger.keys.snapshot(plan.spec.name)])
                    self._build(changed, ledger, executor, progress.note)
                    self._measure(measuring, evaluation)
                    changed = self._look_again(measuring, began_at, progress.note)
                    if measuring.take_unreachable() and attempt + 1 < _ATTEMPTS:
                        continue
                    if changed:
                        if attempt + 1 == _ATTEMPTS:
                            raise _changing(changed)
                        continue
                found = find_leaks(ledger, plan)
                # the store may have got outcomes of other plans only: then this report still holds
                if self._repeat_last_report(ledger, measuring.measured):
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
                    view = evaluation.view(facts)
                    if not self.measure and not view.measured:
                        self.say(
                            f"{plan.spec.name}: no outcome of it is known:"
                            " its report is left as it is"
                        )
                        self.nothing_known = True
                        return []
                except Damaged as damage:
                    # found only here, where outputs are compared: a run does not read what it
                    # does not need
                    if attempt + 1 == _ATTEMPTS:
                        msg = f"{damage}, {_ATTEMPTS} times in a row"
                        raise StoreError(msg, hint="check the disk") from damage
                    self.store.blobs.check()
                    fate = "measured again" if self.measure else "unknown"
                    progress.note(f"{damage}; what refers to it is {fate}")
                    continue
                known_verdicts.remember(view)
                text = self._publish(view, ledger, out_of_time=measuring.out_of_time)
                break
        except BaseException:
            # also KeyboardInterrupt: whoever stops a run wants to know what is left of it
            if self.measure:
                how = "the same command without --fresh" if options.fresh else "the same command"
                kept = f"{measuring.measured} measurements of this run are kept"
                progress.note(f"{kept}; {how} goes on from there")
            raise
        finally:
            # before anything is printed: the live table would draw over it
            executor.close()
            progress.close()
        if text:
            self.say(text)
        errors: list[CrossloadError] = list(measuring.bad_pins)
        if found:
            errors.append(leak_fault(found))
        if mistakes := recipe_mistakes(ledger):
            errors.append(
                RecipeError(
                    "\n".join(mistakes),
                    hint="the cells of these recipes are save errors; the rest is measured",
                )
            )
        of_report = errors_of_last_report(self.last_report, plan, strict=options.strict)
        return [*errors, *of_report]

    def _look_again(
        self, measuring: Run, began_at: int, say: Callable[[str], None]
    ) -> list[Environment]:
        """Give the environments that were changed while they measured; that is taken back."""
        used = measuring.standing
        still_good(used, self.project)
        since = {
            each.id: max(began_at, measuring.built_at(each.id), self._rebuilt.get(each.id, 0))
            for each in used
        }
        changed = forget_doubted(used, self.project, self.store, say, since=since)
        measuring.build_anew(changed)
        return changed

    def _build(
        self,
        changed: list[Environment],
        ledger: Ledger,
        executor: Executor,
        say: Callable[[str], None],
    ) -> None:
        """Build environments anew whose files were changed, also those that nothing is asked of."""
        for environment in changed:
            try:
                ledger.identify(environment.id, executor.build(environment))
                self._rebuilt[environment.id] = time.time_ns()
            except (EnvironmentUnavailable, EnvironmentPinsError) as error:
                # whoever needs it tries again, and says what becomes of its cells
                say(f"{environment.id} cannot be built anew: {error}")

    def _measure(self, measuring: Run, evaluation: Evaluation) -> None:
        """Measure all cells, or with ``--frontier`` as few as tell where verdicts change."""
        plan = self.plan
        if not self.options.frontier:
            measuring.execute((*plan.controls, *plan.selected))
            return
        # first: if damage is not caught, nothing else of this run is to be believed
        measuring.execute(plan.controls)
        frontier = Frontier(plan)
        frontier.learn(evaluation.tokens(plan.selected))

        def advance() -> None:
            while cells := frontier.next_cells():
                measuring.execute(cells)
                frontier.learn(evaluation.tokens(cells))

        advance()
        drawn = frontier.sample()
        measuring.execute(drawn)
        frontier.learn(evaluation.tokens(drawn))
        accuracy = frontier.check()
        advance()  # stretches in which an inference was wrong are measured as a whole
        inferred = frontier.still_inferred()
        # writers that gave the same bytes as another are known without being measured
        found = evaluation.tokens(inferred)
        evaluation.inferred = {
            cell: inference for cell, inference in inferred.items() if cell not in found
        }
        evaluation.accuracy = replace(accuracy, inferred=len(evaluation.inferred))

    def _executor(self, ledger: Ledger, settings: Settings, say: Callable[[str], None]) -> Executor:
        parts = (self.plan, ledger.data, self.store, self.project, self.locker, settings, say)
        # judging alone needs no cluster
        if self.options.executor == "local" or not self.measure:
            return LocalExecutor(*parts)
        from crossload.engine.executors.dask import DaskExecutor  # noqa: PLC0415 - needs an extra

        return DaskExecutor(self.options.scheduler, *parts)

    def _repeat_last_report(self, ledger: Ledger, measured: int) -> bool:
        """Print the tables of the last run, if nothing that they depend on has changed since."""
        report = self.last_report
        if measured or not report.has_report:
            return False
        if report.read().get("state") != report.digest_of_outcomes(ledger):
            return False
        print_last_report(report, self.plan, self.say)
        return True

    def _publish(self, view: View, ledger: Ledger, *, out_of_time: bool) -> str:
        """Write all reports of a view; give its tables with a line about the run."""
        partial = self.options.frontier or self.options.budget is not None or not self.measure
        self.last_report, text = publish(
            self.project,
            self.plan,
            view,
            ledger,
            wanted_gaps=partial,
            strict=self.options.strict,
            inputs=self.last_report.inputs(),
            more={"out_of_time": out_of_time},
            say=self.say,
        )
        did = did_text(view, measure=self.measure, out_of_time=out_of_time)
        folder = self.last_report.folder.relative_to(self.project.root).as_posix()
        return f"{text}\n{view.name}: {did}; report: {folder}/"
