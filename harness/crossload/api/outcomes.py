"""Published outcomes in Python and notebooks: a tidy table, and saved-with x loaded-in at a glance.

    import crossload

    crossload.outcomes("reports/sklearn")                         a pandas.DataFrame, one row a cell
    crossload.grid("reports/sklearn", family="trees")             shows itself in Jupyter, prints itself elsewhere
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
from crossload.report.fragments import FRAGMENTS
from crossload.report.view_types import Square
from crossload.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd

_WORDS = {verdict.word: verdict for verdict in Verdict}


def outcomes(folder: str | Path) -> pd.DataFrame:
    """The table of outcomes of one report: one row a cell, columns as in `crossload.report.outcomes.COLUMNS`.

    ``folder`` is a report folder such as ``reports/sklearn``, or the ``outcomes.parquet`` in it.  Raises `SelectionError`
    where there is none.
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
    """Saved with x loaded in, of all outcomes or of those that match: shell patterns, ``case`` as ``recipe`` or ``recipe/format``.

    ``source`` is a report folder or a table of `outcomes`.  Raises `SelectionError` where nothing matches.
    """
    table = outcomes(source) if isinstance(source, str | Path) else source
    asked = {
        name: pattern
        for name, pattern in (("family", family), ("case", case), ("format", format))
        if pattern is not None
    }
    masks = {name: _matches(table, name, pattern) for name, pattern in asked.items()}
    chosen = table[np.logical_and.reduce([np.ones(len(table), dtype=bool), *masks.values()])]
    if chosen.empty:
        raise _nothing(table, asked, masks)
    counts: dict[tuple[str, str], Counter[Verdict]] = {}
    columns = (chosen[name].astype(str) for name in ("writer", "reader", "verdict"))
    for writer, reader, word in zip(*columns, strict=True):
        counts.setdefault((writer, reader), Counter())[_WORDS[word]] += 1
    ids = list(dict.fromkeys(table["writer"].astype(str))) + list(
        dict.fromkeys(table["reader"].astype(str))
    )
    touched = {each for pair in counts for each in pair}
    return Grid(
        ids=tuple(each for each in dict.fromkeys(ids) if each in touched),
        squares={pair: Square(counts=dict(each)) for pair, each in counts.items()},
    )


def _matches(table: pd.DataFrame, name: str, pattern: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Rows whose family, case or format matches a shell pattern."""
    names = table["recipe" if name == "case" else name].astype(str)
    if name == "case" and "/" in pattern:
        names = names + "/" + table["format"].astype(str)
    known = {each: fnmatch.fnmatchcase(each, pattern) for each in set(names)}
    return np.array([known[each] for each in names], dtype=bool)


def _nothing(table: pd.DataFrame, asked: dict[str, str], masks: dict[str, Any]) -> SelectionError:
    """Which of the patterns matches nothing, and what there is; or that each does, but no outcome all of them."""
    told = ", ".join(f"{name}={pattern!r}" for name, pattern in asked.items())
    idle = next((name for name, mask in masks.items() if not mask.any()), None)
    if not asked:
        return SelectionError("the table has no outcomes")
    if idle is None:
        return SelectionError(
            f"no outcome matches {told}",
            hint="each of them matches some outcomes, but none matches all",
        )
    known = sorted(set(table["recipe" if idle == "case" else idle].astype(str)))
    hint = f"{idle}: {', '.join(known[:60])}{', ...' if len(known) > 60 else ''}"
    return SelectionError(f"no outcome matches {told}", hint=hint)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Rolled-up verdicts of pairs of environments, in the order of the report."""

    ids: tuple[str, ...]
    squares: dict[tuple[str, str], Square]

    def verdicts(self) -> pd.DataFrame:
        """Worst verdict of each pair, writers in rows, readers in columns."""
        return self._frame(lambda square: square.worst.word)

    def failed(self) -> pd.DataFrame:
        """Number of failed cells of each pair."""
        return self._frame(lambda square: square.failed)

    def _frame(self, value: Any) -> pd.DataFrame:
        import pandas as pd  # noqa: PLC0415

        squares = self.squares
        data = [
            [value(squares[w, r]) if (w, r) in squares else None for r in self.ids]
            for w in self.ids
        ]
        return pd.DataFrame(
            data,
            index=pd.Index(self.ids, name="saved with"),
            columns=pd.Index(self.ids, name="loaded in"),
        )

    def __str__(self) -> str:
        rows = [
            [writer, *[_text(self.squares.get((writer, reader))) for reader in self.ids]]
            for writer in self.ids
        ]
        return tabulate(
            rows,
            headers=["saved with \\ loaded in", *self.ids],
            tablefmt="simple",
            disable_numparse=True,
        )

    def to_markdown(self) -> str:
        """A pipe table with a legend, as GitHub and MkDocs read it."""
        return FRAGMENTS["markdown"](self.ids, self.squares)

    def to_rst(self) -> str:
        """A table of reStructuredText with a legend."""
        return FRAGMENTS["rst"](self.ids, self.squares)

    def to_html(self) -> str:
        """A table to include in a page, without style and script."""
        return FRAGMENTS["html"](self.ids, self.squares)

    def _repr_html_(self) -> str:
        """What Jupyter shows: the table, with the colours of the Sphinx extension."""
        style = (
            files("crossload.report")
            .joinpath("static", "crossload.css")
            .read_text(encoding="utf-8")
        )
        return f"<style>\n{style}</style>\n{self.to_html()}"

    def plot(self, ax: Any = None) -> Any:
        """Draw a heat map of the share of failed cells; needs matplotlib.  Gives the axes."""
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
        ax.imshow(share, cmap="RdYlGn_r", vmin=0, vmax=1, alpha=0.6)
        ax.set_xticks(range(len(self.ids)), self.ids, rotation=90)
        ax.set_yticks(range(len(self.ids)), self.ids)
        ax.set_xlabel("loaded in")
        ax.set_ylabel("saved with")
        return ax


def _text(square: Square | None) -> str:
    """Symbol of the worst verdict, and how many cells failed."""
    if square is None:
        return ""
    symbol = square.worst.symbol.replace(" ", ".")
    return f"{symbol} {square.failed}" if square.failed else symbol
