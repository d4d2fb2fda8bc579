"""A process and a locker that start nothing, for tests of the workspace."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
from builders_measuring import built_of, pickled

from crossload.worker import outputs


class FakeServer:
    """A process that answers every model with the same arrays."""

    started: ClassVar[list[FakeServer]] = []
    outcomes = 1
    """Outcomes that it gives of one model."""

    def __init__(self, built, store, control, *, entry, words):
        self.built, self.store, self.control, self.words = built, store, control, words
        self.entry, self.facts, self.ready, self.jobs = entry, {}, 0, []
        self.folder = store.root
        self.closed, self.scrub = None, list(words.items())
        self.started.append(self)

    def wait_until_ready(self, stopped):
        assert not stopped()
        self.ready += 1
        self.facts = {"python": "3.10"}

    def run(self, op, items, limits, *, stopped, on_outcome, no_fork):
        assert not stopped()
        (item,) = items
        self.jobs.append((op, item, limits, no_fork))
        self.scrubbed = dict(self.scrub)
        for path in item.get("resave", {}).values():
            Path(path).write_bytes(pickled())
        arrays = {"predict": np.array([0, 1])}
        digests = outputs.digests(arrays)
        kept = outputs.keep(arrays, digests, str(self.store.blobs.outputs))
        record = {"kind": op, "key": item["key"], "status": "ok", "outputs": digests, "kept": kept}
        record |= {"rows": {"": {"kept": kept, "count": 2}}, "methods": {"": ["predict"]}}
        if "resave" in item:
            record["resaved"] = dict.fromkeys(item["resave"], "ok") | {"skops": "TypeError: no"}
        for _ in range(self.outcomes):
            on_outcome(record, "journal")
        self.journal = self.folder / "journal"
        self.journal.write_text("outcomes")
        return self.journal

    def close(self, *, kill=False):
        self.closed = "killed" if kill else "ended"


class FakeLocker:
    """Locks for Python 3.11 and 3.10, of which every environment has wheels."""

    def __init__(self):
        self.interpreters = SimpleNamespace(get=lambda minor: f"python{minor}")
        self.available = ["3.11", "3.10"]
        self.error = None

    def lock(self, wanted):
        return built_of(wanted, {"numpy": "1.24.3"}, wanted.python or self.available[0]).lock

    def as_of(self, _wanted):
        if self.error is not None:
            raise self.error
        return date(2024, 1, 1)

    def pythons(self, _wanted, _as_of):
        return self.available
