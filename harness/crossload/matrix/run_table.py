"""The table of a run, with the verdict of each cell, and the comparison of two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.report.changes import KINDS, change_kind
from crossload.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from crossload.report import View

KEYS = ["recipe", "format", "writer", "reader"]
"""Columns that name a cell."""
_WORDS = {verdict.word: verdict for verdict in Verdict}


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Cells of which two runs found different verdicts."""

    kinds: dict[str, pd.DataFrame]
    """By kind of change: a table of `KEYS` with the columns ``before`` and ``verdict``."""

    @property
    def count(self) -> int:
        """Number of cells that changed."""
        return sum(len(table) for table in self.kinds.values())

    def lines(self, most: int = 10) -> Iterator[str]:
        """Give lines for people: counts, and the first cells of each kind."""
        for kind, table in self.kinds.items():
            yield f"{kind}: {len(table)} cells"
            for row in table.head(most).to_dict("records"):
                was = row["before"] or "unknown"
                pair = f"{row['writer']} -> {row['reader']}"
                yield f"  {row['recipe']}/{row['format']} {pair}: {was}, now {row['verdict']}"
            if len(table) > most:
                yield f"  ... and {len(table) - most} more"

    @property
    def text(self) -> str:
        """All lines together, for people."""
        return "\n".join(self.lines()) or "no cell changed"


def verdicts_of(view: View) -> pd.DataFrame:
    """Make the table of a run: `KEYS` and verdict of each cell, as categories.

    Parameters
    ----------
    view
        The view of the run.

    Returns
    -------
    pandas.DataFrame
        One row for each cell, in the order of the view.
    """
    import pandas as pd  # noqa: PLC0415 - the other commands do without it

    rows = view.rows
    cases, names = rows.cases, rows.environments
    columns = {
        "recipe": _coded([case.recipe for case in cases], rows.case),
        "format": _coded([case.format for case in cases], rows.case),
        "writer": _coded(list(names), rows.writer),
        "reader": _coded(list(names), rows.reader),
        "verdict": _coded([verdict.word for verdict in Verdict], rows.verdict),
    }
    return pd.DataFrame(columns)


def _coded(names: list[str], index: Any) -> pd.Categorical[str]:
    """Give each cell its name, each different name kept once.

    Parameters
    ----------
    names
        Names by number; several numbers may have the same.
    index
        Number of each cell, shape (cells,).
    """
    import pandas as pd  # noqa: PLC0415 - as above

    different = list(dict.fromkeys(names))
    place = {name: number for number, name in enumerate(different)}
    codes = np.array([place[name] for name in names], dtype=np.int64)[index]
    return pd.Categorical.from_codes(codes, categories=pd.Index(different))


def changes(old: pd.DataFrame, new: pd.DataFrame) -> Changes:
    """Compare two runs cell by cell.

    Parameters
    ----------
    old, new
        Tables as `verdicts_of` makes them. Cells that only the old one has are left out: they are
        no longer planned.
    """
    text = dict.fromkeys([*KEYS, "verdict"], "object")
    before = old.astype(text).rename(columns={"verdict": "before"})
    joined = new.astype(text).merge(before, on=KEYS, how="left").fillna({"before": ""})
    joined = joined[joined["before"] != joined["verdict"]]
    kinds = np.array(
        [
            change_kind(_WORDS.get(was), _WORDS[now])
            for was, now in zip(joined["before"], joined["verdict"], strict=True)
        ],
        dtype=object,
    )
    return Changes(kinds={kind: joined[kinds == kind] for kind in KINDS if (kinds == kind).any()})
