"""The jobs of a run: an environment is prepared, or loads what others have saved.

Crashes, time-outs, drifts and a sample of the rest are measured again in a process of their own
before they are believed: state leaks from cell to cell within a batch, and a machine that is short
of memory or time ends processes that are none the worse for it.
"""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from crossload.engine.keys import PLATFORM
from crossload.environments.machine_faults import is_fault_of_machine
from crossload.errors import (
    EnvironmentPinsError,
    EnvironmentUnavailable,
    InterpreterMissing,
    MachineFault,
)
from crossload.store.blobs import Damaged
from crossload.store.records import is_corrupted, is_unbelieved

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from crossload.engine.interfaces import EnvironmentState, Executor, Progress, Settings
    from crossload.engine.ledger import Ledger
    from crossload.engine.tasks import Tasks
    from crossload.plan import Cell, Plan
    from crossload.store.records import Record
    from crossload.store.store import Store

SAMPLE = 97
"""One load in this many is measured again in a process of its own."""


class Jobs:
    """Does the jobs of one run, each in the thread that calls.

    Parameters
    ----------
    plan, ledger, store, executor, progress, settings
        As of the run.
    suspicious
        Says if a load drifts, of a cell and the records of its save and load.
    tasks
        The bookkeeping of the run.
    turn
        The condition that guards the bookkeeping; notified when there is more to do.
    stopped
        Says if the run is being stopped.
    """

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger,
        store: Store,
        executor: Executor,
        progress: Progress,
        settings: Settings,
        *,
        suspicious: Callable[[Cell, Record, Record], bool],
        tasks: Tasks,
        turn: threading.Condition,
        stopped: Callable[[], bool],
    ) -> None:
        self.plan, self.ledger, self.store = plan, ledger, store
        self.executor, self.progress, self.settings = executor, progress, settings
        self.suspicious, self.stopped = suspicious, stopped
        self.saved = self.loaded = 0
        """Saves and loads measured by this run; repeats count."""
        self.unreachable = 0
        """Loads that were left out, because the store elsewhere had the artifact damaged."""
        self.bad_pins: list[EnvironmentPinsError] = []
        self._tasks, self._turn = tasks, turn

    def prepare(self, state: EnvironmentState) -> None:
        """Build an environment, if need be, and save its cases."""
        try:
            if not state.built:
                identity = self.executor.build(state.environment)
                with self._turn:
                    state.built, state.built_at = True, time.time_ns()
                    # what was recorded elsewhere may be of another Python: then all keys change
                    changed = self.ledger.identities.get(state.id) != identity
                    self.ledger.identify(state.id, identity)
                    if changed:
                        self._tasks.admit(state)
                        self._tasks.offer_again(state)
            self.store.append([self.ledger.identities[state.id].record(state.id)])
            if state.saves:
                self._save(state)
        except (EnvironmentUnavailable, EnvironmentPinsError) as error:
            self._give_up(state, error)
        with self._turn:
            state.prepared = not state.saves or state.id in self.ledger.failures

    def _give_up(
        self, state: EnvironmentState, error: EnvironmentUnavailable | EnvironmentPinsError
    ) -> None:
        """Record that an environment cannot be had, which is an outcome of its cells."""
        text = str(error) + (f" ({error.hint})" if error.hint else "")
        with self._turn:
            self.ledger.failures[state.id] = text.removeprefix(f"{state.id}: ")
            state.pending.clear()
        # one key a platform: a machine of another system may well build it
        key = hashlib.sha256(f"{state.id} failed {PLATFORM}".encode()).hexdigest()[:32]
        failure = self.ledger.failures[state.id]
        if isinstance(error, MachineFault) or is_fault_of_machine(text):
            # no outcome, so it is not recorded: the next run tries again
            self.ledger.machine_faults.add(state.id)
            self.progress.note(f"NO ENVIRONMENT {text}")
            return
        if isinstance(error, InterpreterMissing):
            self.ledger.without_interpreter.add(state.id)
        self.store.append(
            [
                {
                    "kind": "environment",
                    "key": key,
                    "id": state.id,
                    "platform": PLATFORM,
                    "failure": failure,
                }
            ]
        )
        if isinstance(error, EnvironmentPinsError):
            self.bad_pins.append(error)
        self.progress.note(f"NO ENVIRONMENT {text}")

    def _save(self, state: EnvironmentState) -> None:
        chosen = self._tasks.take_saves(
            state, few=self.settings.seconds is not None or self.executor.small_jobs
        )
        cases = {self.ledger.save_key(state.id, case): case for case in chosen}

        def on_outcome(record: Record, journal: str) -> None:
            case = cases[record["key"]]
            cells = self._tasks.cells_of(state.id, case)
            with self._turn:
                fresh = record["key"] not in self.store.saves
                self.store.reader.record(record, journal)
                self.saved += 1
                # the outcome of a crash is believed when it was seen twice; all others are offered
                # to their readers at once, while this environment goes on saving
                known = self.store.saves.get(record["key"]) or record
                if not is_unbelieved(known):
                    self._tasks.offer(cells)
                    self._turn.notify_all()
            self.progress.saved()
            if fresh and "artifact" not in record:
                self.progress.settled(cells, record)

        def save(of: list[Any], *, isolate: bool = False) -> None:
            items = [
                {
                    "key": self.ledger.save_key(state.id, case),
                    "recipe": case.recipe,
                    "format": self._saving_format(case),
                }
                for case in of
            ]
            self.executor.run_job(
                state.environment,
                "save",
                items,
                isolate=isolate,
                stopped=self.stopped,
                on_outcome=on_outcome,
            )

        def unsettled() -> list[Any]:
            return [case for case in chosen if _is_unsettled(self.ledger.save(state.id, case))]

        # what a run that was killed has seen once is not begun with again
        seen = unsettled()
        if first := [case for case in chosen if case not in seen]:
            save(first)
        # at most three times in all: then two agree, or nothing is known
        for _ in range(2):
            if unsure := unsettled():
                save(unsure, isolate=True)

    def _saving_format(self, case: Any) -> str:
        """A format that writes with the case's saver."""
        return next(
            name for name, fmt in self.plan.catalog.formats.items() if fmt.saver == case.saver
        )

    def load(self, state: EnvironmentState, cells: list[Cell]) -> None:
        """Load the artifacts of cells in their reader, each key once."""
        start = time.monotonic()
        keyed = {str(self.ledger.load_key(cell)): cell for cell in cells}
        artifacts: dict[str, dict[str, Any]] = defaultdict(dict)

        def item(key: str, cell: Cell) -> dict[str, Any] | None:
            saved = self.ledger.save(cell.writer, cell.case)
            assert saved is not None
            artifacts[key] = saved["artifact"]
            try:
                self.store.blobs.ensure_artifact(saved["artifact"])
            except Damaged as damage:
                # set aside by now; the run goes on, and has its writer save it anew at the end
                self.unreachable += 1
                self.progress.note(str(damage))
                return None
            return {
                "key": key,
                "recipe": cell.case.recipe,
                "format": cell.case.format,
                "artifact": saved["artifact"],
            }

        def on_outcome(record: Record, journal: str) -> None:
            # the reader checks the SHA-256 before it loads: the disk is to blame, not the model
            if is_corrupted(record):
                self.store.blobs.drop_artifact(artifacts[record["key"]])
                # as above: its writer saves it anew at the end
                self.unreachable += 1
            with self._turn:
                self.store.reader.record(record, journal)
                self.loaded += 1
            if not record.get("confirm"):
                self.progress.settled(self._tasks.sharing[record["key"]], record)

        def load(of: dict[str, Cell], *, isolate: bool = False) -> None:
            items = [found for key, cell in of.items() if (found := item(key, cell)) is not None]
            if not items:
                return
            self.executor.run_job(
                state.environment,
                "load",
                items,
                isolate=isolate,
                stopped=self.stopped,
                on_outcome=on_outcome,
            )

        def unsettled() -> dict[str, Cell]:
            return {
                key: cell for key, cell in keyed.items() if _is_unsettled(self.store.loads.get(key))
            }

        try:
            # what a run that was killed has seen once is not begun with again
            seen = unsettled()
            load({key: cell for key, cell in keyed.items() if key not in seen})
            self._tasks.learn_duration(time.monotonic() - start, len(cells))
            doubtful = {key: cell for key, cell in keyed.items() if self._is_doubtful(cell, key)}
            load(doubtful, isolate=True)
            # what differs from what was found before may be the machine's: two of three count
            load(unsettled(), isolate=True)
        except EnvironmentUnavailable as error:
            self._give_up(state, error)

    def _is_doubtful(self, cell: Cell, key: str) -> bool:
        """Say if an outcome is to be measured again by itself before it is believed."""
        record, saved = self.store.loads.get(key), self.ledger.save(cell.writer, cell.case)
        if record is None or saved is None or record["status"] == "na" or is_corrupted(record):
            return False
        drifts = record["status"] == "ok" and self.suspicious(cell, saved, record)
        if drifts:
            self.progress.drifted(self._tasks.sharing[key])
        # the sample is drawn by the key, so that every run and every shard draws the same
        return drifts or is_unbelieved(record) or int(key[:8], 16) % SAMPLE == 0


def _is_unsettled(record: Record | None) -> bool:
    """Say if an outcome was seen, and is to be measured again by itself before it is believed."""
    return record is not None and not is_corrupted(record) and is_unbelieved(record)
