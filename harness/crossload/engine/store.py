"""Outcomes, artifacts and outputs on disk: append-only journals that a kill cannot damage beyond their last line."""

from __future__ import annotations

import errno
import itertools
import json
import os
import shutil
import time
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from crossload.errors import StoreError
from crossload.inside.measure import CORRUPTED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Record = dict[str, Any]

_COMPACT_ABOVE = 60
"""Journals are merged at the start of a run when there are more than this."""

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

UNSURE = ("crash", "timeout", "memory")
"""Statuses that depend on the machine as much as on the model; they are believed when seen twice."""


class Store:
    """The store of a project; one run at a time writes to it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.artifacts = root / "artifacts"
        self.outputs = root / "outputs"
        self.states = root / "states"
        self.journals = root / "journals"
        self.scratch = root / "scratch"
        self._numbers = itertools.count()
        self._lock = FileLock(root / "run.lock", timeout=0)
        self.damaged: list[str] = []
        """Journals with lines that could not be read, for the user to know."""

    def open(self) -> None:
        """Make the folders and take the run lock.  Raises `StoreError`."""
        try:
            for folder in (self.root, self.artifacts, self.outputs, self.states, self.journals, self.scratch):
                folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout:
            msg = f"another run is using the store {self.root.name}"
            raise StoreError(msg, hint="wait for it to end") from None
        except OSError as error:
            raise disk_error(error) from error

    def close(self) -> None:
        self._lock.release()

    def new_journal(self, label: str) -> Path:
        """A name that sorts by time: later lines win over earlier ones of the same key."""
        return self.journals / f"{time.time_ns():020d}-{os.getpid()}-{next(self._numbers):04d}-{label}.jsonl"

    def read(self) -> tuple[dict[str, Record], dict[str, Record]]:
        """All saves and loads by key; a line that was cut short by a kill is passed over."""
        saves: dict[str, Record] = {}
        loads: dict[str, Record] = {}
        for path in sorted(self.journals.glob("*.jsonl")):
            for record in self._lines(path):
                merge(saves if record["kind"] == "save" else loads, record)
        return saves, loads

    def _lines(self, path: Path) -> Iterator[Record]:
        for line in path.read_bytes().splitlines(keepends=True):
            try:
                record = json.loads(line)
                if record["kind"] in ("save", "load") and record["key"] and record["status"]:
                    yield record
            except (ValueError, KeyError, TypeError):
                if line.endswith(b"\n"):
                    self.damaged.append(path.name)

    def compact(self) -> None:
        """Merge many small journals into one; called under the run lock."""
        paths = sorted(self.journals.glob("*.jsonl"))
        if len(paths) <= _COMPACT_ABOVE:
            return
        saves, loads = self.read()
        target = self.journals / f"{time.time_ns():020d}-merged.jsonl"
        part = target.with_suffix(".part")
        with part.open("w", encoding="utf-8") as stream:
            stream.writelines(json.dumps(record) + "\n" for record in itertools.chain(saves.values(), loads.values()))
        part.replace(target)
        for path in paths:
            path.unlink()

    def has_artifact(self, record: Record) -> bool:
        """Whether the artifact and the outputs of a save are still there."""
        artifact = record.get("artifact")
        return artifact is None or (
            (self.artifacts / artifact["sha256"] / artifact["name"]).exists()
            and (self.outputs / f"{record['kept']}.npz").exists()
        )

    def drop_artifact(self, artifact: Record) -> None:
        """Forget an artifact that is not what was saved; its writer saves it anew in the next run."""
        shutil.rmtree(self.artifacts / artifact["sha256"], ignore_errors=True)

    def has_outputs(self, record: Record) -> bool:
        """Whether the outputs of a load are still there."""
        return "kept" not in record or (self.outputs / f"{record['kept']}.npz").exists()


def is_corrupted(record: Record) -> bool:
    """Whether the reader found that the artifact in the store is not what was saved."""
    return bool(record.get("error", {}).get("type") == CORRUPTED)


def merge(records: dict[str, Record], record: Record) -> None:
    """Let a record in: the later one counts; a repeat in a process of its own keeps the first answer beside it."""
    before = records.get(record["key"])
    if before is not None and record.get("confirm") and not record.get("first"):
        record = record | {"first": {"status": before["status"], "outputs": before.get("outputs", {})}}
    records[record["key"]] = record


def disk_error(error: OSError) -> StoreError:
    """A `StoreError` that says what to do."""
    if error.errno in DISK_FULL:
        return StoreError(
            f"the disk is full: {error.strerror}",
            hint="make room and run the same command again: what was measured is kept",
        )
    return StoreError(f"the store cannot be written: {error}", hint="check the rights of the folder .crossload")


def is_unbelieved(record: Record) -> bool:
    """Whether an outcome is to be measured again by the next run.

    That is a crash, time-out or outgrown limit that was seen once only, because the run that saw it was ended before the
    repeat; and an artifact that was damaged in the store, which says nothing about the model.
    """
    return (record["status"] in UNSURE and not record.get("confirm")) or is_corrupted(record)
