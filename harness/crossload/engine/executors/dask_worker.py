"""The work of a Dask worker: it builds environments, saves, loads, and gives back bundles.

A worker needs crossload, uv's network and interpreters, and nothing of the project: recipes, data
and locks come with the tasks.  Everything that it makes is below one folder, which goes when the
worker goes.
"""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossload.engine.executors.dask_messages import (
    JobContext,
    TaskRequest,
    TaskResult,
    code_version,
)
from crossload.engine.keys import Identity
from crossload.engine.process_setup import recipe_control
from crossload.engine.server import Server
from crossload.environments import Interpreters, Project, build, is_built, read_lock
from crossload.errors import HarnessFault, InterpreterMissing
from crossload.store import bundle
from crossload.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossload.environments import Built

_MOST_SERVERS = 6
"""Pinned interpreters kept alive at once; each holds its imported libraries in memory."""


class WorkerProject:
    """The folder of one project on this worker, with its environments and processes.

    Parameters
    ----------
    root
        An empty folder, which is filled with recipes and data.
    context
        What came with the tasks.
    """

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
        # nobody reads the stdout of a worker
        self.interpreters = Interpreters(say=lambda _text: None)
        self._built: dict[str, Built] = {}
        self._servers: dict[str, Server] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def lock_of(self, env_id: str) -> threading.Lock:
        """Give the lock of an environment, in which one thread of the worker works at a time."""
        with self._lock:
            return self._locks.setdefault(env_id, threading.Lock())

    def built(self, request: TaskRequest) -> Built:
        """Have the environment of a request.

        Raises
        ------
        EnvironmentUnavailable
            It cannot be built here.
        HarnessFault
            It is another one here than on the worker that built it first.
        """
        path = self.project.locks / request.lock_name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(request.lock_text, encoding="utf-8")
        found = is_built(request.environment, self.project)
        if found is None:
            lock = read_lock(path)
            if lock is None:
                msg = f"{request.environment.id}: the lock that came with the task cannot be read"
                raise HarnessFault(msg)
            interpreter = self.interpreters.get(lock.python)
            if interpreter is None:
                msg = (
                    f"{request.environment.id}: Python {lock.python} is not installed on the worker"
                )
                raise InterpreterMissing(msg, hint=f"uv python install {lock.python}")
            found = build(request.environment, lock, interpreter, self.project)
        identity = Identity.of(found)
        # the keys of the items are of the first worker's environment: outcomes of another patch
        # release of Python, or of another platform, would be recorded under them
        if request.identity is not None and identity != request.identity:
            pythons = f"{identity.python} here, {request.identity.python} elsewhere"
            msg = f"{request.environment.id}: workers differ: {pythons}"
            raise HarnessFault(
                msg, hint="give all workers the same interpreters, or one platform only"
            )
        self._built[request.environment.id] = found
        return found

    def server(self, request: TaskRequest, stopped: Callable[[], bool]) -> Server:
        """Give the process of an environment, started if need be; end those used least lately.

        Raises
        ------
        EnvironmentUnavailable
            Its libraries cannot be imported.
        """
        built = self.built(request)
        env_id = request.environment.id
        with self._lock:
            server = self._servers.pop(env_id, None)
            # taken out here and put back at the end: the first ones were used least lately. One
            # whose environment another thread works in is left alone.
            surplus = []
            for each in list(self._servers)[: max(0, len(self._servers) - _MOST_SERVERS + 1)]:
                held = self._locks.setdefault(each, threading.Lock())
                if held.acquire(blocking=False):
                    surplus.append((self._servers.pop(each), held))
        for idle, held in surplus:
            try:
                idle.close()
            finally:
                held.release()
        if server is None:
            server = Server(
                built, self.store, recipe_control(self.recipes, self.context.formats, self.data)
            )
            server.wait_until_ready(stopped)
        with self._lock:
            self._servers[env_id] = server
        return server

    def drop(self, env_id: str) -> None:
        """End the process of an environment, whatever it does."""
        with self._lock:
            server = self._servers.pop(env_id, None)
        if server is not None:
            server.close(kill=True)


# of this process, whose tasks share environments and pinned processes
_projects: dict[str, WorkerProject] = {}
_projects_lock = threading.Lock()


def _project_of(context: JobContext) -> WorkerProject:
    from distributed import get_worker  # noqa: PLC0415 - an extra

    with _projects_lock:
        if context.name not in _projects:
            # the disk that whoever set up the cluster chose; Dask empties it when the worker goes
            top = Path(get_worker().local_directory)
            _projects[context.name] = WorkerProject(
                Path(tempfile.mkdtemp(prefix="crossload-", dir=top)), context
            )
        return _projects[context.name]


def hold_data(data: Any) -> Any:
    """Give back what was given, as a task of its own."""
    # Dask moves the result of a task to the tasks that need it, and makes it anew where a worker
    # was lost; what Client.scatter put on a worker would be lost with it
    return data


def run_task(context: JobContext, request: TaskRequest, packs: list[bytes]) -> TaskResult:
    """Do one task on the worker that calls.

    Parameters
    ----------
    context
        What all tasks of the matrix need.
    request
        What to do.
    packs
        Tars of the artifacts to load.

    Raises
    ------
    EnvironmentUnavailable
        The environment cannot be built or used here.
    HarnessFault
        The machinery failed, not a model.
    """
    from distributed import get_worker  # noqa: PLC0415
    from distributed.worker import thread_state  # noqa: PLC0415

    worker = get_worker()
    key = thread_state.key
    if context.code != code_version():
        msg = (
            f"the worker {worker.address} runs another crossload:"
            f" {code_version()[0]}, the driver has {context.code[0]}"
        )
        raise HarnessFault(msg, hint="install the same crossload on all workers")

    # Dask cannot interrupt a thread (https://github.com/dask/distributed/issues/4694): a task that
    # was cancelled runs on unless it asks for its own state
    def stopped() -> bool:
        # None: cancelled, and forgotten since
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled"

    project = _project_of(context)
    with project.lock_of(request.environment.id):
        if not request.op:
            return TaskResult(identity=Identity.of(project.built(request)), worker=worker.address)
        for pack in packs:
            bundle.unpack_artifacts(pack, project.store.root)
        server = project.server(request, stopped)
        try:
            journal = server.run(
                request.op,
                request.items,
                context.limits,
                stopped=stopped,
                # outcomes go back all at once, in the bundle
                on_outcome=lambda _record, _journal: None,
                isolate=request.isolate,
                no_fork=context.no_fork,
            )
            # nothing has gone back yet: what an environment measured that is changed is dropped
            if is_built(request.environment, project.project) is None:
                msg = f"{request.environment.id}: files of the environment were changed"
                raise HarnessFault(msg, hint=f"on the worker {worker.address}; run again")
        except BaseException:
            # stopped or failed: nobody knows how far the process is
            project.drop(request.environment.id)
            raise
        # the driver keeps the outcomes; a worker's own store would only grow
        outcomes, _, artifacts = bundle.pack(project.store.root, journal)
        journal.unlink()
        return TaskResult(
            identity=Identity.of(project.built(request)),
            worker=worker.address,
            outcomes=outcomes,
            artifacts=bundle.pack_artifacts(project.store.root, artifacts)
            if request.op == "save"
            else b"",
        )
