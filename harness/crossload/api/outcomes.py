"""Published outcomes in Python and notebooks: a tidy table, and saved-with x loaded-in.

::

    import crossload

    crossload.outcomes("reports/sklearn")              # a pandas.DataFrame, one row a cell
    crossload.grid("reports/sklearn", family="trees")  # shows itself in Jupyter, or prints itself
    crossload.grid("reports/sklearn", case="random-forest/*").plot()

Nothing is judged here: verdicts are those that the run published.
"""

from __future__ import annotations

import fnmatch
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tabulate import tabulate

from crossload.errors import SelectionError
from crossload.report.table_layouts import TABLE_LAYOUTS
from crossload.report.view_types import Square
from crossload.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd

_VERDICTS = {verdict.word: verdict for verdict in Verdict}
"""Verdicts by the word that the table holds."""


def outcomes(folder: str | Path) -> pd.DataFrame:
    """Read the table of outcomes of one report.

    Parameters
    ----------
    folder
        A report folder such as ``reports/sklearn``, or the ``outcomes.parquet`` in it.

    Returns
    -------
    pandas.DataFrame
        One row for each cell (case, writer, reader). Among its columns are ``recipe``, ``format``,
        ``writer``, ``reader``, ``verdict``, ``passes`` (null where a cell neither passes nor
        fails), ``reason``, and ``<metric>_before``, ``_after`` and ``_drift``; the manual lists all
        of them under "Columns".

    Raises
    ------
    crossload.errors.SelectionError
        There is no such table, or it is damaged.

    Examples
    --------
    >>> import crossload
    >>> table = crossload.outcomes("reports/sklearn")  # doctest: +SKIP
    >>> table.query("passes == False").groupby("reader").size()  # doctest: +SKIP
    """
    import pandas as pd  # noqa: PLC0415 - importing crossload alone must be quick

    path = Path(folder)
    path = path / "outcomes.parquet" if path.is_dir() else path
    if not path.is_file():
        msg = f"{folder}: no table of outcomes here"
        raise SelectionError(
            msg, hint="give a folder that `nox -s matrix` has written, such as reports/sklearn"
        )
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's errors are kinds of these
        msg = f"{path}: not a table of outcomes, or a damaged one: {str(error).splitlines()[0]}"
        raise SelectionError(
            msg, hint="`nox -s report` writes it anew from what is known"
        ) from error


def grid(
    source: str | Path | pd.DataFrame,
    *,
    family: str | None = None,
    case: str | None = None,
    format: str | None = None,  # noqa: A002 - the column is called so
) -> Grid:
    """Roll outcomes up to saved with x loaded in.

    All outcomes are rolled up, or those that match every pattern. Patterns are those of the shell
    (``*``, ``?``, ``[...]``) and match the whole name, upper and lower case apart.

    Parameters
    ----------
    source
        A report folder such as ``reports/sklearn``, an ``outcomes.parquet``, or a table that
        `outcomes` gave.
    family
        Pattern of the family, such as ``trees``.
    case
        Pattern of the case: a recipe (``random-forest``), or recipe and format
        (``random-forest/*``).
    format
        Pattern of the format, such as ``joblib*``.

    Returns
    -------
    Grid
        The pairs of environments that the chosen outcomes have, in the order of the report.

    Raises
    ------
    crossload.errors.SelectionError
        There is no such table, or no outcome matches; the hint lists what there is.

    Examples
    --------
    >>> import crossload
    >>> print(crossload.grid("reports/sklearn", case="random-forest/joblib"))  # doctest: +SKIP
    """
    table = outcomes(source) if isinstance(source, str | Path) else source
    patterns = {
        name: pattern
        for name, pattern in (("family", family), ("case", case), ("format", format))
        if pattern is not None
    }
    masks = {name: _matches(table, name, pattern) for name, pattern in patterns.items()}
    chosen = table[np.logical_and.reduce([np.ones(len(table), dtype=bool), *masks.values()])]
    if chosen.empty:
        raise _nothing(table, patterns, masks)
    counts: dict[tuple[str, str], Counter[Verdict]] = {}
    # the columns are categories of pandas; as plain texts they can be zipped and hashed
    columns = (chosen[name].astype(str) for name in ("writer", "reader", "verdict"))
    for writer, reader, word in zip(*columns, strict=True):
        counts.setdefault((writer, reader), Counter())[_VERDICTS[word]] += 1
    # the order of the whole table and not of the chosen rows: all grids of a report are alike
    ids = dict.fromkeys([*table["writer"].astype(str), *table["reader"].astype(str)])
    chosen_ids = {each for pair in counts for each in pair}
    return Grid(
        ids=tuple(each for each in ids if each in chosen_ids),
        # pairs without outcomes have no square at all, unlike those that were not measured
        squares={pair: Square(counts=dict(each)) for pair, each in counts.items()},
    )


