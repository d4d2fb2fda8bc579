"""The run of one plan: environments side by side, saves first, loads as soon as they can.

One worker thread a slot of the executor takes the next task: prepare an environment (build it,
import, save its cases), or load what others have saved.  There is no barrier: a worker without an
environment to prepare loads what is there already.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from crossload.engine.interfaces import EnvironmentState, Stopped
from crossload.engine.jobs import Jobs
from crossload.engine.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossload.engine.interfaces import Executor, Progress, Settings
    from crossload.engine.ledger import Ledger
    from crossload.errors import EnvironmentPinsError
    from crossload.plan import Cell, Environment, Plan
    from crossload.store.records import Record
    from crossload.store.store import Store

    Task = tuple[EnvironmentState, list[Cell] | None]
    """An environment, and the cells that it is to load; None to prepare it."""


class Run:
    """Measures what is asked for and the store lacks.

    Parameters
    ----------
    plan
        What is to be measured; cells of it are given to `execute`.
    ledger
        What is known already.
    store
        Where outcomes go.
    executor
        Who does the work.
    progress
        Who is told how far it is.
    suspicious
        Says if a load drifts, of a cell and the records of its save and load.
    settings
        How to run.
    value
        The value of a cell, where the most valuable are to be measured first.
    """

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
        self.executor, self.progress, self.settings = executor, progress, settings
        self.value = value
        self.out_of_time = False
        """True if the time was up before everything was measured."""
        self._began = time.monotonic()
        self._turn = threading.Condition()
        self._stop = threading.Event()
        self._tasks = Tasks(ledger, store)
        self._states: dict[str, EnvironmentState] = {}
        self._jobs = Jobs(
            plan,
            ledger,
            store,
            executor,
            progress,
            settings,
            suspicious=suspicious,
            tasks=self._tasks,
            turn=self._turn,
            stopped=self._stop.is_set,
        )

    @property
    def saved(self) -> int:
        """The count of saves measured by this run; repeats count."""
        return self._jobs.saved

    @property
    def loaded(self) -> int:
        """The count of loads measured by this run; repeats count."""
        return self._jobs.loaded

    @property
    def measured(self) -> int:
        """The count of saves and loads measured by this run."""
        return self.saved + self.loaded

    @property
    def bad_pins(self) -> list[EnvironmentPinsError]:
        """The errors of environments whose pins cannot be resolved."""
        return self._jobs.bad_pins

    def take_unreachable(self) -> int:
        """Give the count of loads whose artifact was damaged elsewhere since this was asked."""
        found, self._jobs.unreachable = self._jobs.unreachable, 0
        return found

    @property
    def standing(self) -> list[Environment]:
        """The environments in which this run has worked, or could."""
        return [state.environment for state in self._states.values() if state.built]

    def built_at(self, env_id: str) -> int:
        """Give when this run has built an environment, in nanoseconds; 0 where it did not."""
        return self._states[env_id].built_at

    def build_anew(self, environments: Sequence[Environment]) -> None:
        """Let go of environments whose files were changed; `execute` builds those it needs."""
        for environment in environments:
            self.executor.forget(environment)
            self.ledger.failures.pop(environment.id, None)
            self.ledger.machine_faults.discard(environment.id)
            if environment.id in self._states:
                self._states[environment.id].built = False

    def execute(self, cells: Sequence[Cell]) -> None:
        """Measure those of the cells that have no outcome; may be called again for more.

        Raises
        ------
        CrossloadError
            The first fault of the harness, of the store or of the cluster.
        KeyboardInterrupt
            On Ctrl-C, or where nobody waits any more; all children are ended first.
        """
        self._tasks.plan(cells, self.plan, self._states, self.value)
        for state in self._states.values():
            if not state.built and state.id not in self.ledger.failures:
                identity = self.executor.built_identity(state.environment)
                if identity is not None:
                    state.built = True
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
            # in short waits: between two of them Ctrl-C arrives, and is_abandoned is asked
            while wait(workers, timeout=0.2).not_done:
                if self.settings.is_abandoned():
                    raise KeyboardInterrupt
            for worker in workers:
                worker.result()
        except BaseException:
            self._stop.set()
            raise
        finally:
            with self._turn:
                self._turn.notify_all()
            # first: workers may be waiting for processes, or a cluster, that this ends
            if self._stop.is_set():
                self.executor.close()
            pool.shutdown(wait=True)

    # --- workers -------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while True:
                task = self._wait_for_task()
                if task is None:
                    return
                state, cells = task
                try:
                    if cells is None:
                        self._jobs.prepare(state)
                    else:
                        self._jobs.load(state, cells)
                finally:
                    with self._turn:
                        state.busy = False
                        self._release_claim(state)
                        self._turn.notify_all()
                with self._turn:
                    self.executor.release_idle(
                        {each.id for each in self._states.values() if each.busy or each.pending}
                    )
        except Stopped:
            return
        except BaseException:
            # `execute` raises it when all workers have ended: the others are to give up first
            self._stop.set()
            with self._turn:
                self._turn.notify_all()
            raise

    def _wait_for_task(self) -> Task | None:
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
                # other threads notify; other runs of the store do not, and are asked more often
                self._turn.wait(0.3 if elsewhere else 1.0)
        return None

    def _next(self) -> tuple[Task | None, bool]:
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

    def _next_prepare(self) -> tuple[Task | None, bool]:
        elsewhere = False
        for state in self._tasks.order_of_preparing(self._usable()):
            if not self._claim(state):
                elsewhere = True
            elif state.prepared:  # another run did it meanwhile
                self._release_claim(state)
            else:
                return (state, None), elsewhere
        return None, elsewhere

    def _next_load(self) -> tuple[Task | None, bool]:
        elsewhere = False
        # by value, an environment may load before all of its own cases are saved
        early = self.value is not None
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
            # its identity is known from elsewhere: it has to be built before it can load
            if cells and not state.built:
                state.pending = [*cells, *state.pending]
                return (state, None), elsewhere
            if cells:
                return (state, cells), elsewhere
            self._release_claim(state)
        return None, elsewhere

    def _claim(self, state: EnvironmentState) -> bool:
        """Have an environment to ourselves among all runs of this store."""
        # what others have measured is read after the claim: then nobody adds to it any more
        state.claim = self.store.claim(state.id)
        if state.claim is None:
            self._take_over()
            return False
        self._take_over()
        return True

    @staticmethod
    def _release_claim(state: EnvironmentState) -> None:
        if state.claim is not None:
            state.claim.release()
            state.claim = None

    def _take_over(self) -> None:
        """Read what other runs have measured, and drop the saves that they did."""
        if self.store.refresh():
            for state in self._states.values():
                self._tasks.drop_known_saves(state)
