"""A plan, a store, and an executor that answers jobs from a table in place of processes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from helpers import RECIPE, loaded, saved, spec

from crossload.engine.interfaces import Settings, Stopped
from crossload.engine.keys import Identity
from crossload.engine.ledger import Ledger
from crossload.engine.run import Run
from crossload.plan import Catalog, make_plan
from crossload.store.store import Store
from crossload.worker import contract, formats
from crossload.worker.measure import CORRUPTED

A, B = "sklearn-1.0", "sklearn-1.1"
DATA = {"iris": ("d1", None)}
CRASH = {"status": "crash", "outputs": {}, "kept": None}
FAILED = {"status": "error", "outputs": {}, "kept": None, "error": {"type": "E", "message": "m"}}
CORRUPT = FAILED | {"error": {"type": CORRUPTED, "message": "m"}}


def plan_in(folder, versions=("1.0", "1.1"), *recipes, controls=(), form=("pickle",)):
    """A plan whose recipes stand in a file, because their code is a part of every key."""
    path = folder / "r.py"
    path.write_text("RECIPES = {}\n")
    known = formats.builtin_formats()

    def named(names):
        return {name: contract.Recipe(name, dict(RECIPE), str(path)) for name in names}

    catalog = Catalog(
        recipes=named(recipes or ("forest",)),
        formats={name: known[name] for name in form},
        controls=named(controls),
    )
    return make_plan(spec(versions), catalog)


def identity_of(env_id, **more):
    return replace(Identity("3.11.9", f"lock of {env_id}"), **more)


class FakeExecutor:
    """Answers from a table.

    ``answers[op, environment, recipe]`` is what the record has beside what all have: a list holds
    one answer for each time that it is asked, the last of which stays; an exception is raised.
    ``builds[environment]`` is an identity, or an exception.
    """

    def __init__(self, store, *, slots=1, small_jobs=False):
        self.store, self.slots, self.small_jobs = store, slots, small_jobs
        self.answers, self.builds = {}, {}
        self.there = {}
        """Identities of environments that are built already."""
        self.built, self.jobs, self.released, self.forgotten = [], [], [], []
        self.closed = 0
        self.before_job = lambda environment, op: None

    def built_identity(self, environment):
        return self.there.get(environment.id)

    def build(self, environment):
        self.built.append(environment.id)
        found = self.builds.get(environment.id, identity_of(environment.id))
        if isinstance(found, Exception):
            raise found
        return found

    def run_job(self, environment, op, items, *, isolate, stopped, on_outcome):
        self.jobs.append((op, environment.id, [item["recipe"] for item in items], isolate))
        self.before_job(environment, op)
        journal = self.store.new_journal(environment.id)
        for item in items:
            if stopped():
                raise Stopped
            answer = self._answer(op, environment.id, item)
            if isolate:
                answer |= {"confirm": True}
            with journal.open("a") as stream:
                stream.write(json.dumps(answer, sort_keys=True) + "\n")
            on_outcome(answer, journal.name)

    def _answer(self, op, env_id, item):
        found = self.answers.get((op, env_id, item["recipe"]), {})
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, Exception):
            raise found
        if op == "load":
            record = loaded(key=item["key"]) | found
        else:
            name = f"{env_id} {item['recipe']} {item['format']}"
            artifact = {"sha256": hashlib.sha256(name.encode()).hexdigest(), "name": "model.pkl"}
            record = saved(key=item["key"], artifact=artifact) | found
            if record["status"] != "ok":
                del record["artifact"]
        keep_files(self.store, record)
        return record

    def forget(self, environment):
        self.there.pop(environment.id, None)
        self.forgotten.append(environment.id)

    def release_idle(self, busy):
        self.released.append(set(busy))

    def close(self):
        self.closed += 1


def keep_files(store, record):
    """Write the artifact and the outputs that a record names."""
    if "artifact" in record and record["kind"] == "save":
        path = store.blobs.artifacts / record["artifact"]["sha256"] / record["artifact"]["name"]
        path.parent.mkdir(exist_ok=True)
        path.touch()
    if record.get("kept"):
        (store.blobs.outputs / f"{record['kept']}.npz").touch()


class FakeProgress:
    """Keeps what it is told."""

    def __init__(self):
        self.notes, self.starts, self.outcomes, self.drifts = [], [], [], []
        self.saves = 0

    def note(self, text):
        self.notes.append(text)

    def start(self, total, missing):
        self.starts.append((total, len(missing)))

    def saved(self):
        self.saves += 1

    def settled(self, cells, record):
        self.outcomes += [(each.writer, each.reader, record["status"]) for each in cells]

    def drifted(self, cells):
        self.drifts += [(each.writer, each.reader) for each in cells]


class Bench:
    """All that a run of a plan needs; a second one in the same folder is as a new process."""

    def __init__(self, folder, *, plan=None, **more):
        self.plan = plan or plan_in(folder)
        self.store = Store(folder / "store")
        self.store.open()
        self.store.read()
        self.store.blobs.list_present()
        self.ledger = Ledger(self.plan, DATA, self.store)
        self.executor, self.progress = FakeExecutor(self.store, **more), FakeProgress()

    @property
    def cells(self):
        return (*self.plan.controls, *self.plan.selected)

    def identify(self, *env_ids):
        for env_id in env_ids or [each.id for each in self.plan.environments]:
            self.ledger.identify(env_id, identity_of(env_id))

    def run(self, *, cells=None, suspicious=lambda *_: False, value=None, **settings):
        run = Run(
            self.plan,
            self.ledger,
            self.store,
            self.executor,
            self.progress,
            suspicious,
            Settings(jobs=1, **settings),
            value=value,
        )
        run.execute(self.cells if cells is None else cells)
        return run

    def outcomes(self):
        """Statuses of loads by writer and reader; None where there is none."""
        return {
            (cell.writer, cell.reader): (self.ledger.load(cell) or {}).get("status")
            for cell in self.plan.cells
        }

    def record(self, kind, **more):
        """Put a record into the store as a run of before would; members of None are left out."""
        facts = (saved if kind == "save" else loaded)() | {"key": "0" * 32} | more
        facts = {name: value for name, value in facts.items() if value is not None}
        keep_files(self.store, facts)
        self.store.reader.record(facts, "00000000000000000001-x.jsonl")

    def put(self, cell, *, save=None, load=None):
        """Record the save of a cell, and its load where ``load`` is given."""
        sha = hashlib.sha256(f"{cell.writer} {cell.case.recipe}".encode()).hexdigest()
        artifact = {"sha256": sha, "name": "model.pkl"}
        more = {"artifact": artifact} | (save or {})
        self.record("save", key=self.ledger.save_key(cell.writer, cell.case), **more)
        if load is not None:
            self.record("load", key=self.ledger.load_key(cell), **load)
