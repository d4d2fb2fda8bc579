"""Outcomes in memory: by key, equal facts kept once, so that millions of them fit.

A journal line is cut into its key, its seconds and the rest; the rest is parsed once for all lines that share it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from crossload.worker.measure import CORRUPTED

if TYPE_CHECKING:
    from collections.abc import Iterator

Record = dict[str, Any]

UNSURE = ("crash", "timeout", "memory")
"""Statuses that depend on the machine as much as on the model; they are believed when seen twice."""

KINDS = ("save", "load", "environment", "snapshot")


class Known(NamedTuple):
    """One outcome: facts that others may share, its own seconds, and the journal it was first written to."""

    facts: Record
    seconds: bytes
    """The members of the JSON object ``seconds``, as they stand in the journal: read when they are asked for."""
    at: str


def seconds_of(known: Known | None) -> dict[str, float]:
    """Seconds by stage of an outcome."""
    if known is None or not known.seconds:
        return {}
    seconds: dict[str, float] = json.loads(b"{" + known.seconds + b"}")
    return seconds


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

    def find(self, key: str | None) -> Known | None:
        """Facts, seconds and journal under a key."""
        return self._known.get(key) if key is not None else None

    def seconds(self, key: str | None) -> dict[str, float]:
        """Seconds by stage of the outcome under a key."""
        return seconds_of(self.find(key))

    def put(self, key: str, known: Known) -> None:
        """Let an outcome in; a repeat in a process of its own keeps the first answer beside it."""
        before = self._known.get(key)
        if before is not None:
            if known.at < before.at:
                return
            if known.facts.get("confirm") and "first" not in known.facts:
                first = {
                    "status": before.facts.get("status"),
                    "outputs": before.facts.get("outputs", {}),
                }
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
        self._shared: dict[tuple[bytes, bytes, bytes], Record] = {}

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
        rest = {
            name: value for name, value in record.items() if name not in ("key", "seconds", "at")
        }
        text = json.dumps(rest, sort_keys=True).encode()
        facts = self._shared.setdefault((text, b"", b""), rest)
        seconds = json.dumps(record.get("seconds", {}), sort_keys=True).encode()[1:-1]
        key = str(record["key"])
        self.by_kind[record["kind"]].put(key, Known(facts, seconds, str(record.get("at", at))))
        return key

    def _fast(self, line: bytes, at: str) -> str:
        """The same without parsing what is known; an empty text for lines of another shape.

        A quote within a JSON string is always escaped, so that these patterns are found between values only.
        """
        start = line.find(b'"key": "')
        end = start + 8 + 32
        begin = line.find(b'"seconds": {', end)
        close = line.find(b"}, ", begin)
        if start < 0 or begin < 0 or close < 0 or line[end : end + 3] != b'", ':
            return ""
        head = line[:start]
        own = head.find(b'"at": "')
        if own >= 0:
            stop = head.find(b'", ', own)
            at, head = head[own + 7 : stop].decode(), head[:own] + head[stop + 3 :]
        parts = (head, line[end + 3 : begin], line[close + 3 :])
        facts = self._shared.get(parts)
        if facts is None:
            parsed = json.loads(b"".join(parts))
            if parsed.get("kind") not in ("save", "load") or not parsed.get("status"):
                return ""
            facts = self._shared[parts] = parsed
        text = line[start + 8 : end].decode()
        self.by_kind[facts["kind"]].put(text, Known(facts, line[begin + 12 : close], at))
        return text


class Writer:
    """Turns outcomes into journal lines that give the same outcomes again; equal facts are laid out once."""

    def __init__(self) -> None:
        self._texts: dict[int, tuple[Record, bytes]] = {}

    def line(self, key: str, known: Known) -> bytes:
        """A line with the journal that the outcome was first written to."""
        found = self._texts.get(id(known.facts))
        if found is None:
            found = self._texts[id(known.facts)] = (
                known.facts,
                json.dumps(known.facts, sort_keys=True).encode()[1:],
            )
        return b'{"at": "%s", "key": "%s", "seconds": {%s}, %s\n' % (
            known.at.encode(),
            key.encode(),
            known.seconds,
            found[1],
        )


def is_corrupted(record: Record) -> bool:
    """Whether the reader found that the artifact in the store is not what was saved."""
    return bool(record.get("error", {}).get("type") == CORRUPTED)


def is_unbelieved(record: Record) -> bool:
    """Whether an outcome is to be measured again by the next run.

    That is a crash, time-out or outgrown limit that was seen once only, because the run that saw it was ended before the
    repeat; and an artifact that was damaged in the store, which says nothing about the model.
    """
    return (record["status"] in UNSURE and not record.get("confirm")) or is_corrupted(record)
