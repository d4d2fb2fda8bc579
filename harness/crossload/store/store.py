"""Outcomes, artifacts and outputs on disk: nothing is lost to a kill, nothing damaged is believed.

Several runs may use a store at once: each writes journals of its own and reads those of the
others.  Only what rewrites the store (merging journals, `crossload.matrix.gc`) needs it alone.
"""

from __future__ import annotations

import json
import shutil
import uuid
from typing import TYPE_CHECKING

from filelock import FileLock, ReadWriteLock, Timeout

from crossload.derived import make_folder
from crossload.errors import StoreError
from crossload.store.blobs import Blobs
from crossload.store.journals import Journals, is_begun_within
from crossload.store.layout import check, disk_error, upgrade
from crossload.store.lock import open_lock
from crossload.store.records import FORGOTTEN, Records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from crossload.store.protocol import RemoteStore
    from crossload.store.records import Reader, Record

_COMPACT_ABOVE = 60
"""Journals are merged at the start of a run when there are more than this."""


class Store:
    """The store of a project: a folder of journals, artifacts, outputs, states and locks."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.journals = root / "journals"
        """The folder of journals."""
        self.scratch = root / "scratch"
        """The folder in which pinned processes work; nothing in it outlives its run."""
        self.claims = root / "claims"
        self.damage_notes: list[str] = []
        """Texts for the user: files that were damaged or foreign, and were moved to ``aside/``."""
        self.blobs = Blobs(root, self._put_aside)
        self.remote: RemoteStore | None = None
        """The store elsewhere that this one shares its outcomes with."""
        self._files = Journals(self.journals, self._put_aside)
        self._lock: ReadWriteLock | None = None
        self._driver_journal: Path | None = None

    @property
    def reader(self) -> Reader:
        """All outcomes that were read; another object after `rewrite`."""
        return self._files.reader

    @property
    def saves(self) -> Records:
        """Outcomes of saves by key."""
        return self.reader.by_kind["save"]

    @property
    def loads(self) -> Records:
        """Outcomes of loads by key."""
        return self.reader.by_kind["load"]

    # --- opening and closing --------------------------------------------------------------------

    def open(self, *, alone: bool = False) -> None:
        """Make the folders, upgrade what is older, and take part in the store.

        Parameters
        ----------
        alone
            Keep all others out until `close`.

        Raises
        ------
        StoreError
            The store cannot be written, is newer than this program, is no store, or is not free.
        """
        if (self.root / "outcomes").is_dir():
            msg = f"{self.root} is what a store behind a URL looks like from the other side"
            raise StoreError(msg, hint=f"--store file://{self.root}")
        if self.root.exists() and not self.root.is_dir():
            msg = f"{self.root} is not a folder"
            raise StoreError(msg, hint="give another folder as store")
        try:
            self.make_folders()
            self._lock = open_lock(self.root / "lock.db", self._put_aside)
            if self._try_alone():
                self.damage_notes += upgrade(self.root)
                if not alone:
                    self._tidy()
                    # a write lock cannot be turned into a read lock: there is a moment in which
                    # another run may upgrade or clean the store, hence the check below
                    self._lock.release()
            elif alone:
                msg = f"another run is using the store {self.root}"
                raise StoreError(msg, hint="wait for it to end")
            if not alone:
                self._lock.acquire_read(timeout=60)
                check(self.root)
        except Timeout:
            msg = f"the store {self.root} is being cleaned up"
            raise StoreError(msg, hint="wait for `crossload gc` to end") from None
        except OSError as error:
            raise disk_error(error) from error

    def make_folders(self) -> None:
        """Make the folders of a store; what stands in the place of one is set aside."""
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in (*self.blobs.folders, self.journals, self.scratch, self.claims):
            if not folder.is_dir() and (folder.exists() or folder.is_symlink()):
                self._put_aside(folder, f"{folder.name} was no folder")
            folder.mkdir(parents=True, exist_ok=True)

    def _try_alone(self) -> bool:
        assert self._lock is not None
        try:
            self._lock.acquire_write(blocking=False)
        except Timeout:
            return False
        return True

    def close(self) -> None:
        """Let others have the store to themselves; what was not shared yet is shared now."""
        if self.remote is not None:
            for name in self._files.ours():
                self.publish(self.journals / name)
        if self._lock is not None:
            self._lock.release(force=True)
            self._lock.close()
            self._lock = None

    def claim(self, name: str) -> FileLock | None:
        """Work on something alone among all runs that share the store.

        Returns
        -------
        FileLock or None
            A lock to be released; None while another run has it.
        """
        # A claim is the run's, whichever of its threads takes it.  By default a lock is of one
        # thread, and releasing it in another does nothing at all:
        # https://github.com/tox-dev/filelock/issues/404
        path = self.claims / f"{name}.lock"
        if path.is_dir():
            self._put_aside(path, f"claims/{path.name} was a folder")
        lock = FileLock(path, timeout=0, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            return None
        return lock

    # --- journals -------------------------------------------------------------------------------

    def new_journal(self, label: str) -> Path:
        """Begin a journal; names sort by time, and no two runs on any machines give the same."""
        return self._files.new(label)

    def mark_known(self, name: str) -> None:
        """Say that a journal came here by this run, which knows its records already."""
        self._files.mark_known(name)

    def records_in(self, name: str) -> list[Record]:
        """Read the saves and loads of a journal, as dicts of their own."""
        lines = (self.journals / name).read_bytes().splitlines()[1:]
        found = [json.loads(line) for line in lines]
        return [record for record in found if record["kind"] in ("save", "load")]

    def share_with(self, remote: RemoteStore) -> int:
        """Take in what is known elsewhere, and give there what is measured here from now on.

        Returns
        -------
        int
            The count of journals taken in.

        Raises
        ------
        StoreError
            The store elsewhere cannot be used.
        """
        taken = remote.open()
        for path in self._files.paths():
            if not remote.has(path):  # measured or joined while nobody shared it
                remote.push(path)
        self.remote = remote
        self.blobs.remote = remote
        return len(taken)

    def publish(self, journal: Path) -> None:
        """Give a journal to the store elsewhere, if there is one.

        Raises
        ------
        StoreError
            The store elsewhere cannot be written.
        """
        if self.remote is not None and journal.exists():
            self.remote.push(journal)

    def append(self, records: Iterable[Record]) -> None:
        """Write records of the driver itself, those that are not known yet."""
        for record in records:
            known = self.reader.by_kind[record["kind"]].get(record["key"])
            if known is not None and all(
                known.get(name) == value for name, value in record.items() if name != "key"
            ):
                continue
            if self._driver_journal is None:
                self._driver_journal = self.new_journal("driver")
            with self._driver_journal.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(record, sort_keys=True) + "\n")
            self.reader.record(record, self._driver_journal.name)

    def forget(self, label: str, since: int, until: int) -> int:
        """Take back what was measured in an environment in a span of time; it is measured anew.

        The lines stay where they are; a newer journal says that they count no more, which those
        who share the store, or join it, learn as well.

        Parameters
        ----------
        label
            Id of the environment, as journals are named after it.
        since, until
            Beginning and end of the span, in nanoseconds.

        Returns
        -------
        int
            The count of outcomes that were taken back.
        """
        doubted = [
            {"kind": kind, "key": key, "status": FORGOTTEN}
            for kind in ("save", "load")
            for key, known in self.reader.by_kind[kind].items()
            if is_begun_within(known.at, label, since, until)
        ]
        if doubted:
            # a journal of its own: of two lines under one key that of the newer journal counts
            journal = self.new_journal(FORGOTTEN)
            with journal.open("a", encoding="utf-8") as stream:
                stream.writelines(json.dumps(each, sort_keys=True) + "\n" for each in doubted)
            for each in doubted:
                self.reader.record(each, journal.name)
        return len(doubted)

    def read(self) -> Reader:
        """Read all journals and give what is in them; what a kill cut short is passed over."""
        self._files.read_all()
        return self.reader

    def refresh(self) -> list[str]:
        """Read what other runs have written since; give the keys of it."""
        return self._files.read_new()

    def rewrite(self, wanted: Callable[[str, str], bool]) -> int:
        """Make one journal of all, with the records that are ``wanted(kind, key)``.

        Only while the store is held alone.

        Returns
        -------
        int
            The count of records that went.
        """
        return self._files.rewrite(wanted)

    def forget_outcomes(self) -> None:
        """Go on as if nothing had been measured yet.

        What is on disk stays, and what is measured now counts more, because it is newer.
        """
        self.reader.by_kind["save"], self.reader.by_kind["load"] = Records(), Records()

    # --- order ----------------------------------------------------------------------------------

    def _put_aside(self, path: Path, text: str) -> None:
        """Move what is not what it should be out of the way, and keep a note of it."""
        folder = make_folder(self.root / "aside")
        # it may be there from before: the same file can be damaged twice
        target = folder / f"{path.name}.{uuid.uuid4().hex[:6]}"
        try:
            path.rename(target)
        except FileNotFoundError:
            return  # another run was first
        self.damage_notes.append(f"{text} (moved to aside/{target.name})")

    def _tidy(self) -> None:
        """Drop the scratch folders of killed runs and merge journals, while nobody else is here."""
        for folder in self.scratch.iterdir():
            if folder.is_dir() and not folder.is_symlink():
                shutil.rmtree(folder, ignore_errors=True)
            else:
                folder.unlink(missing_ok=True)
        shared = (self.root / "pulled").is_dir()  # there each journal is known by its name
        if not shared and len(self._files.paths()) > _COMPACT_ABOVE:
            self.rewrite(lambda _kind, _key: True)
