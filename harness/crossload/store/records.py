"""Outcomes in memory by key: equal facts are kept once, so that millions of them fit.

A journal line is cut into its key, its seconds and the rest; the rest is parsed once for all
lines that share it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from crossload.worker.measure import CORRUPTED

if TYPE_CHECKING:
    from collections.abc import Iterator

Record = dict[str, Any]

UNSURE = ("crash", "timeout", "memory")
"""Statuses that depend on the machine too, not on the model alone: believed when seen twice."""

FORGOTTEN = "forgotten"
"""Status of a line that takes an outcome back: what was measured before it counts no more."""

KINDS = ("save", "load", "environment", "snapshot")
"""Kinds of records; lines of other kinds frame a journal, or are damaged."""


class Known(NamedTuple):
    """One outcome: facts that others may share, its own seconds, and its first journal."""

    facts: Record
    seconds: bytes
    """The members of the JSON object ``seconds`` as they stand in the journal, not parsed yet."""
    at: str
    """Name of the journal; it sorts by time."""


def seconds_of(known: Known | None) -> dict[str, float]:
    """Give the seconds of an outcome by stage; empty where none are known."""
    if known is None or not known.seconds:
        return {}
    seconds: dict[str, float] = json.loads(b"{" + known.seconds + b"}")
    return seconds


class Records:
    """Outcomes of one kind by key; of two under one key the one that was written later counts.

    What was taken back is kept too, or an older line that is read later would bring it back.
    """

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}
        self._forgotten: dict[str, Known] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def get(self, key: str | None) -> Record | None:
        """Give the facts under a key; not to be changed, because other keys may share them."""
        found = self._known.get(key) if key is not None else None
        return None if found is None else found.facts

    def find(self, key: str | None) -> Known | None:
        """Give facts, seconds and journal under a key."""
        return self._known.get(key) if key is not None else None

    def seconds(self, key: str | None) -> dict[str, float]:
        """Give the seconds by stage of the outcome under a key."""
        return seconds_of(self.find(key))

    def put(self, key: str, known: Known) -> None:
        """Let an outcome in; a repeat in a process of its own keeps the first answer beside it."""
        before = self._known.get(key)
        taken_back = self._forgotten.get(key)
        if taken_back is not None and known.at < taken_back.at:
            return
        if known.facts.get("status") == FORGOTTEN:
            if before is None or before.at <= known.at:
                self._known.pop(key, None)
            self._forgotten[key] = known
            return
        if before is not None:
            # names of journals sort by time; stores that were joined are read in any order
            if known.at < before.at:
                return
            if known.facts.get("confirm") and "first" not in known.facts:
                answer = {
                    "status": before.facts.get("status"),
                    "outputs": before.facts.get("outputs", {}),
                }
                # a repeat of a repeat settles which of the two answers counts
                earlier = (
                    {"first": before.facts["first"], "second": answer}
                    if "first" in before.facts
                    else {"first": answer}
                )
                known = known._replace(facts=known.facts | earlier)
        self._known[key] = known

    def items(self) -> Iterator[tuple[str, Known]]:
        """Go through everything that is known, with its key."""
        yield from self._known.items()

    def all_items(self) -> Iterator[tuple[str, Known]]:
        """Go through everything that is known, and then through what was taken back."""
        yield from self._known.items()
        yield from self._forgotten.items()

    def values(self) -> Iterator[Known]:
        """Go through everything that is known."""
        yield from self._known.values()


class Reader:
    """Turns journal lines into outcomes, sharing equal facts between all journals that it reads."""

    def __init__(self) -> None:
        self.by_kind: dict[str, Records] = {kind: Records() for kind in KINDS}
        self._shared: dict[tuple[bytes, bytes, bytes], Record] = {}

    def line(self, line: bytes, at: str) -> str:
        """Take in one line of a journal.

        Parameters
        ----------
        line
            The line, with or without its line break.
        at
            Name of the journal, for lines that do not name one themselves.

        Returns
        -------
        str
            The key of the outcome; empty for lines that only frame a journal.

        Raises
        ------
        ValueError
            The line is none of ours.  Damaged lines may raise KeyError, TypeError, IndexError and
            AttributeError too.
        """
        fast = self._fast(line, at)
        return fast or self.record(json.loads(line), at)

    def record(self, record: Record, at: str) -> str:
        """Take in a record that is a dict already.

        Returns
        -------
        str
            The key of the outcome; empty for records that only frame a journal.

        Raises
        ------
        ValueError
            The record is none of ours.
        """
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
        # the whole text in place of the three parts of `_fast`: facts of both ways are not shared
        # with each other, which costs memory and nothing else
        facts = self._shared.setdefault((text, b"", b""), rest)
        seconds = json.dumps(record.get("seconds", {}), sort_keys=True).encode()[1:-1]
        key = str(record["key"])
        self.by_kind[record["kind"]].put(key, Known(facts, seconds, str(record.get("at", at))))
        return key

    def _fast(self, line: bytes, at: str) -> str:
        """Take in a line without parsing what is known; give "" for lines of another shape."""
        # Journals are written with sorted keys, so that "key", "seconds" and, in merged journals,
        # "at" stand at the top level in places that can be searched for.  A quote within a JSON
        # string is always escaped: these patterns are found between values only.  A key has 32
        # characters.
        start = line.find(b'"key": "')
        end = start + 8 + 32
        begin = line.find(b'"seconds": {', end)
        close = line.find(b"}, ", begin)
        if start < 0 or begin < 0 or close < 0 or line[end : end + 3] != b'", ':
            return ""
        head = line[:start]
        named = head.find(b'"at": "')
        if named >= 0:
            stop = head.find(b'", ', named)
            at, head = head[named + 7 : stop].decode(), head[:named] + head[stop + 3 :]
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
    """Turns outcomes into journal lines that give the same outcomes when they are read."""

    def __init__(self) -> None:
        self._texts: dict[int, tuple[Record, bytes]] = {}

    def line(self, key: str, known: Known) -> bytes:
        """Give a line that names the journal to which the outcome was first written."""
        # by id: facts are shared objects, and the entry keeps them alive, so no id is used twice
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
    """Say if the reader found that the artifact in the store is not what was saved."""
    return bool(record.get("error", {}).get("type") == CORRUPTED)


def is_unbelieved(record: Record) -> bool:
    """Say if an outcome is to be measured again before it counts.

    That is a crash, time-out or outgrown limit that was seen once only; an answer that differs from
    all that were found before, so that no two agree; and an artifact that was damaged in the store,
    which says nothing about the model.
    """
    if is_corrupted(record):
        return True
    if record["status"] in UNSURE and not record.get("confirm"):
        return True
    return "first" in record and not _agrees(record)


def _agrees(record: Record) -> bool:
    own = record["status"], record.get("outputs", {})
    return any(
        (record[name]["status"], record[name]["outputs"]) == own
        for name in ("first", "second")
        if name in record
    )