def _matches(table: pd.DataFrame, name: str, pattern: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Mark the rows whose family, case or format matches a shell pattern."""
    names = table["recipe" if name == "case" else name].astype(str)
    if name == "case" and "/" in pattern:
        names = names + "/" + table["format"].astype(str)
    # each name once, of which a table of millions of rows has few; fnmatchcase, because fnmatch
    # follows the file system and would ignore case on Windows
    known = {each: fnmatch.fnmatchcase(each, pattern) for each in set(names)}
    return np.array([known[each] for each in names], dtype=bool)


def _nothing(
    table: pd.DataFrame, patterns: dict[str, str], masks: dict[str, Any]
) -> SelectionError:
    """Say which of the patterns matches nothing, and what there is instead.

    It may also be that each matches something, but no outcome all of them.
    """
    selection = ", ".join(f"{name}={pattern!r}" for name, pattern in patterns.items())
    idle = next((name for name, mask in masks.items() if not mask.any()), None)
    if not patterns:
        return SelectionError("the table has no outcomes")
    if idle is None:
        return SelectionError(
            f"no outcome matches {selection}",
            hint="each of them matches some outcomes, but none matches all",
        )
    known = sorted(set(table["recipe" if idle == "case" else idle].astype(str)))
    hint = f"{idle}: {', '.join(known[:60])}{', ...' if len(known) > 60 else ''}"
    return SelectionError(f"no outcome matches {selection}", hint=hint)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Rolled-up verdicts of pairs of environments, in the order of the report.

    It shows itself in Jupyter, and ``print`` shows it elsewhere: the symbol of the worst verdict of
    each pair, and how many cells failed.

    Attributes
    ----------
    ids
        Environments, in the order of the report.
    squares
        Counts of verdicts by (writer, reader); pairs without outcomes are absent.
    """

    ids: tuple[str, ...]
    squares: dict[tuple[str, str], Square]

    def verdicts(self) -> pd.DataFrame:
        """Give the worst verdict of each pair.

        Returns
        -------
        pandas.DataFrame
            Words such as ``load-error``, missing where there is no outcome; writers in rows,
            readers in columns, both by their ids.
        """
        return self._frame(lambda square: square.worst.word)

    def failed(self) -> pd.DataFrame:
        """Count the failed cells of each pair.

        Returns
        -------
        pandas.DataFrame
            Numbers, missing where there is no outcome; writers in rows, readers in columns.
        """
        return self._frame(lambda square: square.failed)

    def _frame(self, value: Any) -> pd.DataFrame:
        import pandas as pd  # noqa: PLC0415 - as above

        squares = self.squares
        data = [
            [
                value(squares[writer, reader]) if (writer, reader) in squares else None
                for reader in self.ids
            ]
            for writer in self.ids
        ]
        return pd.DataFrame(
            data,
            index=pd.Index(self.ids, name="saved with"),
            columns=pd.Index(self.ids, name="loaded in"),
        )

    def __str__(self) -> str:
        """Give a table of plain text."""
        rows = [
            [writer, *[_text(self.squares.get((writer, reader))) for reader in self.ids]]
            for writer in self.ids
        ]
        return tabulate(
            rows,
            headers=["saved with \\ loaded in", *self.ids],
            tablefmt="simple",
            # or "1.10" would be shown as 1.1
            disable_numparse=True,
        )

    def to_markdown(self) -> str:
        """Write a pipe table with a legend, as GitHub and MkDocs read it."""
        return TABLE_LAYOUTS["markdown"](self.ids, self.squares)

    def to_rst(self) -> str:
        """Write a table of reStructuredText with a legend."""
        return TABLE_LAYOUTS["rst"](self.ids, self.squares)

    def to_html(self) -> str:
        """Write a table to include in a page, without style and script.

        Cells have the classes ``crossload-pass``, ``crossload-fail``, ``crossload-drift`` and
        ``crossload-none``.
        """
        return TABLE_LAYOUTS["html"](self.ids, self.squares)

    def _repr_html_(self) -> str:
        """Give the table that Jupyter shows, with the colours of the Sphinx extension."""
        style = (
            files("crossload.report")
            .joinpath("static", "crossload.css")
            .read_text(encoding="utf-8")
        )
        return f"<style>\n{style}</style>\n{self.to_html()}"

    def plot(self, ax: Any = None) -> Any:
        """Draw a heat map of the share of failed cells.

        Cells that neither pass nor fail do not count; a pair without any other is left blank.

        Parameters
        ----------
        ax
            The ``matplotlib.axes.Axes`` to draw into; by default those of a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            The axes, with writers from top to bottom and readers from left to right.

        Raises
        ------
        ModuleNotFoundError
            matplotlib is not installed: it is an option of crossload (``crossload[plot]``).
        """
        try:
            import matplotlib.pyplot as plt  # noqa: PLC0415 - an option
        except ModuleNotFoundError as error:
            msg = (
                "Grid.plot() draws with matplotlib, which is not installed: pip install matplotlib"
            )
            raise ModuleNotFoundError(msg) from error

        ax = ax or plt.subplots(figsize=(1 + 0.6 * len(self.ids), 1 + 0.5 * len(self.ids)))[1]
        share = np.full((len(self.ids), len(self.ids)), np.nan)
        for row, writer in enumerate(self.ids):
            for column, reader in enumerate(self.ids):
                square = self.squares.get((writer, reader))
                if square is not None and square.passed + square.failed:
                    share[row, column] = square.failed / (square.passed + square.failed)
                if square is not None:
                    ax.text(column, row, _text(square), ha="center", va="center", fontsize="small")
        # NaN is drawn as nothing: pairs that neither pass nor fail have no colour
        ax.imshow(share, cmap="RdYlGn_r", vmin=0, vmax=1, alpha=0.6)
        ax.set_xticks(range(len(self.ids)), self.ids, rotation=90)
        ax.set_yticks(range(len(self.ids)), self.ids)
        ax.set_xlabel("loaded in")
        ax.set_ylabel("saved with")
        return ax


def _text(square: Square | None) -> str:
    """Give the symbol of the worst verdict, and the counts of failures."""
    return "" if square is None else square.text
