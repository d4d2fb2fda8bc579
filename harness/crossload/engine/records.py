"""Outcomes in memory: by key, equal facts kept once, so that millions of them fit.

A journal line is cut into its key, its seconds and the rest; the rest is parsed once for all lines that share it.
"""

from __future__ import annotations

import json
import re
from array import array
from typing import TYPE_CHECKING, Any, NamedTuple

from crossload.inside.measure import CORRUPTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Record = dict[str, Any]

UNSURE = ("crash", "timeout", "memory")
"""Statuses that depend on the machine as much as on the model; they are believed when seen twice."""

_KEY = re.compile(rb'"key": "([0-9a-f]{32})", ')
_SECONDS = re.compile(rb'"seconds": \{([^{}]*)\}, ')
_AT = re.compile(rb'"at": "([^"\\]*)", ')

KINDS = ("save", "load", "environment", "snapshot")


class Known(NamedTuple):
    """One outcome: facts that others may share, its own seconds, and the journal it was first written to."""

    facts: Record
    seconds: bytes
    """Single-precision numbers, in the order of ``facts["timed"]``."""
    at: str


class Records:
    """Outcomes of one kind by key.  Of two under one key the one that was written later counts."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def get(self, key: str | None) -> Record | None:
        """The facts under a key; not to be changed: other keys may share them."""
        found = self._known.get(key) if key is not None else None
        return None if found is None else found.facts

    def seconds(self, key: str | None) -> dict[str, float]:
        """Seconds by stage of the outcome under a key."""
        found = self._known.get(key) if key is not None else None
        if found is None:
            return {}
        values = array("f")
        values.frombytes(found.seconds)
        return dict(zip(found.facts["timed"], values, strict=True))

    def put(self, key: str, known: Known) -> None:
        """Let an outcome in; a repeat in a process of its own keeps the first answer beside it."""
        before = self._known.get(key)
        if before is not None:
            if known.at < before.at:
                return
            if known.facts.get("confirm") and "first" not in known.facts:
                first = {"status": before.facts.get("status"), "outputs": before.facts.get("outputs", {})}
                known = known._replace(facts=known.facts | {"first": first})
        self._known[key] = known

    def items(self) -> Iterator[tuple[str, Known]]:
        """Everything that is known, by key."""
        yield from self._known.items()

    def values(self) -> Iterator[Known]:
        """Everything that is known."""
        yield from self._known.values()


class Reader:
    """Turns journal lines into outcomes, sharing equal facts between all journals that it reads."""

    def __init__(self) -> None:
        self.by_kind: dict[str, Records] = {kind: Records() for kind in KINDS}
        self._shared: dict[tuple[bytes, tuple[str, ...]], Record] = {}
        self._names: dict[tuple[str, ...], tuple[str, ...]] = {}

    def line(self, line: bytes, at: str) -> str:
        """Take in one line; give its key, empty for lines that only frame a journal.  Raises ValueError for any other."""
        fast = self._fast(line, at)
        return fast or self.record(json.loads(line), at)

    def record(self, record: Record, at: str) -> str:
        """Take in a record that is a dict already; give its key.  Raises ValueError if it is not one of ours."""
        if record.get("kind") in ("end", "journal"):
            return ""
        if record.get("kind") not in KINDS or not record.get("key"):
            msg = "not a record"
            raise ValueError(msg)
        if record["kind"] in ("save", "load") and not record.get("status"):
            msg = "an outcome without a status"
            raise ValueError(msg)
        rest = {name: value for name, value in record.items() if name not in ("key", "seconds", "at")}
        seconds: Mapping[str, float] = record.get("seconds", {})
        names = self._interned(tuple(seconds))
        text = json.dumps(rest, sort_keys=True).encode()
        facts = self._shared.get((text, names))
        if facts is None:
            facts = self._shared[text, names] = rest | {"timed": names}
        key = str(record["key"])
        packed = array("f", [float(each) for each in seconds.values()]).tobytes()
        self.by_kind[record["kind"]].put(key, Known(facts, packed, str(record.get("at", at))))
        return key

    def _fast(self, line: bytes, at: str) -> str:
        """The same without parsing what is known; an empty text for lines of another shape."""
        key, seconds = _KEY.search(line), _SECONDS.search(line)
        if key is None or seconds is None or key.end() > seconds.start():
            return ""
        head, middle, tail = line[: key.start()], line[key.end() : seconds.start()], line[seconds.end() :]
        if own := _AT.search(head):
            at, head = own.group(1).decode(), head[: own.start()] + head[own.end() :]
        pairs = seconds.group(1).split(b", ") if seconds.group(1) else []
        names = self._interned(tuple(pair.split(b'"')[1].decode() for pair in pairs))
        rest = head + middle + tail
        facts = self._shared.get((rest, names))
        if facts is None:
            parsed = json.loads(rest)
            if parsed.get("kind") not in ("save", "load") or not parsed.get("status"):
                return ""
            facts = self._shared[rest, names] = parsed | {"timed": names}
        packed = array("f", [float(pair.split(b": ")[1]) for pair in pairs]).tobytes()
        text = key.group(1).decode()
        self.by_kind[facts["kind"]].put(text, Known(facts, packed, at))
        return text

    def _interned(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return self._names.setdefault(names, names)

    def forget_texts(self) -> None:
        """Drop what served to find equal lines."""
        self._shared.clear()


def line_of(key: str, known: Known) -> bytes:
    """A journal line that gives the same outcome again, with the journal that it was first written to."""
    facts = {name: value for name, value in known.facts.items() if name != "timed"}
    values = array("f")
    values.frombytes(known.seconds)
    seconds = {name: round(value, 5) for name, value in zip(known.facts["timed"], values, strict=True)}
    return (json.dumps(facts | {"key": key, "seconds": seconds, "at": known.at}, sort_keys=True) + "\n").encode()


def is_corrupted(record: Record) -> bool:
    """Whether the reader found that the artifact in the store is not what was saved."""
    return bool(record.get("error", {}).get("type") == CORRUPTED)


def is_unbelieved(record: Record) -> bool:
    """Whether an outcome is to be measured again by the next run.

    That is a crash, time-out or outgrown limit that was seen once only, because the run that saw it was ended before the
    repeat; and an artifact that was damaged in the store, which says nothing about the model.
    """
    return (record["status"] in UNSURE and not record.get("confirm")) or is_corrupted(record)
