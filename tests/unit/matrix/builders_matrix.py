"""A project with one small matrix, environments that only seem to be built, and a fake executor."""

from __future__ import annotations

import json

import numpy as np
from builders_engine import A, B, FakeExecutor
from builders_store import keep

from crossload.engine.keys import Identity
from crossload.environments import Project, is_built, read_lock
from crossload.environments.build import python_in
from crossload.environments.locks import Locker
from crossload.environments.package_index import Index
from crossload.environments.stamp import STAMP, files_of
from crossload.matrix.ledger import make_ledger
from crossload.matrix.options import Options
from crossload.matrix.run import MatrixRun
from crossload.plan import environments_of, load_catalog, load_specs, make_plan
from crossload.store.store import Store
from crossload.worker import outputs

UV = "0.9.1"
MATRIX = """
[matrix]
title = "two versions"
recipes = ["recipes/few.py"]
formats = ["pickle"]
[axis."scikit-learn"]
versions = ["1.0", "1.1"]
prefix = "sklearn"
"""
FEW = '''
"""Two models, of which nothing but outputs is asked."""


def forest(data):
    return "forest"


def ridge(data):
    return "ridge"


def recipe(build):
    return dict(family="few", task="object", data="tokens", build=build, outputs=["predict"])


RECIPES = {"forest": recipe(forest), "ridge": recipe(ridge)}
'''
CONTROLS = """
RECIPES = {
    "damaged": dict(
        family="controls", task="object", data="tokens", build=lambda data: "model",
        outputs=["predict"], expect="load-error", says="pickle data was truncated",
    )
}
"""
CAUGHT = {
    "status": "error",
    "stage": "load",
    "outputs": {},
    "kept": None,
    "error": {"type": "UnpicklingError", "message": "pickle data was truncated", "traceback": "t"},
}
FAILED = {
    "status": "error",
    "stage": "load",
    "outputs": {},
    "kept": None,
    "error": {"type": "ValueError", "message": "no such field", "traceback": "Traceback: x"},
}
STOP = {"stop": True}
"""An answer in place of which somebody presses Ctrl-C."""


class Machine:
    """Stands for `LocalExecutor`: its executors answer from the tables of this object.

    ``answers`` and ``builds`` are those of `FakeExecutor`; ``predicts[op, environment, recipe]``
    is the output of a measurement that goes well.
    """

    def __init__(self):
        self.answers, self.builds, self.predicts, self.executors = {}, {}, {}, []
        self.before_job = lambda environment, op: None
        self.build = None
        """In place of `FakeExecutor.build`, of the executor and the environment."""
        self.damages = False
        """True for a disk that damages all outputs at once."""

    def __call__(self, plan, data, store, project, locker, settings, say):
        executor = _ProjectExecutor(store)
        executor.project, executor.machine, executor.settings = project, self, settings
        executor.answers, executor.builds = self.answers, self.builds
        executor.before_job = self.before_job
        self.executors.append(executor)
        return executor

    @property
    def jobs(self):
        """All jobs of all runs: operation, environment and recipes."""
        return [job[:3] for executor in self.executors for job in executor.jobs]


class _ProjectExecutor(FakeExecutor):
    def build(self, environment):
        build = self.machine.build or FakeExecutor.build
        return build(self, environment)

    def built_identity(self, environment):
        built = is_built(environment, self.project)
        return Identity.of(built) if built else None

    def _answer(self, op, env_id, item):
        place = (op, env_id, item["recipe"])
        if self.answers.setdefault(place, {"kept": None}) is STOP:
            raise KeyboardInterrupt
        record = super()._answer(op, env_id, item)
        if record["status"] == "ok":
            arrays = {"predict": np.array(self.machine.predicts.get(place, [0, 1, 1]))}
            record["outputs"] = outputs.digests(arrays)
            record["kept"] = keep(self.store, **arrays)
            if self.machine.damages:
                (self.store.blobs.outputs / f"{record['kept']}.npz").write_bytes(b"no archive")
        return record


class SmallProject:
    """A project in a folder; its lines for the user are in ``said``."""

    def __init__(self, root, *, matrix=MATRIX, few=FEW):
        self.root, self.project, self.said = root, Project(root), []
        self.write("matrix/small.toml", matrix)
        self.write("matrix/recipes/few.py", few)

    def write(self, path, text):
        """Write a file, with the folders above it."""
        found = self.root / path
        found.parent.mkdir(parents=True, exist_ok=True)
        found.write_text(text)
        return found

    def with_control(self):
        """Add the control to the matrix."""
        self.write("matrix/recipes/controls.py", CONTROLS)
        text = MATRIX.replace("formats", 'controls = ["recipes/controls.py"]\nformats')
        self.write("matrix/small.toml", text)
        return self

    @property
    def environments(self):
        return {
            each.id: each
            for spec in load_specs(self.project.matrix)
            for each in environments_of(spec)
        }

    def plan(self, selection=None):
        (spec,) = load_specs(self.project.matrix, ["small"])
        return make_plan(spec, load_catalog(spec), selection)

    def lock(self, env_id, pins=None, *, inputs=None):
        """Commit the lock of an environment."""
        version = env_id.split("-")[1]
        inputs = inputs or self.environments[env_id].inputs_digest
        header = f"# lock: {env_id}\n# python: 3.11\n# as-of: 2024-01-01\n# inputs: {inputs}\n"
        text = pins or f"scikit-learn=={version} \\\n    --hash=sha256:00\n"
        return read_lock(self.write(f"matrix/locks/{env_id}.txt", header + text))

    def build(self, *env_ids):
        """Lock environments and let them stand as if they were built."""
        for env_id in env_ids or (A, B):
            lock = self.lock(env_id)
            folder = self.project.environment(env_id)
            python = self.write(python_in(folder).relative_to(self.root), "")
            stamp = {
                "python": "3.11.9",
                "build": "b",
                "lock": lock.digest,
                "uv": UV,
                "base": str(python),
                "base_mtime": int(python.stat().st_mtime),
                "files": files_of(folder)[0],
            }
            (folder / STAMP).write_text(json.dumps(stamp))
        return self

    def opened(self, folder="store"):
        """A store that is open and was read."""
        store = Store(self.project.work / folder)
        store.open()
        store.read()
        store.blobs.list_present()
        return store

    def run(self, store, *, selection=None, measure=True, shard=None, **options):
        """Run the matrix; give the run, and the errors that did not end it."""
        plan = self.plan(selection)
        locker = Locker(self.project, None, Index(self.project.work / "index"))
        run = MatrixRun(
            self.project,
            Options(**options),
            store,
            locker,
            plan,
            self.said.append,
            measure=measure,
        )
        return run, run.run()

    def ledger(self, store, **options):
        return make_ledger(self.project, self.plan(), store, **options)

    def summary(self, folder="reports"):
        return json.loads((self.root / folder / "small" / "summary.json").read_text())
