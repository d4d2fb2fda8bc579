"""The run of one plan: environments side by side, saves first, loads as soon as there is something to load.

One worker thread a slot of the executor takes the next task: prepare an environment (build it, import, save its cases), or
load what others have saved.  There is no barrier: a worker without an environment to prepare loads what is there already.
Crashes, time-outs, drifts and a sample of the rest are measured again in a process of their own before they are believed.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

from crossload.engine.interfaces import EnvironmentState, Stopped
from crossload.engine.keys import PLATFORM
from crossload.engine.tasks import Tasks
from crossload.errors import EnvironmentPinsError, EnvironmentUnavailable
from crossload.store.records import UNSURE, is_corrupted, is_unbelieved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossload.engine.interfaces import Executor, Progress, Settings
    from crossload.engine.ledger import Ledger
    from crossload.plan import Cell, Plan
    from crossload.store.records import Record
    from crossload.store.store import Store

SAMPLE = 97
"""One load in this many is measured again in a process of its own."""


class Run:
    """Measures what is asked for and the store lacks."""

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger,
        store: Store,
        executor: Executor,
        progress: Progress,
        suspicious: Callable[[Cell, Record, Record], bool],
        settings: Settings,
        *,
        value: Callable[[Cell], float] | None = None,
    ) -> None:
        self.plan, self.ledger, self.store = plan, ledger, store
        self.executor, self.progress, self.suspicious, self.settings = (
            executor,
            progress,
            suspicious,
            settings,
        )
        self.value = value
        self.saved = self.loaded = 0
        """Saves and loads measured by this run; repeats count."""
        self.bad_pins: list[EnvironmentPinsError] = []
        self.out_of_time = False
        self._began = time.monotonic()
        self._turn = threading.Condition()
        self._stop = threading.Event()
        self._tasks = Tasks(ledger, store)
        self._states: dict[str, EnvironmentState] = {}

    @property
    def measured(self) -> int:
        return self.saved + self.loaded

    def stopped(self) -> bool:
        return self._stop.is_set()

    def execute(self, cells: Sequence[Cell]) -> None:
        """Measure those of the cells that have no outcome; may be called again for more.

        Raises the first fault; on Ctrl-C ends all children first.
        """
        self._tasks.plan(cells, self.plan, self._states, self.value)
        for state in self._states.values():
            if not state.stands and state.id not in self.ledger.failures:
                identity = self.executor.standing(state.environment)
                if identity is not None:
                    state.stands = True
                    self.ledger.identify(state.id, identity)
        for state in self._states.values():
            if state.id in self.ledger.identities:
                self._tasks.admit(state)
        missing = self._tasks.missing()
        self.progress.start(len(cells), missing)
        if not missing and all(
            state.prepared and not state.saves for state in self._states.values()
        ):
            return
        pool = ThreadPoolExecutor(self.executor.slots, thread_name_prefix="worker")
        workers = [pool.submit(self._work) for _ in range(self.executor.slots)]
        try:
            while wait(workers, timeout=0.2).not_done:
                if self.settings.gone():
                    raise KeyboardInterrupt
            for worker in workers:
                worker.result()
        except BaseException:
            self._stop.set()
            raise
        finally:
            with self._turn:
                self._turn.notify_all()
            if self._stop.is_set():
                self.executor.close()
            pool.shutdown(wait=True)

    # --- workers ------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while True:
                task = self._wait_for_task()
                if task is None:
                    return
                state, cells = task
                try:
                    if cells is None:
                        self._prepare(state)
                    else:
                        self._load(state, cells)
                finally:
                    with self._turn:
                        state.busy = False
                        if state.claim is not None:
                            state.claim.release()
                        state.claim = None
                        self._turn.notify_all()
                with self._turn:
                    self.executor.rest(
                        {each.id for each in self._states.values() if each.busy or each.pending}
                    )
        except Stopped:
            return
        except BaseException:
            self._stop.set()
            with self._turn:
                self._turn.notify_all()
            raise

    def _wait_for_task(self) -> tuple[EnvironmentState, list[Cell] | None] | None:
        with self._turn:
            while not self._stop.is_set():
                if (
                    self.settings.seconds is not None
                    and time.monotonic() - self._began > self.settings.seconds
                ):
                    self.out_of_time = True
                    return None
                task, elsewhere = self._next()
                if task is not None:
                    task[0].busy = True
                    return task
                if not elsewhere and not any(state.busy for state in self._states.values()):
                    return None
                self._turn.wait(0.3 if elsewhere else 1.0)
        return None

    def _next(self) -> tuple[tuple[EnvironmentState, list[Cell] | None] | None, bool]:
        """The next task: an environment to prepare, else the reader that has most to load.

        The second value tells whether there is more to do that another run of the same store is at.
        """
        elsewhere = False
        if self.value is not None and self._tasks.loads_are_worth_more(self._states.values()):
            task, elsewhere = self._next_load()
            if task is not None:
                return task, elsewhere
        task, waiting = self._next_prepare()
        if task is None:
            task, also = self._next_load()
            waiting = waiting or also
        return task, elsewhere or waiting

    def _usable(self) -> list[EnvironmentState]:
        return [
            state
            for state in self._states.values()
            if not state.busy and state.id not in self.ledger.failures
        ]

    def _next_prepare(self) -> tuple[tuple[EnvironmentState, list[Cell] | None] | None, bool]:
        elsewhere = False
        for state in self._tasks.order_of_preparing(self._usable()):
            if not self._claim(state):
                elsewhere = True
            elif state.prepared:  # another run did it meanwhile
                self._let_go(state)
            else:
                return (state, None), elsewhere
        return None, elsewhere

    def _next_load(self) -> tuple[tuple[EnvironmentState, list[Cell] | None] | None, bool]:
        elsewhere = False
        early = (
            self.value is not None
        )  # then an environment loads before all of its own cases are saved
        ready = [state for state in self._usable() if (state.prepared or early) and state.pending]
        while ready:
            state = max(ready, key=lambda each: (self._tasks.best_value(each), len(each.pending)))
            ready.remove(state)
            if not self._tasks.has_open(state):
                continue
            if not self._claim(state):
                elsewhere = True
                continue
            cells = self._tasks.take(state)
            if cells and not state.stands:
                state.pending = [*cells, *state.pending]
                return (state, None), elsewhere
            if cells:
                return (state, cells), elsewhere
            self._let_go(state)
        return None, elsewhere

    def _claim(self, state: EnvironmentState) -> bool:
        """Have an environment to ourselves among all runs of this store, and take over what others measured in it."""
        state.claim = self.store.claim(state.id)
        if state.claim is None:
            self._take_over()
            return False
        self._take_over()
        return True

    @staticmethod
    def _let_go(state: EnvironmentState) -> None:
        if state.claim is not None:
            state.claim.release()
            state.claim = None

    def _take_over(self) -> None:
        if self.store.refresh():
            for state in self._states.values():
                self._tasks.drop_known_saves(state)

    # --- tasks --------------------------------------------------------------------------------------------------

    def _prepare(self, state: EnvironmentState) -> None:
        try:
            if not state.stands:
                identity = self.executor.build(state.environment)
                with self._turn:
                    state.stands = True
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
        """An environment that cannot be had is an outcome of its cells."""
        text = str(error) + (f" ({error.hint})" if error.hint else "")
        with self._turn:
            self.ledger.failures[state.id] = text.removeprefix(f"{state.id}: ")
            state.pending.clear()
        key = hashlib.sha256(f"{state.id} failed {PLATFORM}".encode()).hexdigest()[:32]
        failure = self.ledger.failures[state.id]
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

        def seen(record: Record, journal: str) -> None:
            case = cases[record["key"]]
            cells = self._tasks.cells_of(state.id, case)
            with self._turn:
                fresh = record["key"] not in self.store.saves
                self.store.reader.record(record, journal)
                self.saved += 1
                if record["status"] not in UNSURE or record.get("confirm"):
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
            self.executor.job(
                state.environment, "save", items, isolate=isolate, stopped=self.stopped, seen=seen
            )

        save(chosen)
        unsure = [
            case
            for case in chosen
            if (self.ledger.save(state.id, case) or {}).get("status") in UNSURE
        ]
        if unsure:
            save(unsure, isolate=True)

    def _saving_format(self, case: Any) -> str:
        """A format that writes with the case's saver."""
        return next(
            name for name, fmt in self.plan.catalog.formats.items() if fmt.saver == case.saver
        )

    def _load(self, state: EnvironmentState, cells: list[Cell]) -> None:
        start = time.monotonic()
        keyed = {str(self.ledger.load_key(cell)): cell for cell in cells}
        artifacts: dict[str, dict[str, Any]] = defaultdict(dict)

        def item(key: str, cell: Cell) -> dict[str, Any]:
            saved = self.ledger.save(cell.writer, cell.case)
            assert saved is not None
            artifacts[key] = saved["artifact"]
            self.store.blobs.bring(saved["artifact"])
            return {
                "key": key,
                "recipe": cell.case.recipe,
                "format": cell.case.format,
                "artifact": saved["artifact"],
            }

        def seen(record: Record, journal: str) -> None:
            if is_corrupted(record):
                self.store.blobs.drop_artifact(artifacts[record["key"]])
            with self._turn:
                self.store.reader.record(record, journal)
                self.loaded += 1
            if not record.get("confirm"):
                self.progress.settled(self._tasks.sharing[record["key"]], record)

        def load(of: dict[str, Cell], *, isolate: bool = False) -> None:
            items = [item(key, cell) for key, cell in of.items()]
            self.executor.job(
                state.environment, "load", items, isolate=isolate, stopped=self.stopped, seen=seen
            )

        try:
            load(keyed)
            self._tasks.timed(time.monotonic() - start, len(cells))
            doubtful = {key: cell for key, cell in keyed.items() if self._is_doubtful(cell, key)}
            if doubtful:
                load(doubtful, isolate=True)
        except EnvironmentUnavailable as error:
            self._give_up(state, error)

    def _is_doubtful(self, cell: Cell, key: str) -> bool:
        """Whether an outcome is to be measured again by itself before it is believed."""
        record, saved = self.store.loads.get(key), self.ledger.save(cell.writer, cell.case)
        if record is None or saved is None or record["status"] == "na" or is_corrupted(record):
            return False
        drifts = record["status"] == "ok" and self.suspicious(cell, saved, record)
        if drifts:
            self.progress.drifted(self._tasks.sharing[key])
        return drifts or is_unbelieved(record) or int(key[:8], 16) % SAMPLE == 0
