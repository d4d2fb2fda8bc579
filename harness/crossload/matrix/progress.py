"""The progress of a run: a table that fills on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, TextIO

from crossload.safe import printable
from crossload.system import duration
from crossload.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossload.plan import Cell, Plan
    from crossload.store.records import Record

_LINE_EVERY = 10.0
"""Seconds between lines, where no terminal redraws them: logs should stay readable."""

_BY_STATUS = {"crash": Verdict.CRASH, "timeout": Verdict.TIMEOUT, "memory": Verdict.MEMORY}


def failure_of(record: Record) -> Verdict | None:
    """Guess the verdict of an outcome before it is judged.

    Parameters
    ----------
    record
        The record of a save or load, as the worker wrote it.

    Returns
    -------
    Verdict or None
        The failure; None where nothing failed so far. Drift is found later, by comparison.
    """
    if record["status"] in ("ok", "na"):
        return None
    if record["status"] in _BY_STATUS:
        return _BY_STATUS[record["status"]]
    if record.get("kind") == "save":
        return Verdict.SAVE_ERROR
    return Verdict.PREDICT_ERROR if record.get("stage") == "predict" else Verdict.LOAD_ERROR


class PlainProgress:
    """Counts of cells, written as lines; subclasses show them in another way.

    All methods may be called from worker threads at the same time.

    Parameters
    ----------
    name
        Name of the matrix, put before each line.
    stream
        Takes the lines; by default standard error, so that tables can be piped.
    controls
        Recipes that are damaged on purpose: that they fail is no news.
    clock
        Gives seconds.
    """

    def __init__(
        self,
        name: str,
        stream: TextIO | None = None,
        *,
        controls: frozenset[str] = frozenset(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._stream = stream if stream is not None else sys.stderr
        self._clock = clock
        self._controls = controls
        self._lock = threading.Lock()
        self._total = self._done = self._saves = self._failed = 0
        self._began = self._last = clock()
        self._first: tuple[float, int] | None = None
        """Time at which cells began to settle, and the number that were done then.

        Saves come first and settle few cells, so that a rate since the beginning would be too low.
        """

    def note(self, text: str) -> None:
        """Write a line at once."""
        with self._lock:
            self._write(text)

    def start(self, total: int, missing: Sequence[Cell]) -> None:
        """Begin to count.

        Parameters
        ----------
        total
            Number of cells that are wanted, controls included.
        missing
            Those of them that have no outcome yet.
        """
        with self._lock:
            reused = total - len(missing)
            self._total, self._done, self._failed, self._first = total, reused, 0, None
            self._began = self._last = self._clock()
            known = f", {reused} known from before" if reused else ""
            self._write(
                f"{total} cells (controls included){known}, {len(missing)} without an outcome"
            )
            self._expect(missing)

    def saved(self) -> None:
        """Count a case that was saved."""
        with self._lock:
            self._saves += 1
            self._tick()

    def settled(self, cells: Sequence[Cell], record: Record) -> None:
        """Count cells that have an outcome now, all the same one."""
        with self._lock:
            self._done += len(cells)
            self._take(cells, failure_of(record))
            if self._first is None and cells:
                self._first = (self._clock(), self._done)
            self._tick()

    def drifted(self, cells: Sequence[Cell]) -> None:
        """Count cells that had settled and turn out to answer otherwise than before saving."""
        with self._lock:
            self._take(cells, Verdict.DRIFT, again=True)

    def status(self) -> str:
        """Write one line with the rate, the failures so far, and the time left."""
        began, done = self._first or (self._began, self._done)
        spent = self._clock() - began
        rate = (self._done - done) / spent if spent > 1 else 0.0  # a moment tells no rate
        # the first loads come while most cells still wait for their writers: their rate says
        # nothing yet
        enough = self._done - done > 0.03 * (self._total - done)
        left = (
            f", {duration((self._total - self._done) / rate)} left" if rate > 0 and enough else ""
        )
        speed = f", {rate:.0f} a second" if rate >= 1 else ""
        failed = f", {self._failed} failed so far" if self._failed else ""
        return f"{self._saves} saves, {self._done} of {self._total} cells{speed}{failed}{left}"

    def close(self) -> None:
        """End the display; it is called once, also when the run was stopped."""

    def _expect(self, missing: Sequence[Cell]) -> None:
        """Take note of cells that are going to settle."""

    def _take(self, cells: Sequence[Cell], failure: Verdict | None, *, again: bool = False) -> None:
        """Count failures; with ``again`` the cells were counted as fine before."""
        del again  # of no use for one sum; the heat map counts by pair
        if failure is not None:
            self._failed += sum(cell.case.recipe not in self._controls for cell in cells)

    def _tick(self) -> None:
        now = self._clock()
        if now - self._last >= _LINE_EVERY:
            self._last = now
            self._write(self.status())

    def _write(self, text: str) -> None:
        self._stream.write(
            "".join(f"[{self._name}] {printable(line)}\n" for line in text.splitlines())
        )
        self._stream.flush()


class LiveProgress(PlainProgress):
    """A heat map of writers and readers that fills while the run goes on, above a line with a bar.

    Parameters
    ----------
    name
        Name of the matrix.
    ids
        Environments in the order of the map.
    controls
        Recipes that are damaged on purpose; they are left out of the map.
    console
        Console of rich; by default one on standard error.
    """

    def __init__(
        self,
        name: str,
        ids: Sequence[str],
        *,
        controls: frozenset[str] = frozenset(),
        console: Any = None,
    ) -> None:
        super().__init__(name, controls=controls)
        from rich.console import Console  # noqa: PLC0415 - only for a terminal
        from rich.live import Live  # noqa: PLC0415

        from crossload.matrix.heatmap import LiveHeatmap  # noqa: PLC0415

        # no markup: names and messages may have square brackets, which rich would take for styles
        self._console = console or Console(stderr=True, highlight=False, markup=False)
        self.map = LiveHeatmap(ids)
        # transient: the map goes when the run ends, and the real table is printed in its place
        self._live = Live(
            get_renderable=self._render, console=self._console, transient=True, refresh_per_second=4
        )
        self._live.start()

    def close(self) -> None:
        """Take the map off the screen."""
        self._live.stop()

    def _render(self) -> Any:
        from rich.console import Group  # noqa: PLC0415 - only for a terminal
        from rich.progress_bar import ProgressBar  # noqa: PLC0415 - as above
        from rich.text import Text  # noqa: PLC0415 - as above

        # rich calls this from a thread of its own, while workers count
        with self._lock:
            bar = ProgressBar(
                total=self._total or 1, completed=self._done, width=min(60, self._console.width)
            )
            line = Text(f"[{self._name}] {self.status()}", no_wrap=True, overflow="ellipsis")
            return Group(*self.map.render(self._console.width, self._console.height - 4), line, bar)

    def _expect(self, missing: Sequence[Cell]) -> None:
        self.map.expect(cell for cell in missing if cell.case.recipe not in self._controls)

    def _take(self, cells: Sequence[Cell], failure: Verdict | None, *, again: bool = False) -> None:
        super()._take(cells, failure)
        self.map.take(
            (cell for cell in cells if cell.case.recipe not in self._controls), failure, again=again
        )

    def _tick(self) -> None:
        """Do nothing: the table redraws itself."""

    def _write(self, text: str) -> None:
        for line in text.splitlines():
            self._console.print(f"[{self._name}] {printable(line)}")


def make_progress(plan: Plan) -> PlainProgress:
    """Make a live table where somebody sees it, and lines where a file or a program reads.

    Parameters
    ----------
    plan
        The plan that is run.

    Notes
    -----
    A live table needs a terminal on standard error that can move its cursor (``TERM``), and a user
    who did not ask for plain output (``NO_COLOR``).
    """
    controls = frozenset(cell.case.recipe for cell in plan.controls)
    # https://no-color.org is about colours; who sets it mostly wants no escape codes at all
    if (
        sys.stderr.isatty()
        and "NO_COLOR" not in os.environ
        and os.environ.get("TERM", "dumb") != "dumb"
    ):
        touched = {each for cell in plan.selected for each in (cell.writer, cell.reader)}
        ids = [environment.id for environment in plan.environments if environment.id in touched]
        return LiveProgress(plan.spec.name, ids, controls=controls)
    return PlainProgress(plan.spec.name, controls=controls)
