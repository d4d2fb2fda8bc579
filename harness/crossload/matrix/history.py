"""What each run found, kept side by side: runs are appended, never overwritten, and can be compared.

They are published beside the report, so that whoever clones the project, or runs it on another machine, goes on from them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.errors import SelectionError
from crossload.report.changes import KINDS, REGRESSIONS, UNKNOWN, Past, change_kind, time_of
from crossload.report.feed import Entry, render_feed
from crossload.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from crossload.environments import Project
    from crossload.report import View
    from crossload.report.judged_cells import JudgedCells

KEYS = ["recipe", "format", "writer", "reader"]
_WORDS = {verdict.word: verdict for verdict in Verdict}
_NUMBERS = {verdict.word: number for number, verdict in enumerate(Verdict)}

STRIP = 10
"""Earlier runs that a page shows."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Cells that two runs found different things of, by kind; each a table of the keys with both verdicts."""

    kinds: dict[str, pd.DataFrame]

    def lines(self, most: int = 10) -> Iterator[str]:
        """Counts, and the first cells of each kind."""
        for kind, table in self.kinds.items():
            yield f"{kind}: {len(table)} cells"
            for row in table.head(most).to_dict("records"):
                was = row["before"] or "unknown"
                yield f"  {row['recipe']}/{row['format']} {row['writer']} -> {row['reader']}: {was}, now {row['verdict']}"
            if len(table) > most:
                yield f"  ... and {len(table) - most} more"

    @property
    def text(self) -> str:
        """For people."""
        return "\n".join(self.lines()) or "no cell changed"


class History:
    """Runs of one matrix, in ``reports/<matrix>/history/<when>-<digest>.parquet``, oldest first."""

    def __init__(self, project: Project, matrix: str) -> None:
        self.folder = project.reports / matrix / "history"

    @property
    def paths(self) -> list[Path]:
        """The runs, oldest first."""
        return sorted(self.folder.glob("*-*.parquet"))

    def runs(self) -> list[str]:
        """Names of the runs: when they were, in UTC, such as ``20261122T103000Z``."""
        return [_run(path) for path in self.paths]

    def append(self, view: View, when: datetime) -> Path | None:
        """Keep what a run found; None where every verdict is that of the last one."""
        digest = digest_of(view.rows)
        last = self.paths[-1:]
        if last and _digest(last[0]) == digest:
            return None
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{when:%Y%m%dT%H%M%SZ}-{digest}.parquet"
        part = path.with_suffix(".part")
        verdicts_of(view).to_parquet(part, index=False)
        part.replace(path)
        return path

    def past(self, view: View) -> tuple[Past, ...]:
        """The last runs before the one that found this, oldest first; the same again is no earlier run."""
        paths = self.paths
        if paths and _digest(paths[-1]) == digest_of(view.rows):
            paths.pop()
        return tuple(
            Past(run=_run(path), verdicts=_aligned(path, view.rows)) for path in paths[-STRIP:]
        )

    def find(self, name: str) -> Path:
        """A run by its name or the beginning of it; ``last`` is the one before the newest.  Raises `SelectionError`."""
        paths = self.paths
        if name == "last" and len(paths) > 1:
            return paths[-2]
        found = [path for path in paths if path.stem.startswith(name)]
        if name == "last" or not found:
            matrix, known = self.folder.parent.name, self.runs()
            if name == "last" and len(known) == 1:
                msg = f"{matrix}: there is one run only, {known[0]}: nothing to compare it with"
                raise SelectionError(
                    msg, hint="a run is added when it finds something else than the one before"
                )
            msg = f"{matrix}: no run {name!r} in the history"
            raise SelectionError(msg, hint=f"known runs: {', '.join(known) or 'none yet'}")
        return found[-1]

    def since(self, name: str) -> Changes:
        """What changed between a run and the newest one."""
        import pandas as pd  # noqa: PLC0415 - the other commands do without it

        return changes(pd.read_parquet(self.find(name)), pd.read_parquet(self.paths[-1]))

    def feed(self, title: str, most: int = 20) -> str:
        """The Atom feed of the regressions of the last runs."""
        entries = []
        for run, found in self.steps(most):
            worse = Changes(
                kinds={kind: table for kind, table in found.kinds.items() if kind in REGRESSIONS}
            )
            if worse.kinds:
                told = ", ".join(f"{len(table)} {kind}" for kind, table in worse.kinds.items())
                entries.append(
                    Entry(run=run, when=time_of(run), headline=told, lines=tuple(worse.lines(20)))
                )
        runs = self.runs()
        when = time_of(runs[-1]) if runs else datetime.fromtimestamp(0, UTC)
        return render_feed(self.folder.parent.name, title, entries, when)

    def steps(self, most: int) -> Iterator[tuple[str, Changes]]:
        """(run, what changed since the run before) of the last runs, the newest first."""
        import pandas as pd  # noqa: PLC0415 - as above

        paths = self.paths[-most - 1 :]
        for before, after in reversed(list(pairwise(paths))):
            yield _run(after), changes(pd.read_parquet(before), pd.read_parquet(after))


