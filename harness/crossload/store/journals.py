"""The journals of a store: files of one JSON line an outcome, appended to and never changed.

A kill cuts at most the last line short.  Each run writes journals of its own and reads those of
the others; two journals are merged by reading both.
"""

from __future__ import annotations

import itertools
import json
import time
import uuid
from typing import TYPE_CHECKING

from crossload.store.layout import SCHEMA
from crossload.store.records import Reader, Writer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_OURS = -1
"""In place of an offset: this run wrote the journal, or brought it, and knows its records."""


class Journals:
    """The journals in one folder, and what was read of them.

    Parameters
    ----------
    folder
        Where they lie, one ``*.jsonl`` each.
    put_aside
        Called with a file that is not what it should be, and a text that says so.
    """

    def __init__(self, folder: Path, put_aside: Callable[[Path, str], None]) -> None:
        self.folder = folder
        self.reader = Reader()
        """All outcomes that were read, by kind and key."""
        self._put_aside = put_aside
        self._numbers = itertools.count()
        self._run = uuid.uuid4().hex[:8]
        self._offsets: dict[str, int] = {}

    def paths(self) -> list[Path]:
        """Give the paths of all journals, the oldest first."""
        return sorted(self.folder.glob("*.jsonl"))

    def _new_path(self, label: str) -> Path:
        # nanoseconds with leading zeros: names sort by time, which decides which of two outcomes
        # under one key counts, and `Ledger.days` reads dates from them.  The random part keeps
        # runs apart that begin at the same time on different machines.
        name = f"{time.time_ns():020d}-{self._run}-{next(self._numbers):04d}-{label}.jsonl"
        return self.folder / name

    def new(self, label: str) -> Path:
        """Begin a journal; names sort by time, and no two runs on any machines give the same."""
        path = self._new_path(label)
        _write_header(path)
        self.mark_known(path.name)
        return path

    def mark_known(self, name: str) -> None:
        """Say that this run knows the records of a journal already."""
        self._offsets[name] = _OURS

    def ours(self) -> list[str]:
        """Give the names of the journals that this run wrote or brought."""
        return [name for name, offset in self._offsets.items() if offset == _OURS]

    def read_all(self) -> None:
        """Read all journals; what was cut short by a kill is passed over."""
        for path in self.paths():
            if self._offsets.get(path.name) != _OURS:
                self._read(path, whole=True)

    def read_new(self) -> list[str]:
        """Read what other runs have written since; give the keys of it."""
        found: list[str] = []
        for path in self.paths():
            if self._offsets.get(path.name) != _OURS:
                found += self._read(path, whole=False)
        return found

    def _read(self, path: Path, *, whole: bool) -> list[str]:
        """Read a journal on from where it was read to; ``whole`` repairs one with damaged lines."""
        start = self._offsets.get(path.name, 0)
        if path.is_dir():
            self._put_aside(path, f"{path.name}: not a journal of crossload")
            return []
        with path.open("rb") as stream:
            stream.seek(start)
            text = stream.read()
        # what comes after the last line break is being written, or was cut short by a kill
        end = text.rfind(b"\n") + 1
        found: list[str] = []
        bad = 0
        # bytes are split at line breaks only; text would be at U+2028 and the like too
        lines = text[:end].split(b"\n")[:-1]
        if start == 0 and lines:
            headed = _is_header(lines[0])
            if not headed and not any(map(_is_record, lines)):
                self._put_aside(path, f"{path.name}: not a journal of crossload")
                return []
            del lines[0]
            bad += not headed  # its first line is damaged: the others tell nevertheless
        for line in lines:
            try:
                key = self.reader.line(line, path.name)
                found += [key] if key else []
            except (
                ValueError,
                KeyError,
                TypeError,
                IndexError,
                AttributeError,
                RecursionError,
            ):
                bad += 1  # damaged bytes may be any JSON, of any shape
        self._offsets[path.name] = start + end
        if bad and whole:
            self._salvage(path, bad)
        return found

    def _salvage(self, path: Path, bad: int) -> None:
        """Keep the good lines of a damaged journal under its name, and the damaged file aside."""
        text = path.read_bytes()
        # without what is being written, or was cut short by a kill
        lines = text[: text.rfind(b"\n") + 1].split(b"\n")[:-1]
        good = [line + b"\n" for line in lines if _is_record(line)]
        self._put_aside(path, f"{path.name}: {bad} lines could not be read; the others are kept")
        part = path.with_suffix(".part")
        _write_header(part)
        with part.open("ab") as stream:
            stream.writelines(good)
        part.replace(path)
        # all that is good in it is known
        self._offsets[path.name] = path.stat().st_size

    def rewrite(self, wanted: Callable[[str, str], bool]) -> int:
        """Make one journal of all, with the records that are ``wanted(kind, key)``.

        Only while the store is held alone.  Each record keeps the name of the journal it came
        from, so that joining with another store gives the same before and after.

        Returns
        -------
        int
            The count of records that went.
        """
        paths = self.paths()
        self.reader, self._offsets = Reader(), {}
        for path in paths:
            self._read(path, whole=True)
        paths = [path for path in paths if path.exists()]
        target = self._new_path("merged")
        part = target.with_suffix(".part")
        _write_header(part)
        dropped, writer = 0, Writer()
        with part.open("ab") as stream:
            for kind, records in self.reader.by_kind.items():
                for key, known in records.all_items():
                    if wanted(kind, key):
                        stream.write(writer.line(key, known))
                    else:
                        dropped += 1
        # killed between these two steps, the store has every record twice, which reads the same
        part.replace(target)
        for path in paths:
            path.unlink()
        if dropped:
            self.reader, self._offsets = Reader(), {}
        else:
            self._offsets = {target.name: target.stat().st_size}  # all of it is known already
        return dropped


def is_begun_within(name: str, label: str, since: int, until: int) -> bool:
    """Tell whether a journal is of this label and was begun in a span of time (nanoseconds)."""
    stem = name.removesuffix(".jsonl")
    began, _, rest = stem.partition("-")
    # a run has eight characters and a number of four digits; labels have dashes themselves
    parts = rest.split("-", 2)
    if len(parts) < 3 or parts[2] != label or not began.isdecimal():
        return False
    return since < int(began) <= until


def _write_header(path: Path) -> None:
    path.write_text(json.dumps({"kind": "journal", "schema": SCHEMA}) + "\n", encoding="utf-8")


def _is_record(line: bytes) -> bool:
    try:
        return bool(Reader().line(line, ""))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return False


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
