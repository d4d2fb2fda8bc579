"""The place where users' models are measured: a folder of the user's cache.

It holds environments, locks and outcomes, laid out as those of a matrix are.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from crossload.config import Limits
from crossload.engine.doubts import forget_doubted, still_good
from crossload.engine.keys import Identity, worker_digest
from crossload.engine.server import Server
from crossload.environments import Interpreters, Locker, Project, build, is_built
from crossload.environments.package_index import Index
from crossload.errors import (
    ConfigError,
    EnvironmentPinsError,
    EnvironmentUnavailable,
    HarnessFault,
    IndexUnavailable,
)
from crossload.models.cache import cache_folder
from crossload.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from crossload.environments import Built
    from crossload.models.model import Model
    from crossload.plan import Environment
    from crossload.store.records import Record

_MOST_SERVERS = 6
"""Processes kept alive at once; each holds its imported libraries in memory."""

LIMITS = Limits(seconds=120, memory_mb=8192)
"""Seconds and MB that one load may take, unless the user says otherwise."""


class Workspace:
    """Builds environments, starts processes in them, and asks them about models.

    It keeps what was measured, and is a context manager: the store is open, and processes live,
    until it ends.

    Parameters
    ----------
    cache
        The folder; by default that of `cache_folder`.
    say
        Takes a line about what is being built.
    fresh
        Measure anew what earlier runs have measured.
    no_fork
        Load in fresh interpreters instead of forks of one that has imported the libraries.
    limits
        Seconds and MB that one load may take.
    build
        Packages that may be built from source where they have no wheels.
    """

    def __init__(
        self,
        *,
        cache: Path | None = None,
        say: Callable[[str], None] = lambda _: None,
        fresh: bool = False,
        no_fork: bool = False,
        limits: Limits = LIMITS,
        build: Sequence[str] = (),
    ) -> None:
        self.project = Project(cache or cache_folder())
        self.say, self.limits, self.no_fork = say, limits, no_fork
        self._build = tuple(build)
        self.index = Index(self.project.work / "index")
        self.interpreters = Interpreters(say=say)
        # these locks are for this machine alone: nobody commits them
        self.locker = Locker(
            self.project, self.interpreters, self.index, say=lambda _: None, universal=False
        )
        self.store = Store(self.project.work / "store")
        self._fresh = fresh
        self._measured: set[str] = set()
        """Keys measured by this run: believed even where it ignores what was measured before."""
        self._servers: dict[tuple[str, str], Server] = {}
        self._began = 0
        self._built_at: dict[str, int] = {}
        self._built: dict[str, Built] = {}
        self.reused = 0
        self.measured = 0

    def __enter__(self) -> Self:
        """Open the store and read what is known."""
        self.store.open()
        self.store.read()
        self._began = time.time_ns()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all processes and close the store."""
        # after Ctrl-C or a fault a process may be in the middle of a load that never ends: it is
        # killed instead of asked to end
        while self._servers:
            self._servers.popitem()[1].close(kill=kind is not None)
        changed = self._changed()
        self.store.close()
        # whoever reads an answer is to believe it, so there is none
        if changed and kind is None:
            names = ", ".join(each.id for each in changed)
            msg = f"{names}: files of the environment were changed while it answered"
            raise HarnessFault(msg, hint="run again: it is built anew and asked again")

    def _changed(self) -> list[Environment]:
        """Take back what environments answered whose files are not what was installed."""
        used = [built.environment for built in self._built.values()]
        still_good(used, self.project)
        since = {each.id: max(self._began, self._built_at.get(each.id, 0)) for each in used}
        return forget_doubted(used, self.project, self.store, self.say, since=since)

    # --- environments ---

    def build(self, environment: Environment) -> Built:
        """Give an environment, built if need be.

        Raises
        ------
        EnvironmentPinsError
            The pins exclude each other, or a version does not exist.
        EnvironmentUnavailable
            It cannot be built on this machine, or there is no interpreter for it.
        IndexUnavailable
            The package index does not answer.
        """
        if environment.id not in self._built:
            # the id stays: what may be built is no part of what an environment is
            environment = replace(environment, build=self._build)
            found = is_built(environment, self.project)
            forget_doubted([environment], self.project, self.store, self.say)
            if found is None:
                pins = ", ".join(
                    [*environment.requires, *(f"Python {p}" for p in [environment.python] if p)]
                )
                self.say(f"building {pins}")
                lock = self.locker.lock(environment)
                interpreter = self.locker.interpreters.get(lock.python)
                if interpreter is None:
                    msg = f"Python {lock.python} is not installed here"
                    raise EnvironmentUnavailable(msg, hint=f"uv python install {lock.python}")
                found = build(environment, lock, interpreter, self.project)
                self._built_at[environment.id] = time.time_ns()
            self._built[environment.id] = found
        return self._built[environment.id]

    def build_with(self, environment: Environment, python: str) -> Built:
        """Give an environment with a preferred Python, where all pins have wheels for it.

        Who does not name Python keeps it in an upgrade; the errors are those of `build`.
        """
        known = self._built.get(environment.id)
        if environment.python is not None or (known is not None and known.lock.python == python):
            return self.build(environment)
        preferred = replace(environment, id=f"{environment.id}-py{python}", python=python)
        if preferred.id in self._built or is_built(preferred, self.project) is not None:
            return self.build(preferred)
        try:
            if python in self.locker.pythons(environment, self.locker.as_of(environment)):
                return self.build(preferred)
        except (EnvironmentPinsError, EnvironmentUnavailable, IndexUnavailable):
            pass  # the attempt without a preference says what is wrong
        return self.build(environment)

    def start(self, built: Built, model: Model) -> Server:
        """Give the process of an environment, started if need be.

        It imports what the model names while others work; nothing waits for it yet.
        """
        control = {
            "imports": list(model.needs.imports),
            "code": [str(path) for path in model.code],
            "build": model.build,
        }
        # processes cannot unlearn: code and imports of one model must not meet another, and code
        # that was changed since must be imported anew
        key = (built.environment.id, json.dumps(control) + model.code_digest)
        if key not in self._servers:
            # paths in error messages differ from machine to machine; reasons with them would be no
            # equal reasons
            words = {str(path): "<code>" for path in model.code}
            # searches start a process for each of many environments
            while len(self._servers) >= _MOST_SERVERS:
                self._servers.pop(next(iter(self._servers))).close()
            self._servers[key] = Server(
                built, self.store, control, entry="serve_models.py", words=words
            )
        # dicts keep the order of insertion: the process used last is closed last
        self._servers[key] = self._servers.pop(key)
        return self._servers[key]

    # --- asking ---

    def ask_writer(self, model: Model, built: Built, data: Record | None) -> Record:
        """Load a model where it was written, and record what it answers.

        Parameters
        ----------
        model, built
            The model and the environment that wrote it.
        data
            The user's rows, as `UserRows.keep` gives them; None to make rows that the model takes.

        Returns
        -------
        Record
            The outcome; ``rows`` and ``methods`` in it say what was asked.
        """
        key = self._key("written", model, built, data)
        item = {"key": key, "data": data}
        return self._ask("save", key, model, built, item)

    def knows_writer(self, model: Model, built: Built, data: Record | None) -> bool:
        """Say if it is known already what a model answers where it was written."""
        known = self.store.saves.get(self._key("written", model, built, data))
        return known is not None and not self._fresh and self._whole(known)

    def ask_reader(self, model: Model, built: Built, saved: Record) -> Record:
        """Load a model elsewhere, and record what it answers to the rows of the writer's record."""
        rows, methods = saved["rows"], saved["methods"]
        key = self._key("read", model, built, [rows, methods])
        return self._ask("load", key, model, built, {"key": key, "rows": rows, "methods": methods})

    def resave(
        self, model: Model, built: Built, saved: Record, ways: Mapping[str, str]
    ) -> tuple[Record, dict[str, Path]]:
        """Load a model, ask it, and save it again.

        Parameters
        ----------
        model, built
            The model and the environment.
        saved
            The writer's record, with the rows.
        ways
            File names by the format to save in.

        Returns
        -------
        Record
            The outcome of loading.
        dict
            The path of each file that was made, by format, in ``resaved/`` of the cache.
        """
        inputs = [saved["rows"], saved["methods"], sorted(ways.items())]
        key = self._key("resaved", model, built, inputs)
        folder = self.project.work / "resaved" / key
        paths = {way: folder / name for way, name in ways.items()}
        known = self.store.loads.get(key)
        if known is not None and not all(
            paths[way].exists()
            for way, status in known.get("resaved", {}).items()
            if status == "ok"
        ):
            # somebody deleted the files but not the record of them: a key that nobody has measured
            # makes the files anew
            shutil.rmtree(folder, ignore_errors=True)
            key = self._key("resaved", model, built, [*inputs, uuid.uuid4().hex])
        # the process writes files of its own accord: a folder for each question keeps them apart
        folder.mkdir(parents=True, exist_ok=True)
        item = {"key": key, "rows": saved["rows"], "methods": saved["methods"]}
        item["resave"] = {way: str(path) for way, path in paths.items()}
        found = self._ask("load", key, model, built, item)
        statuses = found.get("resaved", {})
        return found, {way: paths[way] for way, status in statuses.items() if status == "ok"}

    def refit(self, model: Model, built: Built, saved: Record) -> Record:
        """Fit a model that has parameters only, and record what it answers.

        It is fitted on the rows of its writer, with the writer's predictions as labels.
        """
        key = self._key("refit", model, built, [saved["rows"], saved["methods"], saved["kept"]])
        item = {
            "key": key,
            "rows": saved["rows"][""],
            "methods": saved["methods"][""],
            "labels": saved["kept"],
        }
        return self._ask("load", key, model, built, item)

    def _key(self, op: str, model: Model, built: Built, more: Any) -> str:
        # all that an outcome depends on: file, way, code, environment, the code of the worker, and
        # limits, which turn a slow load into a time-out
        identity = Identity.of(built)
        limits = [self.limits.seconds, self.limits.memory_mb]
        parts = [
            op,
            model.sha256,
            model.way,
            model.code_digest,
            model.build,
            model.unsafe,
            identity.python,
            identity.lock,
            identity.platform,
        ]
        text = json.dumps([*parts, worker_digest(), limits, more], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def _ask(self, op: str, key: str, model: Model, built: Built, item: Record) -> Record:
        records = self.store.saves if op == "save" else self.store.loads
        known = records.get(key)
        if known is not None and (not self._fresh or key in self._measured) and self._whole(known):
            self.reused += 1
            return known
        server = self.start(built, model)
        # a process that has just started says first what it imported
        if not server.facts:
            server.wait_until_ready(lambda: False)
        item |= {"path": str(model.path.resolve()), "sha256": model.sha256, "format": model.way}
        item["unsafe"] = model.unsafe
        # so do those of models, of which one process is asked about several
        words = {str(model.path.resolve()): "<model>", str(model.path.absolute()): "<model>"}
        server.scrub = [*words.items(), *(each for each in server.scrub if each[1] != "<model>")]
        records_of_run: list[tuple[Record, str]] = []
        journal = server.run(
            op,
            [item],
            self.limits,
            stopped=lambda: False,
            on_outcome=lambda *found: records_of_run.append(found),
            no_fork=self.no_fork,
        )
        # a load that crashes or hangs has an outcome too, so that none is a fault of ours
        if len(records_of_run) != 1:
            msg = f"{built.environment.id}: {len(records_of_run)} outcomes of one model"
            raise HarnessFault(msg)
        # the process imported what was there when it began: an answer of other code than the one
        # whose digest is in the key must not be kept
        if model.code and model.code_has_changed():
            journal.unlink(missing_ok=True)
            paths = ", ".join(map(str, model.code))
            raise ConfigError(
                [f"--with-code {paths}: the code was changed while a model was measured with it"],
                hint="run the same command again; what was measured before is kept",
            )
        # with --fresh, what this run has measured itself is known nevertheless
        self.measured += 1
        self._measured.add(key)
        record, journal_name = records_of_run[0]
        self.store.reader.record(record, journal_name)
        return record

    def _whole(self, record: Record) -> bool:
        """Say if every array that a record names is still there."""
        # parts of a cache may be deleted at any time, by cleaners that look at dates
        rows = [each["kept"] for each in record.get("rows", {}).values()]
        there = all((self.store.blobs.outputs / f"{name}.npz").exists() for name in rows)
        return there and self.store.blobs.has_outputs(record)