def _run(path: Path) -> str:
    return path.stem.split("-")[0]


def _digest(path: Path) -> str:
    return path.stem.split("-")[1]


def digest_of(rows: JudgedCells) -> str:
    """Digest of the verdicts of all cells, whatever their reasons say."""
    cases = [case.name for case in rows.cases]
    state = hashlib.sha256(
        json.dumps([cases, rows.environments, [verdict.word for verdict in Verdict]]).encode()
    )
    for column in (rows.case, rows.writer, rows.reader, rows.verdict):
        state.update(np.ascontiguousarray(column, dtype="<i4").tobytes())
    return state.hexdigest()[:12]


def _aligned(path: Path, rows: JudgedCells) -> np.ndarray[Any, np.dtype[np.int8]]:
    """What a run found of each cell of a view."""
    import pandas as pd  # noqa: PLC0415 - the other commands do without it

    found = pd.read_parquet(path)
    environments = {name: number for number, name in enumerate(rows.environments)}
    cases = {case.name: number for number, case in enumerate(rows.cases)}
    names = [
        f"{recipe}/{fmt}"
        for recipe, fmt in zip(
            found["recipe"].astype(str), found["format"].astype(str), strict=True
        )
    ]
    columns = [
        np.array([cases.get(name, UNKNOWN) for name in names], dtype=np.int64),
        *(
            np.array(
                [environments.get(each, UNKNOWN) for each in found[k].astype(str)], dtype=np.int64
            )
            for k in KEYS[2:]
        ),
    ]
    verdicts = np.array(
        [_NUMBERS.get(word, UNKNOWN) for word in found["verdict"].astype(str)], dtype=np.int8
    )
    known = np.logical_and.reduce([column >= 0 for column in columns])
    size = len(environments)
    keys = ((columns[0] * size + columns[1]) * size + columns[2])[known]
    wanted = (rows.case.astype(np.int64) * size + rows.writer) * size + rows.reader
    if not len(keys):
        return np.full(len(wanted), UNKNOWN, dtype=np.int8)
    order = np.argsort(keys, kind="stable")
    place = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    hit = keys[order][place] == wanted
    return np.where(hit, verdicts[known][order][place], UNKNOWN).astype(np.int8)


def verdicts_of(view: View) -> pd.DataFrame:
    """Keys and verdict of each cell, strings kept once."""
    import pandas as pd  # noqa: PLC0415

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
    kinds = np.array(
        [
            change_kind(_WORDS.get(was), _WORDS[now])
            for was, now in zip(joined["before"], joined["verdict"], strict=True)
        ],
        dtype=object,
    )
    return Changes(kinds={kind: joined[kinds == kind] for kind in KINDS if (kinds == kind).any()})
