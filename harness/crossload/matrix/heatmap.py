"""The heat map of a run that is going on.

It shows which pairs of writer and reader are done, and what failed in them so far.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from crossload.report.labels import letters_of, short_labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crossload.plan import Cell
    from crossload.verdict import Verdict

_LEVELS = "▁▂▃▄▅▆▇"
"""Signs for how full a pair is; a full one is drawn as ``=``."""


class LiveHeatmap:
    """Counts of cells by writer and reader, drawn with rich.

    Parameters
    ----------
    ids
        Environments, in the order of rows and columns.
    """

    def __init__(self, ids: Sequence[str]) -> None:
        self._ids = list(ids)
        self._open: Counter[tuple[str, str]] = Counter()
        self._done: Counter[tuple[str, str]] = Counter()
        self._failed: dict[tuple[str, str], Counter[Verdict]] = {}

    def expect(self, cells: Iterable[Cell]) -> None:
        """Add cells that are going to be measured."""
        self._open.update((cell.writer, cell.reader) for cell in cells)

    def take(self, cells: Iterable[Cell], failure: Verdict | None, *, again: bool) -> None:
        """Count cells that were measured.

        Parameters
        ----------
        cells
            Cells that have an outcome now.
        failure
            Their failure, if they failed.
        again
            They are counted as done already: their drift is found after they had settled.
        """
        for cell in cells:
            pair = (cell.writer, cell.reader)
            self._done[pair] += not again
            if failure is not None:
                self._failed.setdefault(pair, Counter())[failure] += 1

    def square(self, writer: str, reader: str) -> tuple[str, str]:
        """Draw one pair.

        Returns
        -------
        tuple
            Text and style: how full the pair is, in the end ``=``, or the worst failure and the
            number of cells that failed.
        """
        pair = (writer, reader)
        if not self._open[pair]:
            return "·", "dim"
        failed = self._failed.get(pair)
        if failed:
            worst = max(failed, key=lambda verdict: verdict.severity)
            return (
                f"{worst.symbol} {failed.total()}",
                "bold magenta" if worst.symbol == "!" else "bold red",
            )
        share = self._done[pair] / self._open[pair]
        if share >= 1:
            return "=", "green"
        return (_LEVELS[int(share * len(_LEVELS))], "yellow") if share else (" ", "")

    def render(self, width: int, height: int) -> list[Any]:
        """Draw the table with its legend.

        Parameters
        ----------
        width, height
            Columns and lines of the terminal that it may take.

        Returns
        -------
        list
            Renderables of rich; empty where nothing is to be measured or the table does not fit.
        """
        from rich.table import Table  # noqa: PLC0415 - only for a terminal
        from rich.text import Text  # noqa: PLC0415

        # heading, legend and a line between: rich can redraw only what is on screen, and cuts off
        # what is taller
        if not self._open or len(self._ids) + 3 > height:
            return []
        labels = short_labels(self._ids)
        longest = max(map(len, self._ids))
        # a symbol, a space, how many failed, a space beside them
        cell = len(str(max(self._open.values()))) + 3
        # the widest that fits: names of versions, else letters with numbers, else letters alone
        names, lettered, numbers = [labels[each] for each in self._ids], False, True
        if longest + 1 + sum(max(cell, len(name) + 1) for name in names) > width:
            names, lettered = letters_of(len(self._ids)), True
            numbers = longest + 3 + cell * len(names) <= width
            if not numbers and longest + 3 + 2 * len(names) > width:
                return []
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
        table.add_column("saved with", no_wrap=True)
        for name in names:
            table.add_column(name, no_wrap=True, min_width=cell - 1 if numbers else 1)
        for name, writer in zip(names, self._ids, strict=True):
            drawn = [self.square(writer, reader) for reader in self._ids]
            squares = [Text(text if numbers else text[:1], style) for text, style in drawn]
            table.add_row(Text(f"{name} {writer}" if lettered else writer), *squares)
        legend = Text(
            "▁▃▆ filling   = all fine   L 3: three failed so far   · known from before",
            style="dim",
            no_wrap=True,
        )
        return [table, legend]
