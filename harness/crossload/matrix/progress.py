"""Says how far a run is: a table that fills on a terminal, a plain line now and then elsewhere."""

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

_BY_STATUS = {"crash": Verdict.CRASH, "timeout": Verdict.TIMEOUT, "memory": Verdict.MEMORY}


def failure_of(record: Record) -> Verdict | None:
    """What an outcome looks like before it is judged; None where nothing failed yet: drift is found later."""
    if record["status"] in ("ok", "na"):
        return None
    if record["status"] in _BY_STATUS:
        return _BY_STATUS[record["status"]]
    if record.get("kind") == "save":
        return Verdict.SAVE_ERROR
    return Verdict.PREDICT_ERROR if record.get("stage") == "predict" else Verdict.LOAD_ERROR


class PlainProgress:
    """Counts cells; subclasses show the count in another way.  Called from worker threads."""

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
        """Recipes that are damaged on purpose: that they fail is no news."""
        self._lock = threading.Lock()
        self._total = self._done = self._saves = self._failed = 0
        self._began = self._last = clock()
        self._first: tuple[float, int] | None = None
        """When cells began to settle in numbers, and how many were done then: saves come first and settle few."""

    def note(self, text: str) -> None:
        """Say something at once."""
        with self._lock:
            self._write(text)

    def start(self, total: int, missing: Sequence[Cell]) -> None:
        """``total`` cells are selected; those that are missing have no outcome yet."""
        with self._lock:
            reused = total - len(missing)
            self._total, self._done, self._failed, self._first = total, reused, 0, None
            self._began = self._last = self._clock()
            kept = f", {reused} known from before" if reused else ""
            self._write(
                f"{total} cells (controls included){kept}, {len(missing)} without an outcome"
            )
            self._expect(missing)

    def saved(self) -> None:
        """A case was saved."""
        with self._lock:
            self._saves += 1
            self._tick()

    def settled(self, cells: Sequence[Cell], record: Record) -> None:
        """Cells have an outcome now, all the same one."""
        with self._lock:
            self._done += len(cells)
            self._take(cells, failure_of(record))
            if self._first is None and cells:
                self._first = (self._clock(), self._done)
            self._tick()

    def drifted(self, cells: Sequence[Cell]) -> None:
        """Cells that had settled turn out to answer otherwise than before saving."""
        with self._lock:
            self._take(cells, Verdict.DRIFT, again=True)

    def status(self) -> str:
        """Rate, failures so far, and time left."""
        began, done = self._first or (self._began, self._done)
        spent = self._clock() - began
        rate = (self._done - done) / spent if spent > 1 else 0.0
        # the first loads come while most cells still wait for their writers: their rate says nothing yet
        enough = self._done - done > 0.03 * (self._total - done)
        left = (
            f", {duration((self._total - self._done) / rate)} left" if rate > 0 and enough else ""
        )
        speed = f", {rate:.0f} a second" if rate >= 1 else ""
        failed = f", {self._failed} failed so far" if self._failed else ""
        return f"{self._saves} saves, {self._done} of {self._total} cells{speed}{failed}{left}"

    def close(self) -> None:
        """The run is over."""

    def _expect(self, missing: Sequence[Cell]) -> None:
        """These cells are going to settle."""

    def _take(self, cells: Sequence[Cell], failure: Verdict | None, *, again: bool = False) -> None:
        """Count what became of cells; ``again``: they were counted as fine before."""
        del again
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
    """A heat map, saved with x loaded in, that fills while the run goes on, above a line with a bar."""

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

        self._console = console or Console(stderr=True, highlight=False, markup=False)
        self.map = LiveHeatmap(ids)
        self._live = Live(
            get_renderable=self._render, console=self._console, transient=True, refresh_per_second=4
        )
        self._live.start()

    def close(self) -> None:
        self._live.stop()

    def _render(self) -> Any:
        from rich.console import Group  # noqa: PLC0415 - only for a terminal
        from rich.progress_bar import ProgressBar  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

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
        """The table redraws itself."""

    def _write(self, text: str) -> None:
        for line in text.splitlines():
            self._console.print(f"[{self._name}] {printable(line)}")


def make_progress(plan: Plan) -> PlainProgress:
    """A live table where somebody sees it, lines where a file or a program reads."""
    controls = frozenset(cell.case.recipe for cell in plan.controls)
    if (
        sys.stderr.isatty()
        and "NO_COLOR" not in os.environ
        and os.environ.get("TERM", "dumb") != "dumb"
    ):
        touched = {each for cell in plan.selected for each in (cell.writer, cell.reader)}
        ids = [environment.id for environment in plan.environments if environment.id in touched]
        return LiveProgress(plan.spec.name, ids, controls=controls)
    return PlainProgress(plan.spec.name, controls=controls)
