"""The run of one plan: environments side by side, saves first, loads as soon as there is something to load.

One worker thread a core takes the next task: prepare an environment (build it, import, save its cases), or load what
others have saved.  There is no barrier: a worker without an environment to prepare loads what is there already.
Crashes, time-outs, drifts and a sample of the rest are measured again in a process of their own before they are believed.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

from crossload.engine.server import Server, Stopped
from crossload.engine.state import EnvironmentState
from crossload.engine.store import UNSURE, is_corrupted, is_unbelieved, merge
from crossload.environments import build, is_built
from crossload.errors import EnvironmentPinsError, EnvironmentUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossload.engine.ledger import Ledger
    from crossload.engine.state import Progress, Settings
    from crossload.engine.store import Record, Store
    from crossload.environments import Locker, Places
    from crossload.plan import Cell, Plan

SAMPLE = 97
"""One load in this many is measured again in a process of its own."""

_JOB_SECONDS = 6.0
"""How long a batch of loads should take: long enough to pay for its start, short enough to share the work evenly."""

_MOST_SERVERS = 12
"""Pinned interpreters kept alive at once; each holds its imported libraries in memory."""


class Run:
    """Measures what a plan selects and the store lacks."""

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger,
        store: Store,
        places: Places,
        locker: Locker,
        progress: Progress,
        suspicious: Callable[[Cell, Record, Record], bool],
        settings: Settings,
    ) -> None:
        self.plan, self.ledger, self.store, self.places = plan, ledger, store, places
        self.locker, self.progress, self.suspicious, self.settings = locker, progress, suspicious, settings
        self.saved = self.loaded = 0
        """Saves and loads measured by this run; repeats count."""
        self.bad_pins: list[EnvironmentPinsError] = []
        self._turn = threading.Condition()
        self._stop = threading.Event()
        self._seconds, self._loaded = 0.0, 0
        self._sharing: dict[str, int] = defaultdict(int)
        """Number of cells that share a load, because their writers gave the same bytes."""
        self.cells = (*plan.controls, *plan.selected)
        """What this run is to know: controls first, so that a harness that cannot be trusted is known early."""
        by_id = {environment.id: environment for environment in plan.environments}
        wanted = dict.fromkeys(each for cell in self.cells for each in (cell.writer, cell.reader))
        self._states = {each: EnvironmentState(by_id[each]) for each in wanted}
        self._cells: dict[tuple[str, str, str], list[Cell]] = defaultdict(list)
        for cell in self.cells:
            self._cells[cell.writer, cell.case.recipe, cell.case.saver].append(cell)

    @property
    def measured(self) -> int:
        return self.saved + self.loaded

    def stopped(self) -> bool:
        return self._stop.is_set()

    def execute(self) -> None:
        """Measure everything that is missing.  Raises the first fault; on Ctrl-C ends all children first."""
        for state in self._states.values():
            built = is_built(state.environment, self.places)
            if built is not None:
                self._admit(state, built)
        cells = self._missing()
        self.progress.start(len(self.cells), len(self.cells) - cells)
        if all(state.prepared and not state.saves for state in self._states.values()) and not cells:
            return
        pool = ThreadPoolExecutor(self.settings.jobs, thread_name_prefix="worker")
        workers = [pool.submit(self._work) for _ in range(self.settings.jobs)]
        try:
            while wait(workers, timeout=0.2).not_done:
                pass
            for worker in workers:
                worker.result()
        finally:
            self._stop.set()
            with self._turn:
                self._turn.notify_all()
            pool.shutdown(wait=True)
            for state in self._states.values():
                if state.server is not None:
                    state.server.close(kill=True)

    # --- what is to be done -------------------------------------------------------------------------------------

    def _admit(self, state: EnvironmentState, built: Any) -> None:
        """Take in an environment that stands: what it has to save, and what of it can be loaded already."""
        env_id = state.environment.id
        self.ledger.built[env_id] = built
        savers: dict[tuple[str, str], list[Cell]] = {}
        for (writer, recipe, saver), cells in self._cells.items():
            if writer == env_id:
                savers[recipe, saver] = cells
        for cells in savers.values():
            case = cells[0].case
            record = self.ledger.save(env_id, case)
            if record is None or not self.store.has_artifact(record) or is_unbelieved(record):
                state.saves.append(case)
            else:
                self._offer(cells)
        state.prepared = not state.saves

    def _offer(self, cells: list[Cell]) -> None:
        """Give cells whose artifact is there to their readers."""
        for cell in cells:
            self._states[cell.reader].pending.append(cell)

    def _is_open(self, cell: Cell) -> bool:
        """Whether a cell whose reader stands is still to be measured."""
        record = self.ledger.load(cell)
        return self.ledger.load_key(cell) is not None and (
            record is None or is_unbelieved(record) or not self.store.has_outputs(record)
        )

    def _missing(self) -> int:
        """Count of selected cells that have no outcome yet; cells that a failed save answers have one."""
        count = 0
        for cell in self.cells:
            saved = self.ledger.save(cell.writer, cell.case)
            if saved is None or ("artifact" in saved and (self.ledger.built.get(cell.reader) is None or self._is_open(cell))):
                count += 1
        return count

    # --- workers ------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while True:
                with self._turn:
                    task = self._next()
                    while task is None:
                        if self._stop.is_set() or not any(state.busy for state in self._states.values()):
                            return
                        self._turn.wait(1.0)
                        task = self._next()
                    state, cells = task
                    state.busy = True
                try:
                    if cells is None:
                        self._prepare(state)
                    else:
                        self._load(state, cells)
                finally:
                    with self._turn:
                        state.busy = False
                        self._turn.notify_all()
                self._thin_out()
        except Stopped:
            return
        except BaseException:
            self._stop.set()
            with self._turn:
                self._turn.notify_all()
            raise

    def _next(self) -> tuple[EnvironmentState, list[Cell] | None] | None:
        """The next task: an environment to prepare, else the reader that has most to load."""
        if self._stop.is_set():
            return None
        for state in reversed(self._states.values()):  # newest first: they take longest to import
            if not state.prepared and not state.busy and state.environment.id not in self.ledger.failures:
                return state, None
        ready = [state for state in self._states.values() if state.prepared and not state.busy and state.pending]
        while ready:
            state = max(ready, key=lambda each: len(each.pending))
            cells = self._take(state)
            if cells:
                return state, cells
            ready.remove(state)
        return None

    def _take(self, state: EnvironmentState) -> list[Cell]:
        """Open cells for one job, one for each different key; cells that need no measuring are dropped."""
        mean = self._seconds / self._loaded if self._loaded else 0.02
        most = max(20, min(600, int(_JOB_SECONDS / max(mean, 0.002))))
        taken: dict[str, Cell] = {}
        rest: list[Cell] = []
        for cell in state.pending:
            if not self._is_open(cell):
                continue
            key = str(self.ledger.load_key(cell))
            if key in taken:
                self._sharing[key] += 1
            elif len(taken) < most:
                taken[key] = cell
                self._sharing[key] = 1
            else:
                rest.append(cell)
        state.pending = rest
        return list(taken.values())

    def _thin_out(self) -> None:
        with self._turn:
            alive = [state for state in self._states.values() if state.server is not None]
            idle = [state for state in alive if not state.busy and not state.pending]
            surplus = idle[: max(0, len(alive) - _MOST_SERVERS)]
            servers = [state.server for state in surplus]
            for state in surplus:
                state.server = None
        for server in servers:
            if server is not None:
                server.close()

    # --- tasks --------------------------------------------------------------------------------------------------

    def _prepare(self, state: EnvironmentState) -> None:
        env_id = state.environment.id
        try:
            if env_id not in self.ledger.built:
                self.progress.note(f"building {env_id}")
                lock = self.locker.lock(state.environment)
                interpreter = self.locker.interpreters.get(lock.python)
                if interpreter is None:
                    msg = f"{env_id}: Python {lock.python} is not installed here"
                    raise EnvironmentUnavailable(msg)
                built = build(state.environment, lock, interpreter, self.places)
                with self._turn:
                    self._admit(state, built)
            if state.saves:
                self._save(state)
        except (EnvironmentUnavailable, EnvironmentPinsError) as error:
            self._give_up(state, error)
        state.prepared = True

    def _give_up(self, state: EnvironmentState, error: EnvironmentUnavailable | EnvironmentPinsError) -> None:
        """An environment that cannot be had is an outcome of its cells."""
        env_id = state.environment.id
        text = str(error) + (f" ({error.hint})" if error.hint else "")
        with self._turn:
            self.ledger.failures[env_id] = text.removeprefix(f"{env_id}: ")
            self.ledger.built.pop(env_id, None)
            state.pending.clear()
        if isinstance(error, EnvironmentPinsError):
            self.bad_pins.append(error)
        self.progress.note(f"NO ENVIRONMENT {text}")

    def _server(self, state: EnvironmentState) -> Server:
        if state.server is None:
            built = self.ledger.built[state.environment.id]
            server = Server(built, self.plan.catalog, self.ledger.data, self.store)
            state.server = server
            server.hello(self.stopped)
        return state.server

    def _save(self, state: EnvironmentState) -> None:
        env_id = state.environment.id
        server = self._server(state)
        cases = {self.ledger.save_key(env_id, case): case for case in state.saves}

        def seen(record: Record) -> None:
            case = cases[record["key"]]
            with self._turn:
                fresh = record["key"] not in self.ledger.saves
                merge(self.ledger.saves, record)
                self.saved += 1
                if record["status"] not in UNSURE or record.get("confirm"):
                    self._offer(self._cells[env_id, case.recipe, case.saver])
                    self._turn.notify_all()
            self.progress.saved()
            if fresh and "artifact" not in record:
                self.progress.settled(len(self._cells[env_id, case.recipe, case.saver]))

        def items(of: list[Any]) -> list[dict[str, Any]]:
            return [
                {"key": self.ledger.save_key(env_id, case), "recipe": case.recipe, "format": self._saving_format(case)}
                for case in of
            ]

        self._job(server, "save", items(state.saves), seen)
        unsure = [case for case in state.saves if self._status("saves", self.ledger.save_key(env_id, case)) in UNSURE]
        if unsure:
            self._job(server, "save", items(unsure), seen, isolate=True)
        state.saves.clear()

    def _saving_format(self, case: Any) -> str:
        """A format that writes with the case's saver."""
        return next(name for name, fmt in self.plan.catalog.formats.items() if fmt.saver == case.saver)

    def _load(self, state: EnvironmentState, cells: list[Cell]) -> None:
        if state.environment.id in self.ledger.failures:
            return
        try:
            server = self._server(state)
        except EnvironmentUnavailable as error:
            self._give_up(state, error)
            return
        start = time.monotonic()
        keyed = {self.ledger.load_key(cell): cell for cell in cells}
        keyed_items = {self.ledger.load_key(cell): self._load_item(cell) for cell in cells}

        def seen(record: Record) -> None:
            if is_corrupted(record):
                self.store.drop_artifact(keyed_items[record["key"]]["artifact"])
            with self._turn:
                merge(self.ledger.loads, record)
                self.loaded += 1
            if not record.get("confirm"):
                self.progress.settled(self._sharing[record["key"]])

        self._job(server, "load", list(keyed_items.values()), seen)
        with self._turn:
            self._seconds += time.monotonic() - start
            self._loaded += len(cells)
        doubtful = [cell for key, cell in keyed.items() if key is not None and self._is_doubtful(cell, key)]
        if doubtful:
            again = [self._load_item(cell) for cell in doubtful]
            self._job(server, "load", again, seen, isolate=True)

    def _load_item(self, cell: Cell) -> dict[str, Any]:
        saved = self.ledger.save(cell.writer, cell.case)
        assert saved is not None
        return {
            "key": self.ledger.load_key(cell),
            "recipe": cell.case.recipe,
            "format": cell.case.format,
            "artifact": saved["artifact"],
        }

    def _is_doubtful(self, cell: Cell, key: str) -> bool:
        """Whether an outcome is to be measured again by itself before it is believed."""
        record, saved = self.ledger.loads[key], self.ledger.save(cell.writer, cell.case)
        if record["status"] == "na" or saved is None:
            return False
        return (
            record["status"] in UNSURE
            or int(key[:8], 16) % SAMPLE == 0
            or (record["status"] == "ok" and self.suspicious(cell, saved, record))
        )

    def _status(self, which: str, key: str | None) -> str:
        return str(getattr(self.ledger, which).get(key, {}).get("status", ""))

    def _job(
        self, server: Server, op: str, items: list[Any], seen: Callable[[Record], None], *, isolate: bool = False
    ) -> None:
        server.run(
            op,
            items,
            self.plan.spec.limits,
            stopped=self.stopped,
            seen=seen,
            isolate=isolate,
            no_fork=self.settings.no_fork,
        )
