"""The history of a matrix: what each run found, side by side.

Runs are appended, never overwritten, and can be compared. They are published beside the report, so
that whoever clones the project, or runs it on another machine, goes on from them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import uuid
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.derived import make_folder, replace
from crossload.errors import SelectionError
from crossload.matrix.run_table import KEYS, Changes, changes, verdicts_of
from crossload.report.changes import REGRESSIONS, UNKNOWN, Past, time_of
from crossload.report.feed import Entry, render_feed
from crossload.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pandas as pd

    from crossload.environments import Project
    from crossload.report import View
    from crossload.report.judged_cells import JudgedCells

_NUMBERS = {verdict.word: number for number, verdict in enumerate(Verdict)}

_NAME = re.compile(r"^[0-9]{8}T[0-9]{6}Z-[0-9a-f]+\.parquet$")

STRIP = 10
"""Number of earlier runs that a page shows."""


class History:
    """The runs of one matrix.

    They are kept in ``reports/<matrix>/history/<when>-<digest>.parquet``.

    Parameters
    ----------
    project
        Folders of the project.
    matrix
        Name of the matrix.
    say
        Takes a line for each file that is damaged, and was set aside.
    """

    def __init__(
        self, project: Project, matrix: str, say: Callable[[str], None] = lambda _: None
    ) -> None:
        self.folder = project.reports / matrix / "history"
        self._aside, self._say = project.work / "aside" / "history" / matrix, say

    @property
    def paths(self) -> list[Path]:
        """Files of the runs, oldest first: they are named by their time."""
        found = self.folder.glob("*-*.parquet") if self.folder.is_dir() else ()
        return sorted(path for path in found if _NAME.match(path.name))

    def _read(self, path: Path) -> pd.DataFrame | None:
        """Read a run; set one aside that is damaged, and give None."""
        import pandas as pd  # noqa: PLC0415 - the other commands do without it

        try:
            # a folder of this name would be read as a table of many parts
            if path.is_file():
                return pd.read_parquet(path, columns=[*KEYS, "verdict"])
        except PermissionError:
            raise
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass  # errors of pyarrow are kinds of these
        target = make_folder(self._aside) / f"{path.name}.{uuid.uuid4().hex[:6]}"
        path.rename(target)
        where = f".crossload/aside/history/{self._aside.name}"
        self._say(f"{path.name} of the history was damaged, and is in {where} now")
        return None

    def _newest_first(self) -> Iterator[tuple[Path, pd.DataFrame]]:
        for path in reversed(self.paths):
            found = self._read(path)
            if found is not None:
                yield path, found

    def runs(self) -> list[str]:
        """List the names of the runs: their times in UTC, such as ``20261122T103000Z``."""
        return [_run(path) for path in self.paths]

    def append(self, view: View, when: datetime) -> Path | None:
        """Keep what a run found.

        Parameters
        ----------
        view
            Its judged cells.
        when
            Time of the run, in UTC.

        Returns
        -------
        Path or None
            The new file; None where every verdict is that of the last run.
        """
        digest = digest_of(view.rows)
        last = self.paths[-1:]
        if last and _digest(last[0]) == digest and self._read(last[0]) is not None:
            return None
        # names have seconds and sort by them: of two runs within one second, or after a clock that
        # was put back, the later one gets the next second
        if last := self.paths[-1:]:
            when = max(when, time_of(_run(last[0])) + timedelta(seconds=1))
        make_folder(self.folder)
        path = self.folder / f"{when:%Y%m%dT%H%M%SZ}-{digest}.parquet"
        part = path.with_suffix(f".{os.getpid()}.part")  # a kill must leave no half run behind
        try:
            verdicts_of(view).to_parquet(part, index=False)
            replace(part, path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return path

    def past(self, view: View) -> tuple[Past, ...]:
        """Read the last runs before the one that found this view.

        Returns
        -------
        tuple of Past
            Oldest first, at most `STRIP`. A last run with the very verdicts of the view is left
            out: it is the view's own run, or one that found nothing else.
        """
        runs = self._newest_first()
        found = list(islice(runs, 1))
        if found and _digest(found[0][0]) == digest_of(view.rows):
            found.clear()
        found += islice(runs, STRIP - len(found))
        return tuple(
            Past(run=_run(path), verdicts=_aligned(table, view.rows))
            for path, table in reversed(found)
        )

    def find(self, name: str) -> Path:
        """Find the file of a run.

        Parameters
        ----------
        name
            Its name or the beginning of it, or ``last`` for the run before the newest.

        Raises
        ------
        SelectionError
            There is no such run, or only one run, so that ``last`` means nothing.
        """
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
        """Compare a run with the newest one; raise `SelectionError` where there is no such run."""
        while True:
            # one that is damaged is set aside, and `find` knows it no more
            chosen = self.find(name)
            before, after = self._read(chosen), self._read(self.paths[-1])
            if before is not None and after is not None:
                return changes(before, after)

    def feed(self, title: str, most: int = 20) -> str:
        """Render the Atom feed of the regressions of the last runs.

        Parameters
        ----------
        title
            Title of the matrix.
        most
            Number of runs to look at.

        Returns
        -------
        str
            The feed; its date is that of the newest run, so that the same runs give the same file.
        """
        entries = []
        for run, found in self.steps(most):
            worse = Changes(
                kinds={kind: table for kind, table in found.kinds.items() if kind in REGRESSIONS}
            )
            if worse.kinds:
                counts = ", ".join(f"{len(table)} {kind}" for kind, table in worse.kinds.items())
                lines = tuple(worse.lines(20))
                entries.append(Entry(run=run, when=time_of(run), headline=counts, lines=lines))
        runs = self.runs()
        when = time_of(runs[-1]) if runs else datetime.fromtimestamp(0, UTC)
        return render_feed(self.folder.parent.name, title, entries, when)

    def steps(self, most: int) -> Iterator[tuple[str, Changes]]:
        """Give each of the last runs with what changed since the one before, the newest first."""
        for (path, after), (_, before) in pairwise(islice(self._newest_first(), most + 1)):
            yield _run(path), changes(before, after)


def _run(path: Path) -> str:
    return path.stem.split("-")[0]


def _digest(path: Path) -> str:
    return path.stem.split("-")[1]


def digest_of(rows: JudgedCells) -> str:
    """Digest the verdicts of all cells, whatever their reasons say."""
    cases = [case.name for case in rows.cases]
    state = hashlib.sha256(
        json.dumps([cases, rows.environments, [verdict.word for verdict in Verdict]]).encode()
    )
    # one width and byte order, or the same verdicts would be another run on another machine
    for column in (rows.case, rows.writer, rows.reader, rows.verdict):
        state.update(np.ascontiguousarray(column, dtype="<i4").tobytes())
    return state.hexdigest()[:12]


def _aligned(found: pd.DataFrame, rows: JudgedCells) -> np.ndarray[Any, np.dtype[np.int8]]:
    """Give what a run found of each cell of a view: number of the verdict, shape (cells,).

    `UNKNOWN` stands for cells that the run did not have.
    """
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
    # One number for each cell, which NumPy sorts and searches at once. The run may have had other
    # cases and environments than the view: theirs are left out.
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
