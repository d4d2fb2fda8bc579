"""What each run found, kept side by side: runs are appended, never overwritten, and can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.errors import SelectionError
from crossload.report.table import table_digest
from crossload.verdict import Verdict

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import pandas as pd

    from crossload.environments import Places
    from crossload.report import View

KEYS = ["recipe", "format", "writer", "reader"]
_PASSES = {verdict.word: verdict.passes for verdict in Verdict}


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Cells that two runs found different things of, by kind; each a table of the keys with both verdicts."""

    kinds: dict[str, pd.DataFrame]

    @property
    def text(self) -> str:
        """For people: counts, and the first ten cells of each kind."""
        lines = []
        for kind, table in self.kinds.items():
            lines.append(f"{kind}: {len(table)} cells")
            lines += [
                f"  {row['recipe']}/{row['format']} {row['writer']} -> {row['reader']}: {row['before'] or 'unknown'},"
                f" now {row['verdict']}"
                for row in table.head(10).to_dict("records")
            ]
            if len(table) > 10:
                lines.append(f"  ... and {len(table) - 10} more")
        return "\n".join(lines) if lines else "no cell changed"


class History:
    """Runs of one matrix, in ``.crossload/history/<matrix>/<when>.parquet``, oldest first."""

    def __init__(self, places: Places, matrix: str) -> None:
        self.folder = places.work / "history" / matrix

    def runs(self) -> list[str]:
        """Names of the runs: when they were, in UTC, such as ``20261122T103000Z``."""
        return sorted(path.stem.split("-")[0] for path in self.folder.glob("*.parquet"))

    def append(self, view: View, when: datetime) -> Path | None:
        """Keep what a run found; None where it found what the last one found."""
        digest = table_digest(view)[:12]
        last = sorted(self.folder.glob("*.parquet"))[-1:]
        if last and last[0].stem.split("-")[1] == digest:
            return None
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{when:%Y%m%dT%H%M%SZ}-{digest}.parquet"
        part = path.with_suffix(".part")
        verdicts_of(view).to_parquet(part, index=False)
        part.replace(path)
        return path

    def find(self, name: str) -> Path:
        """A run by its name or the beginning of it; ``last`` is the one before the newest.  Raises `SelectionError`."""
        paths = sorted(self.folder.glob("*.parquet"))
        if name == "last" and len(paths) > 1:
            return paths[-2]
        found = [path for path in paths if path.stem.startswith(name)]
        if name == "last" or not found:
            known = ", ".join(self.runs()) or "none yet"
            msg = f"{self.folder.name}: no run {name!r} in the history"
            raise SelectionError(msg, hint=f"known runs: {known}")
        return found[-1]

    def since(self, name: str) -> Changes:
        """What changed between a run and the newest one."""
        import pandas as pd  # noqa: PLC0415 - the other commands do without it

        old = pd.read_parquet(self.find(name))
        new = pd.read_parquet(max(self.folder.glob("*.parquet")))
        return changes(old, new)


def verdicts_of(view: View) -> pd.DataFrame:
    """Keys and verdict of each cell, strings kept once."""
    import pandas as pd  # noqa: PLC0415

    rows = view.rows
    cases, names = rows.cases, rows.environments
    columns = {
        "recipe": _coded([case.recipe for case in cases], rows.case),
        "format": _coded([case.format for case in cases], rows.case),
        "writer": _coded(names, rows.writer),
        "reader": _coded(names, rows.reader),
        "verdict": _coded([verdict.word for verdict in Verdict], rows.verdict),
    }
    return pd.DataFrame(columns)


def _coded(names: list[str], index: Any) -> pd.Categorical[str]:
    """The name of each cell, kept once."""
    import pandas as pd  # noqa: PLC0415

    different = list(dict.fromkeys(names))
    place = {name: number for number, name in enumerate(different)}
    codes = np.array([place[name] for name in names], dtype=np.int64)[index]
    return pd.Categorical.from_codes(codes, categories=pd.Index(different))


def changes(old: pd.DataFrame, new: pd.DataFrame) -> Changes:
    """Compare two runs cell by cell."""
    text = dict.fromkeys([*KEYS, "verdict"], "object")
    before = old.astype(text).rename(columns={"verdict": "before"})
    joined = new.astype(text).merge(before, on=KEYS, how="left").fillna({"before": ""})
    joined = joined[joined["before"] != joined["verdict"]]
    was, now = ([_PASSES.get(word) for word in joined[column]] for column in ("before", "verdict"))

    def where(values: list[bool | None], wanted: bool | None) -> np.ndarray:  # noqa: FBT001
        return np.array([each is wanted for each in values], dtype=bool)

    drifting = (joined["verdict"] == Verdict.DRIFT.word).to_numpy(dtype=bool)
    known, told = ~where(was, None), ~where(now, None)
    masks = {
        "newly drifting": drifting & known,
        "new failures": where(was, True) & where(now, False) & ~drifting,
        "fixed": where(was, False) & where(now, True),
        "newly measured": ~known & told,
        "fails otherwise": where(was, False) & where(now, False) & ~drifting,
        "not measured any more": known & ~told,
        "passes otherwise": where(was, True) & where(now, True),
    }
    return Changes(kinds={kind: joined[mask] for kind, mask in masks.items() if mask.any()})
