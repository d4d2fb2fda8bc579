"""The named contents of a store: artifacts, outputs and states, each named by its digest."""

from __future__ import annotations

import hashlib
import json
import zipfile
from typing import TYPE_CHECKING

from crossload.worker import outputs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np

    from crossload.store.protocol import RemoteStore
    from crossload.store.records import Record


class Damaged(Exception):
    """Something in the store was not what its name says.

    It was set aside, and what refers to it is unknown again.
    """


class Blobs:
    """Artifacts (``<sha256>/<name>``), outputs (``<digest>.npz``) and states (``<digest>.json``).

    Parameters
    ----------
    root
        The folder of the store.
    put_aside
        Called with a file or folder that is not what its name says, and a text that says so.
    """

    def __init__(self, root: Path, put_aside: Callable[[Path, str], None]) -> None:
        self.artifacts = root / "artifacts"
        self.outputs = root / "outputs"
        self.states = root / "states"
        self._put_aside = put_aside
        self._present: set[str] = set()
        self.remote: RemoteStore | None = None
        """The store elsewhere, which may have artifacts that are not here."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders of artifacts, outputs and states."""
        return self.artifacts, self.outputs, self.states

    def list_present(self) -> None:
        """Note once which files are there."""
        # asking the file system for each of millions of names by itself would take minutes
        self._present = {
            f"{folder.name}/{path.name}"
            for folder in (self.outputs, self.states)
            for path in folder.iterdir()
        }
        for folder in list(self.artifacts.iterdir()):
            if not folder.is_dir():
                self._put_aside(folder, f"artifacts/{folder.name} was no folder")
                continue
            self._present |= {f"{folder.name}/{path.name}" for path in folder.iterdir()}

    def _has(self, path: Path) -> bool:
        name = f"{path.parent.name}/{path.name}"
        if name in self._present:
            return True
        if path.exists():
            self._present.add(name)
            return True
        return False

    def has_artifact(self, record: Record) -> bool:
        """Say if the artifact and the outputs of a save are still there, or can be fetched."""
        # a save that failed, or that the writer cannot do, has none to miss
        artifact = record.get("artifact")
        return artifact is None or (self._is_reachable(artifact) and self.has_outputs(record))

    def _is_reachable(self, artifact: Record) -> bool:
        here = self._has(self.artifacts / artifact["sha256"] / artifact["name"])
        return here or (self.remote is not None and self.remote.has_artifact(artifact))

    def ensure_artifact(self, artifact: Record) -> None:
        """Fetch an artifact that is not here, if there is a store elsewhere.

        Raises
        ------
        Damaged
            It is damaged there: it was set aside, and its writer saves it anew.
        StoreError
            The store cannot be used.
        """
        if self.remote is not None and not self._has(
            self.artifacts / artifact["sha256"] / artifact["name"]
        ):
            self.remote.fetch_artifact(artifact)

    def has_outputs(self, record: Record) -> bool:
        """Say if the outputs and the state that a record names are still there."""
        names = (
            record.get("kept"),
            record.get("noise"),
            record.get("kept_train"),
            record.get("resumed"),
        )
        state = record.get("state")
        return all(self._has(self.outputs / f"{name}.npz") for name in names if name) and (
            not state or self._has(self.states / f"{state}.json")
        )

    def drop_artifact(self, artifact: Record) -> None:
        """Set aside an artifact that is not what was saved; its writer saves it anew."""
        path = self.artifacts / artifact["sha256"]
        for each in path.iterdir() if path.is_dir() else []:
            self._forget(each)
        self._put_aside(path, f"artifact {artifact['sha256'][:16]} is not what was saved")

    def arrays(self, kept: str) -> dict[str, np.ndarray]:
        """Read recorded outputs.

        Parameters
        ----------
        kept
            The digest that a record names.

        Returns
        -------
        dict
            Arrays by the name of the output.

        Raises
        ------
        Damaged
            There is no such file, or it is not what its name says.
        """
        import numpy as np  # noqa: PLC0415 - a run that measured nothing does without

        path = self.outputs / f"{kept}.npz"
        # Pinned processes run other people's models, so their files are not trusted: no pickles.
        # The file is opened here so that it is closed, whatever raises, before it is moved aside.
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as held:
                found = {name: held[name] for name in held.files}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
            raise self._damaged(path, str(error)) from error
        if outputs.name_of(outputs.digests(found)) != kept:
            raise self._damaged(path, "its content is another one")
        return found

    def state(self, name: str) -> dict[str, str]:
        """Read a recorded state.

        Returns
        -------
        dict
            Digests of the fitted arrays by their place in the model.

        Raises
        ------
        Damaged
            There is no such file, or it is not what its name says.
        """
        path = self.states / f"{name}.json"
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise self._damaged(path, str(error)) from error
        # a name is the digest of the content, which finds damage and needs no other record
        if hashlib.sha256(text.encode()).hexdigest()[:32] != name:
            raise self._damaged(path, "its content is another one")
        found: dict[str, str] = json.loads(text)
        return found

    def check(self) -> int:
        """Read all outputs and states and set aside what is damaged; give the count of it."""
        found = 0
        for folder, read in ((self.outputs, self.arrays), (self.states, self.state)):
            for path in sorted(folder.iterdir()):
                try:
                    read(path.stem)
                except Damaged:
                    found += 1
        return found

    def _damaged(self, path: Path, why: str) -> Damaged:
        text = (
            f"{path.parent.name}/{path.name} is damaged: {why.splitlines()[0] if why else 'empty'}"
        )
        self._forget(path)
        self._put_aside(path, text)
        return Damaged(text)

    def _forget(self, path: Path) -> None:
        self._present.discard(f"{path.parent.name}/{path.name}")
