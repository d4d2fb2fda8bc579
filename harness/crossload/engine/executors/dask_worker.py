"""What a worker of a Dask cluster does: builds environments on its own disk, saves, loads, and gives back bundles.

A worker needs crossload, uv's network and interpreters, and nothing of the project: recipes, data and locks come with the
tasks.  Everything that it makes is below one folder, which goes when the worker goes.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossload.engine.keys import Identity, worker_digest
from crossload.engine.server import Server, recipe_control
from crossload.environments import Interpreters, Project, build, is_built, read_lock
from crossload.errors import EnvironmentUnavailable, HarnessFault
from crossload.store import bundle
from crossload.store.store import Store
from crossload.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossload.config import Limits
    from crossload.environments import Built
    from crossload.plan import Environment

_MOST_SERVERS = 6


@dataclass(frozen=True, kw_only=True)
class JobContext:
    """What all tasks of one matrix need of the project."""

    recipes: dict[str, bytes]
    """Recipe files by their path in the project."""
    formats: tuple[str, ...]
    data: dict[str, tuple[str, bytes]]
    """Digest and tar of each data set."""
    limits: Limits
    no_fork: bool

    @property
    def name(self) -> str:
        state = hashlib.sha256(repr(sorted(self.recipes.items())).encode())
        return state.hexdigest()[:12]


@dataclass(frozen=True, kw_only=True)
class TaskRequest:
    """One task."""

    environment: Environment
    lock_name: str
    lock_text: str
    identity: Identity | None = None
    """What the environment was when it was built first; another one would not go with the keys."""
    op: str = ""
    """``save``, ``load``, or empty to have the environment and no more."""
    items: tuple[dict[str, Any], ...] = ()
    isolate: bool = False


@dataclass(frozen=True, kw_only=True)
class TaskResult:
    """What a task gives back."""

    identity: Identity
    worker: str
    outcomes: bytes = b""
    """A bundle: the journal with outputs and states."""
    artifacts: bytes = b""


class WorkerProject:
    """The folder of one project on this worker."""

    def __init__(self, root: Path, context: JobContext) -> None:
        self.project = Project(root)
        self.context = context
        self.store = Store(self.project.work / "store")
        self.store.make_folders()
        self.recipes = []
        for name, content in context.recipes.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            self.recipes.append(str(path))
        self.data = {}
        for name, (digest, packed) in context.data.items():
            folder = self.project.work / "data" / name
            bundle.unpack_files(packed, folder)
            self.data[name] = (digest, folder)
        self.interpreters = Interpreters(say=lambda _text: None)
        self._built: dict[str, Built] = {}
        self._servers: dict[str, Server] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def lock_of(self, env_id: str) -> threading.Lock:
        with self._lock:
            return self._locks.setdefault(env_id, threading.Lock())

    def built(self, order: TaskRequest) -> Built:
        """Have the environment of an order.  Raises `EnvironmentUnavailable`."""
        path = self.project.locks / order.lock_name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(order.lock_text, encoding="utf-8")
        found = is_built(order.environment, self.project)
        if found is None:
            lock = read_lock(path)
            if lock is None:
                msg = f"{order.environment.id}: the lock that came with the task cannot be read"
                raise HarnessFault(msg)
            interpreter = self.interpreters.get(lock.python)
            if interpreter is None:
                msg = f"{order.environment.id}: Python {lock.python} is not installed on the worker"
                raise EnvironmentUnavailable(msg, hint=f"uv python install {lock.python}")
            found = build(order.environment, lock, interpreter, self.project)
        identity = Identity.of(found)
        if order.identity is not None and identity != order.identity:
            msg = f"{order.environment.id}: workers differ: {identity.python} here, {order.identity.python} elsewhere"
            raise HarnessFault(
                msg, hint="give all workers the same interpreters, or one platform only"
            )
        self._built[order.environment.id] = found
        return found

    def server(self, order: TaskRequest, stopped: Callable[[], bool]) -> Server:
        built = self.built(order)
        env_id = order.environment.id
        with self._lock:
            server = self._servers.pop(env_id, None)
            surplus = [
                self._servers.pop(each)
                for each in list(self._servers)[: max(0, len(self._servers) - _MOST_SERVERS + 1)]
            ]
        for each in surplus:
            each.close()
        if server is None:
            server = Server(
                built, self.store, recipe_control(self.recipes, self.context.formats, self.data)
            )
            server.hello(stopped)
        with self._lock:
            self._servers[env_id] = server
        return server

    def drop(self, env_id: str) -> None:
        """End a server of which nobody knows how far it is."""
        with self._lock:
            server = self._servers.pop(env_id, None)
        if server is not None:
            server.close(kill=True)


_homes: dict[str, WorkerProject] = {}
_homes_lock = threading.Lock()


def _home(context: JobContext) -> WorkerProject:
    from distributed import get_worker  # noqa: PLC0415 - an extra

    with _homes_lock:
        if context.name not in _homes:
            top = Path(get_worker().local_directory)
            _homes[context.name] = WorkerProject(
                Path(tempfile.mkdtemp(prefix="crossload-", dir=top)), context
            )
        return _homes[context.name]


def facts() -> tuple[str, str]:
    """(version of crossload, digest of its worker code), which must be the driver's."""
    return __version__, worker_digest()


def carry(data: Any) -> Any:
    """Data as a task: where a worker is lost, Dask makes it anew on another."""
    return data


def perform(context: JobContext, order: TaskRequest, packs: list[bytes]) -> TaskResult:
    """Do one order; ``packs`` are artifacts that it loads.

    Raises `EnvironmentUnavailable` and `HarnessFault`.
    """
    from distributed import get_worker  # noqa: PLC0415
    from distributed.worker import thread_state  # noqa: PLC0415

    worker = get_worker()
    key = thread_state.key

    def stopped() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled"

    home = _home(context)
    with home.lock_of(order.environment.id):
        if not order.op:
            return TaskResult(identity=Identity.of(home.built(order)), worker=worker.address)
        for pack in packs:
            bundle.unpack_artifacts(pack, home.store.root)
        server = home.server(order, stopped)
        try:
            journal = server.run(
                order.op,
                order.items,
                context.limits,
                stopped=stopped,
                seen=lambda _record, _journal: None,
                isolate=order.isolate,
                no_fork=context.no_fork,
            )
        except BaseException:
            home.drop(order.environment.id)
            raise
        outcomes, _, artifacts = bundle.pack(home.store.root, journal)
        journal.unlink()
        return TaskResult(
            identity=Identity.of(home.built(order)),
            worker=worker.address,
            outcomes=outcomes,
            artifacts=bundle.pack_artifacts(home.store.root, artifacts)
            if order.op == "save"
            else b"",
        )
