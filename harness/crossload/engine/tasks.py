"""The tasks of a run: cases to save and cells to load in each environment, and their order."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from crossload.engine.interfaces import EnvironmentState
from crossload.store.records import is_unbelieved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from crossload.engine.ledger import Ledger
    from crossload.plan import Case, Cell, Plan
    from crossload.store.store import Store

_JOB_SECONDS = 6.0
"""Seconds that a batch of loads should take: enough to pay for its start, few enough to share."""

_FEW = 4
"""Recipes that are saved in one job where time is short."""


class Tasks:
    """The bookkeeping of one run.  Not for several threads at once: the run holds its lock."""

    def __init__(self, ledger: Ledger, store: Store) -> None:
        self.ledger, self.store = ledger, store
        self.sharing: dict[str, list[Cell]] = {}
        """Cells that share a load, because their writers gave the same bytes."""
        self._cells: dict[tuple[str, str, str], list[Cell]] = {}
        self._wanted: Sequence[Cell] = ()
        self._states: dict[str, EnvironmentState] = {}
        self._value: Callable[[Cell], float] | None = None
        self._seconds, self._loaded = 0.0, 0

    def plan(
        self,
        cells: Sequence[Cell],
        plan: Plan,
        states: dict[str, EnvironmentState],
        value: Callable[[Cell], float] | None,
    ) -> None:
        """Begin with these cells.

        Parameters
        ----------
        cells
            What is to be measured.
        plan
            Where their environments are described.
        states
            Gets an entry for each environment that the cells touch.
        value
            The value of a cell, where the most valuable are to be measured first.
        """
        by_id = {environment.id: environment for environment in plan.environments}
        self._wanted, self._states, self._value = cells, states, value
        self._cells = defaultdict(list)
        for state in states.values():
            state.pending.clear()
        for cell in cells:
            for each in (cell.writer, cell.reader):
                if each not in states:
                    states[each] = EnvironmentState(by_id[each])
            self._cells[cell.writer, cell.case.recipe, cell.case.saver].append(cell)

    def admit(self, state: EnvironmentState) -> None:
        """Take in an environment of known identity: what it has to save, what can be loaded."""
        state.saves.clear()
        for (writer, _, _), cells in self._cells.items():
            if writer != state.id:
                continue
            if self._is_saved(state.id, cells[0].case):
                self.offer(cells)
            else:
                state.saves.append(cells[0].case)
        state.prepared = not state.saves

    def _is_saved(self, env_id: str, case: Case) -> bool:
        # artifacts may be deleted at any time, and those of other machines may not have come along
        record = self.ledger.save(env_id, case)
        return (
            record is not None
            and self.store.blobs.has_artifact(record)
            and not is_unbelieved(record)
        )

    def offer(self, cells: Iterable[Cell]) -> None:
        """Give cells whose artifact is there to their readers."""
        for cell in cells:
            self._states[cell.reader].pending.append(cell)

    def offer_again(self, state: EnvironmentState) -> None:
        """Give a reader all its cells again, because its identity turned out to be another."""
        state.pending = [
            cell
            for cell in self._wanted
            if cell.reader == state.id and self._is_saved(cell.writer, cell.case)
        ]

    def drop_known_saves(self, state: EnvironmentState) -> None:
        """Drop the saves that another run has done meanwhile."""
        rest = []
        for case in state.saves:
            if self._is_saved(state.id, case):
                self.offer(self.cells_of(state.id, case))
            else:
                rest.append(case)
        if len(rest) < len(state.saves):
            state.saves = rest
            state.prepared = not rest

    def cells_of(self, env_id: str, case: Case) -> list[Cell]:
        """Give the cells that wait for the saving of a case."""
        return self._cells[env_id, case.recipe, case.saver]

    def is_open(self, cell: Cell) -> bool:
        """Say if a cell whose artifact is there is still to be measured."""
        key = self.ledger.load_key(cell)
        if key is None:
            return cell.reader not in self.ledger.identities
        record = self.store.loads.get(key)
        return record is None or is_unbelieved(record) or not self.store.blobs.has_outputs(record)

    def missing(self) -> list[Cell]:
        """Give the wanted cells without an outcome; a failed save is the outcome of its cells."""
        found: list[Cell] = []
        for cells in self._cells.values():
            saved = self.ledger.save(cells[0].writer, cells[0].case)
            if saved is None:
                found += cells
            elif "artifact" in saved:
                found += [cell for cell in cells if self.is_open(cell)]
        return found

    # --- order and size of tasks ---------------------------------------------------------------

    def order_of_preparing(self, usable: Sequence[EnvironmentState]) -> list[EnvironmentState]:
        """Give the environments that have something to save or are not known.

        The most valuable come first, else the newest.
        """
        # the newest take longest to import: begun last, one of them would be waited for alone
        open_states = [state for state in reversed(usable) if not state.prepared]
        return (
            sorted(open_states, key=lambda state: -self._value_of_saves(state))
            if self._value
            else open_states
        )

    def loads_are_worth_more(self, states: Iterable[EnvironmentState]) -> bool:
        """Say if the best cell to load is worth as much as the best that waits for a save."""
        idle = [
            state for state in states if not state.busy and state.id not in self.ledger.failures
        ]
        best = max((self.best_value(state) for state in idle if state.pending), default=0.0)
        return best > 0 and best >= max(
            (self._value_of_saves(state) for state in idle if not state.prepared), default=0.0
        )

    def _value_of_saves(self, state: EnvironmentState) -> float:
        assert self._value is not None
        return max(
            (self._value(cell) for case in state.saves for cell in self.cells_of(state.id, case)),
            default=0.0,
        )

    def best_value(self, state: EnvironmentState) -> float:
        """Give the value of the best cell that waits in an environment; 0 where none has one."""
        return (
            max((self._value(cell) for cell in state.pending), default=0.0) if self._value else 0.0
        )

    def take_saves(self, state: EnvironmentState, *, few: bool) -> list[Case]:
        """Take cases for one job; few where time is short, so that the job does not outlast it."""
        chosen = list(state.saves)
        if few:
            recipes = list(dict.fromkeys(case.recipe for case in chosen))
            if self._value is not None:
                value = self._value
                worth = {
                    case.recipe: max(value(cell) for cell in self.cells_of(state.id, case))
                    for case in reversed(chosen)
                }
                recipes.sort(key=lambda recipe: -worth[recipe])
            chosen = [case for case in chosen if case.recipe in recipes[:_FEW]]
        state.saves = [case for case in state.saves if case not in chosen]
        return chosen

    def has_open(self, state: EnvironmentState) -> bool:
        """Say if anything that waits in an environment is still to be measured."""
        # stops at the first: it is asked for every environment before every task
        for index, cell in enumerate(state.pending):
            if self.is_open(cell):
                del state.pending[:index]
                return True
        state.pending.clear()
        return False

    def take(self, state: EnvironmentState) -> list[Cell]:
        """Take open cells for one job, one a different key; drop those that are known."""
        # 0.02 s a load until some were measured; never less than 20, so that the fork pays, nor
        # more than 600, so that other environments get their turn
        mean = self._seconds / self._loaded if self._loaded else 0.02
        most = max(20, min(600, int(_JOB_SECONDS / max(mean, 0.002))))
        if self._value is not None:
            state.pending.sort(key=self._value, reverse=True)
        taken: dict[str, Cell] = {}
        rest: list[Cell] = []
        for cell in state.pending:
            if not self.is_open(cell):
                continue
            key = self.ledger.load_key(cell)
            if key is None:
                rest.append(cell)
            elif key in taken:
                self.sharing[key].append(cell)
            elif len(taken) < most:
                taken[key] = cell
                self.sharing[key] = [cell]
            else:
                rest.append(cell)
        state.pending = rest
        return list(taken.values())

    def learn_duration(self, seconds: float, loads: int) -> None:
        """Learn from a job how long loads take."""
        self._seconds += seconds
        self._loaded += loads
