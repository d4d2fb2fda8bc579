"""The verdicts that earlier runs found, and whether they changed.

They are kept for runs that have no time for all cells.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from crossload.derived import make_folder, replace
from crossload.matrix.run_table import KEYS, verdicts_of
from crossload.verdict import GAPS, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from crossload.environments import Project
    from crossload.plan.priority import Place
    from crossload.report import View


class KnownVerdicts:
    """The last known verdict of each cell of one matrix.

    Parameters
    ----------
    project
        Folders of the project; verdicts are kept in ``.crossload/known/<matrix>.parquet``.
    matrix
        Name of the matrix.
    say
        Takes a line where a file was damaged.
    """

    def __init__(
        self, project: Project, matrix: str, say: Callable[[str], None] = lambda _: None
    ) -> None:
        self._say = say
        self.path = project.work / "known" / f"{matrix}.parquet"
        self._published = project.reports / matrix / "outcomes.parquet"

    def _read(self) -> pd.DataFrame | None:
        """Read what this machine knows, else what was published, with nothing marked as changed."""
        if self.path.exists():
            found = read_table(self.path, [*KEYS, "verdict", "changed"])
            if found is not None:
                return found
            self._say(f"{self.path.name} of the known verdicts was damaged: it is made anew")
        if self._published.exists():
            found = read_table(self._published, [*KEYS, "verdict"])
            # the report says itself that it was damaged, and is written anew
            return None if found is None else found.assign(changed=False)
        return None

    def recall(self) -> tuple[dict[Place, bool | None], set[Place]]:
        """Recall the last verdicts, for `crossload.plan.priority`.

        Returns
        -------
        tuple
            Whether each cell passed, None for those that neither pass nor fail; and the cells
            whose verdict was another one in the run before. Both are empty where nothing is known.
        """
        found = self._read()
        if found is None:
            return {}, set()
        passes = {verdict.word: verdict.passes for verdict in Verdict}
        places = list(zip(*(found[name].astype(str) for name in KEYS), strict=True))
        passed = {
            place: passes.get(word)
            for place, word in zip(places, found["verdict"].astype(str), strict=True)
        }
        return passed, {
            place for place, changed in zip(places, found["changed"], strict=True) if changed
        }

    def remember(self, view: View) -> None:
        """Take in the verdicts of a run; of cells that it did not measure the older ones stay."""
        import pandas as pd  # noqa: PLC0415 - as above

        # as objects: columns of which the categories differ lose their type in a merge anyway
        # (https://github.com/pandas-dev/pandas/issues/24093)
        new = verdicts_of(view).astype(dict.fromkeys([*KEYS, "verdict"], "object"))
        # a gap says nothing of a cell: what was known of it before still holds
        new = new[~new["verdict"].isin([each.word for each in GAPS])]
        old = self._read() if self.path.exists() else None
        if old is None:
            new = new.assign(changed=False)
        else:
            old = old.astype(dict.fromkeys([*KEYS, "verdict"], "object"))
            joined = new.merge(
                old.rename(columns={"verdict": "before"}).drop(columns="changed"),
                on=KEYS,
                how="left",
            )
            new = new.assign(
                changed=(
                    joined["before"].notna() & (joined["before"] != joined["verdict"])
                ).to_numpy()
            )
            new = pd.concat([new, old]).drop_duplicates(KEYS, keep="first")
        make_folder(self.path.parent)
        part = self.path.with_suffix(f".{os.getpid()}.part")  # replaced as a whole, or not at all
        try:
            new.astype(dict.fromkeys([*KEYS, "verdict"], "category")).to_parquet(part, index=False)
            replace(part, self.path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def read_table(path: Path, columns: list[str]) -> pd.DataFrame | None:
    """Read a table; None where it is damaged, or has not these columns."""
    import pandas as pd  # noqa: PLC0415 - half a second of imports that most runs do without

    try:
        # a folder of this name would be read as a table of many parts
        return pd.read_parquet(path, columns=columns) if path.is_file() else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # errors of pyarrow are kinds of the first three
