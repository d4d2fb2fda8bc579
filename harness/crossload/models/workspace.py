"""Where users' models are measured: environments, processes and outcomes, in a folder of the user's cache."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from crossload.config import Limits
from crossload.engine.keys import Identity, worker_digest
from crossload.engine.server import Server
from crossload.environments import Interpreters, Locker, Project, build, is_built
from crossload.environments.package_index import Index
from crossload.errors import (
    EnvironmentPinsError,
    EnvironmentUnavailable,
    HarnessFault,
    IndexUnavailable,
)
from crossload.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from crossload.environments import Built
    from crossload.models.model import Model
    from crossload.plan import Environment
    from crossload.store.records import Record

CACHE = "CROSSLOAD_CACHE"
"""Variable that names the folder for environments and outcomes of users' models."""

_MOST_SERVERS = 6
"""Processes kept alive at once; each holds its imported libraries in memory."""

LIMITS = Limits(seconds=120, memory_mb=8192)


def cache_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Where environments and outcomes are kept: ``$CROSSLOAD_CACHE``, else ``crossload`` in the user's cache folder."""
    environ = os.environ if environ is None else environ
    if named := environ.get(CACHE):
        return Path(named).expanduser().resolve()
    if os.name == "nt":
        base = Path(environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "crossload"


class Workspace:
    """Builds environments, starts processes in them, and asks them about models; keeps what was measured."""

    def __init__(
        self,
        *,
        cache: Path | None = None,
        say: Callable[[str], None] = lambda _: None,
        fresh: bool = False,
        no_fork: bool = False,
        limits: Limits = LIMITS,
    ) -> None:
        self.project = Project(cache or cache_folder())
        self.say, self.limits, self.no_fork = say, limits, no_fork
        self.index = Index(self.project.work / "index")
        self.interpreters = Interpreters(say=say)
        self.locker = Locker(
            self.project, self.interpreters, self.index, say=lambda _: None, universal=False
        )
        self.store = Store(self.project.work / "store")
        self._fresh = fresh
        self._measured: set[str] = set()
        """Keys measured by this run: believed even where it ignores what was measured before."""
        self._servers: dict[tuple[str, str], Server] = {}
        self._built: dict[str, Built] = {}
        self.reused = 0
        self.measured = 0

    def __enter__(self) -> Self:
        self.store.open()
        self.store.read()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._servers:
            self._servers.popitem()[1].close(kill=kind is not None)
        self.store.close()

    # --- environments -------------------------------------------------------------------------------------------------

    def built(self, environment: Environment) -> Built:
        """An environment, built if need be.  Raises `EnvironmentUnavailable` or `EnvironmentPinsError`."""
        if environment.id not in self._built:
            found = is_built(environment, self.project)
            if found is None:
                shown = ", ".join(
                    [*environment.requires, *(f"Python {p}" for p in [environment.python] if p)]
                )
                self.say(f"building {shown}")
                lock = self.locker.lock(environment)
                interpreter = self.locker.interpreters.get(lock.python)
                if interpreter is None:
                    msg = f"Python {lock.python} is not installed here"
                    raise EnvironmentUnavailable(msg, hint=f"uv python install {lock.python}")
                found = build(environment, lock, interpreter, self.project)
            self._built[environment.id] = found
        return self._built[environment.id]

    def built_with(self, environment: Environment, python: str) -> Built:
        """The same with a preferred Python, where all pins have wheels for it; who does not name Python keeps it."""
        known = self._built.get(environment.id)
        if environment.python is not None or (known is not None and known.lock.python == python):
            return self.built(environment)
        preferred = replace(environment, id=f"{environment.id}-py{python}", python=python)
        if preferred.id in self._built or is_built(preferred, self.project) is not None:
            return self.built(preferred)
        try:
            if python in self.locker.pythons(environment, self.locker.as_of(environment)):
                return self.built(preferred)
        except (EnvironmentPinsError, EnvironmentUnavailable, IndexUnavailable):
            pass  # the attempt without a preference says what is wrong
        return self.built(environment)

    def start(self, built: Built, model: Model) -> Server:
        """The process of an environment; it imports while others work."""
        control = {
            "imports": list(model.needs.imports),
            "code": [str(path) for path in model.code],
            "build": model.build,
        }
        key = (built.environment.id, json.dumps(control))
        if key not in self._servers:
            words = {str(model.path.resolve()): "<model>", str(model.path): "<model>"}
            words |= {str(path): "<code>" for path in model.code}
            while len(self._servers) >= _MOST_SERVERS:
                self._servers.pop(next(iter(self._servers))).close()
            self._servers[key] = Server(built, self.store, control, entry="own.py", words=words)
        self._servers[key] = self._servers.pop(key)  # the one used last is closed last
        return self._servers[key]

    # --- asking -------------------------------------------------------------------------------------------------------

    def write(self, model: Model, built: Built, data: Record | None) -> Record:
        """What a model answers where it was written; ``data`` are the user's rows, as `crossload.models.rows` keeps them."""
        key = self._key("written", model, built, data)
        item = {"key": key, "data": data}
        return self._ask("save", key, model, built, item)

    def knows(self, model: Model, built: Built, data: Record | None) -> bool:
        """Whether it is known already what a model answers where it was written."""
        known = self.store.saves.get(self._key("written", model, built, data))
        return known is not None and not self._fresh and self._whole(known)

    def read(self, model: Model, built: Built, saved: Record) -> Record:
        """What it answers elsewhere, to the same rows."""
        rows, methods = saved["rows"], saved["methods"]
        key = self._key("read", model, built, [rows, methods])
        return self._ask("load", key, model, built, {"key": key, "rows": rows, "methods": methods})

    def resave(
        self, model: Model, built: Built, saved: Record, ways: Mapping[str, str]
    ) -> tuple[Record, dict[str, Path]]:
        """Load a model, ask it, and save it again: ``ways`` are file names by format.

        Gives the outcome and the path of each file that was made.
        """
        key = self._key(
            "resaved", model, built, [saved["rows"], saved["methods"], sorted(ways.items())]
        )
        folder = self.project.work / "resaved" / key
        paths = {way: folder / name for way, name in ways.items()}
        known = self.store.loads.get(key)
        if known is not None and not all(
            paths[w].exists() for w, told in known.get("resaved", {}).items() if told == "ok"
        ):
            shutil.rmtree(folder, ignore_errors=True)
            key = self._key(
                "resaved",
                model,
                built,
                [saved["rows"], saved["methods"], sorted(ways.items()), uuid.uuid4().hex],
            )
        folder.mkdir(parents=True, exist_ok=True)
        item = {"key": key, "rows": saved["rows"], "methods": saved["methods"]}
        item["resave"] = {way: str(path) for way, path in paths.items()}
        found = self._ask("load", key, model, built, item)
        return found, {
            way: paths[way] for way, told in found.get("resaved", {}).items() if told == "ok"
        }

    def refit(self, model: Model, built: Built, saved: Record) -> Record:
        """Fit a model that has parameters only on the rows and the predictions of its writer, and ask it."""
        key = self._key("refit", model, built, [saved["rows"], saved["methods"], saved["kept"]])
        item = {
            "key": key,
            "rows": saved["rows"][""],
            "methods": saved["methods"][""],
            "labels": saved["kept"],
        }
        return self._ask("load", key, model, built, item)

    def _key(self, op: str, model: Model, built: Built, more: Any) -> str:
        identity = Identity.of(built)
        limits = [self.limits.seconds, self.limits.memory_mb]
        parts = [
            op,
            model.sha256,
            model.way,
            model.code_digest,
            model.build,
            identity.python,
            identity.lock,
            identity.platform,
        ]
        return hashlib.sha256(
            json.dumps([*parts, worker_digest(), limits, more], sort_keys=True).encode()
        ).hexdigest()[:32]

    def _ask(self, op: str, key: str, model: Model, built: Built, item: Record) -> Record:
        records = self.store.saves if op == "save" else self.store.loads
        known = records.get(key)
        if known is not None and (not self._fresh or key in self._measured) and self._whole(known):
            self.reused += 1
            return known
        server = self.start(built, model)
        if not server.facts:
            server.hello(lambda: False)
        item |= {"path": str(model.path.resolve()), "sha256": model.sha256, "format": model.way}
        seen: list[Record] = []
        server.run(
            op,
            [item],
            self.limits,
            stopped=lambda: False,
            seen=lambda record, _: seen.append(record),
            no_fork=self.no_fork,
        )
        if len(seen) != 1:
            msg = f"{built.environment.id}: {len(seen)} outcomes of one model"
            raise HarnessFault(msg)
        self.measured += 1
        self._measured.add(key)
        self.store.reader.record(seen[0], "now")
        return seen[0]

    def _whole(self, record: Record) -> bool:
        """Whether everything that a record names is still there."""
        rows = [each["kept"] for each in record.get("rows", {}).values()]
        there = all((self.store.blobs.outputs / f"{name}.npz").exists() for name in rows)
        return there and self.store.blobs.has_outputs(record)
