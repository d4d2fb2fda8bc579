"""Outcomes, artifacts and outputs on disk: append-only journals that a kill cannot damage beyond their last line.

Several runs may use a store at once: each writes journals of its own and reads those of the others.  Only what rewrites the
store (merging journals, `crossload.engine.gc`) needs it alone.
"""

from __future__ import annotations

import itertools
import json
import shutil
import time
import uuid
from typing import TYPE_CHECKING

from filelock import FileLock, ReadWriteLock, Timeout

from crossload.errors import StoreError
from crossload.store.blobs import Blobs
from crossload.store.layout import SCHEMA, check, disk_error, upgrade
from crossload.store.records import Reader, Records, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from crossload.store.protocol import RemoteStore
    from crossload.store.records import Record

_COMPACT_ABOVE = 60
"""Journals are merged at the start of a run when there are more than this."""


class Store:
    """The store of a project."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.journals = root / "journals"
        self.scratch = root / "scratch"
        self.claims = root / "claims"
        self.aside: list[str] = []
        """What was damaged or foreign and was moved to the folder ``aside``, in words, for the user to know."""
        self.blobs = Blobs(root, self._put_aside)
        self.reader = Reader()
        self._numbers = itertools.count()
        self._run = uuid.uuid4().hex[:8]
        self._offsets: dict[str, int] = {}
        self._lock: ReadWriteLock | None = None
        self._own: Path | None = None
        self.remote: RemoteStore | None = None
        """The store elsewhere that this one shares its outcomes with."""

    # --- opening and closing ------------------------------------------------------------------------------------

    def open(self, *, alone: bool = False) -> None:
        """Make the folders, upgrade what is older, and take part in the store; ``alone`` keeps all others out.

        Raises `StoreError` where the store cannot be written, is newer than this program, or is not free.
        """
        if (self.root / "outcomes").is_dir():
            msg = f"{self.root} is what a store behind a URL looks like from the other side"
            raise StoreError(msg, hint=f"--store file://{self.root}")
        if self.root.exists() and not self.root.is_dir():
            msg = f"{self.root} is not a folder"
            raise StoreError(msg, hint="give another folder as store")
        try:
            self.make_folders()
            self._lock = ReadWriteLock(self.root / "lock.db", is_singleton=False)
            if self._try_alone():
                self.aside += upgrade(self.root)
                if not alone:
                    self._tidy()
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
        """The folders of a store."""
        for folder in (self.root, *self.blobs.folders, self.journals, self.scratch, self.claims):
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
            for name in [name for name, offset in self._offsets.items() if offset == -1]:
                self.publish(self.journals / name)
        if self._lock is not None:
            self._lock.release(force=True)
            self._lock.close()
            self._lock = None

    def claim(self, name: str) -> FileLock | None:
        """Work on something alone among all runs that share the store; None while another does."""
        lock = FileLock(self.claims / f"{name}.lock", timeout=0, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            return None
        return lock

    # --- journals -----------------------------------------------------------------------------------------------

    def new_journal(self, label: str) -> Path:
        """An empty journal; names sort by time, and no two runs on any machines give the same."""
        path = (
            self.journals
            / f"{time.time_ns():020d}-{self._run}-{next(self._numbers):04d}-{label}.jsonl"
        )
        self._write_header(path)
        self._offsets[path.name] = -1
        return path

    def own(self, name: str) -> None:
        """Say that a journal came here by this run, which knows its records already."""
        self._offsets[name] = -1

    def records_in(self, name: str) -> list[Record]:
        """Records of a journal, as dicts of their own."""
        lines = (self.journals / name).read_bytes().splitlines()[1:]
        found = [json.loads(line) for line in lines]
        return [record for record in found if record["kind"] in ("save", "load")]

    def share_with(self, remote: RemoteStore) -> int:
        """Take in what is known elsewhere, and give there what is measured here; gives the count of journals taken in."""
        taken = remote.open()
        for path in sorted(self.journals.glob("*.jsonl")):
            if not remote.has(path):  # measured or joined while nobody shared it
                remote.push(path)
        self.remote = remote
        self.blobs.remote = remote
        return len(taken)

    def publish(self, journal: Path) -> None:
        """Give a journal to the store elsewhere, if there is one."""
        if self.remote is not None and journal.exists():
            self.remote.push(journal)

    @staticmethod
    def _write_header(path: Path) -> None:
        path.write_text(json.dumps({"kind": "journal", "schema": SCHEMA}) + "\n", encoding="utf-8")

    def append(self, records: Iterable[Record]) -> None:
        """Write records of the driver itself, those that are not known yet."""
        for record in records:
            known = self.reader.by_kind[record["kind"]].get(record["key"])
            if known is not None and all(
                known.get(name) == value for name, value in record.items() if name != "key"
            ):
                continue
            if self._own is None:
                self._own = self.new_journal("driver")
            with self._own.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(record, sort_keys=True) + "\n")
            self.reader.record(record, self._own.name)

    def read(self) -> Reader:
        """All records; what was cut short by a kill is passed over."""
        for path in sorted(self.journals.glob("*.jsonl")):
            self._read(path, whole=True)
        return self.reader

    def refresh(self) -> list[str]:
        """Read what other runs have written since; give the keys of it."""
        found: list[str] = []
        for path in sorted(self.journals.glob("*.jsonl")):
            if self._offsets.get(path.name) != -1:
                found += self._read(path, whole=False)
        return found

    def _read(self, path: Path, *, whole: bool) -> list[str]:
        start = self._offsets.get(path.name, 0)
        with path.open("rb") as stream:
            stream.seek(start)
            text = stream.read()
        end = text.rfind(b"\n") + 1
        found: list[str] = []
        bad = 0
        lines = text[:end].splitlines()
        if start == 0 and lines:
            if not _is_header(lines[0]):
                self._put_aside(path, f"{path.name}: not a journal of crossload")
                return []
            del lines[0]
        for line in lines:
            try:
                key = self.reader.line(line, path.name)
                found += [key] if key else []
            except (ValueError, KeyError, TypeError, IndexError, AttributeError):
                bad += 1
        self._offsets[path.name] = start + end
        if bad and whole:
            self._salvage(path, bad)
        return found

    def _salvage(self, path: Path, bad: int) -> None:
        """Keep the good lines of a damaged journal under its name, and the damaged file aside."""
        good = []
        for line in path.read_bytes().splitlines(keepends=True):
            try:
                json.loads(line)
                good.append(line)
            except ValueError:
                continue
        self._put_aside(path, f"{path.name}: {bad} lines could not be read; the others are kept")
        part = path.with_suffix(".part")
        part.write_bytes(b"".join(good))
        part.replace(path)

    def _put_aside(self, path: Path, text: str) -> None:
        """Move what is not what it should be out of the way, and remember to say so."""
        folder = self.root / "aside"
        folder.mkdir(exist_ok=True)
        target = folder / f"{path.name}.{uuid.uuid4().hex[:6]}"
        try:
            path.rename(target)
        except FileNotFoundError:
            return  # another run was first
        self.aside.append(f"{text} (moved to aside/{target.name})")

    def _tidy(self) -> None:
        """What may be done while nobody else is here: scratch of killed runs goes, many journals become one."""
        for folder in self.scratch.iterdir():
            shutil.rmtree(folder, ignore_errors=True)
        shared = (self.root / "pulled").is_dir()  # there each journal is known by its name
        if not shared and len(list(self.journals.glob("*.jsonl"))) > _COMPACT_ABOVE:
            self.rewrite(lambda _kind, _key: True)

    def rewrite(self, wanted: Callable[[str, str], bool]) -> int:
        """Make one journal of all, with the records that are ``wanted(kind, key)``; give the count of those that went.

        Only while the store is held alone.  Each record keeps the name of the journal it came from, so that joining with
        another store gives the same before and after.
        """
        paths = sorted(self.journals.glob("*.jsonl"))
        self.reader, self._offsets = Reader(), {}
        for path in paths:
            self._read(path, whole=True)
        paths = [path for path in paths if path.exists()]
        target = (
            self.journals
            / f"{time.time_ns():020d}-{self._run}-{next(self._numbers):04d}-merged.jsonl"
        )
        part = target.with_suffix(".part")
        self._write_header(part)
        dropped, writer = 0, Writer()
        with part.open("ab") as stream:
            for kind, records in self.reader.by_kind.items():
                for key, known in records.items():
                    if wanted(kind, key):
                        stream.write(writer.line(key, known))
                    else:
                        dropped += 1
        part.replace(target)
        for path in paths:
            path.unlink()
        if dropped:
            self.reader, self._offsets = Reader(), {}
        else:
            self._offsets = {target.name: target.stat().st_size}  # all of it is known already
        return dropped

    def forget(self) -> None:
        """Go on as if nothing had been measured yet; what is on disk stays, and what is measured now counts more."""
        self.reader.by_kind["save"], self.reader.by_kind["load"] = Records(), Records()

    @property
    def saves(self) -> Records:
        return self.reader.by_kind["save"]

    @property
    def loads(self) -> Records:
        return self.reader.by_kind["load"]


def _is_header(line: bytes) -> bool:
    try:
        found = json.loads(line)
    except ValueError:
        return False
    return (
        isinstance(found, dict)
        and found.get("kind") == "journal"
        and isinstance(found.get("schema"), int)
    )
