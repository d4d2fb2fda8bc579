"""Work on a Dask cluster: each job of an environment is a task; workers build environments from the locks that tasks bring.

It needs a scheduler's address and nothing else of the cluster: dask-jobqueue, Kubernetes and hosted clusters all give one.
Artifacts travel as tasks of their own, so that Dask moves them to whoever loads them and makes them anew where a worker was
lost.  Results are bundles, which are unpacked into the driver's store: from there on nothing differs from a local run.
"""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossload.engine.executors.dask_worker import (
    JobContext,
    TaskRequest,
    TaskResult,
    carry,
    facts,
    perform,
)
from crossload.engine.interfaces import Stopped
from crossload.environments import read_lock
from crossload.environments.locks import candidates
from crossload.errors import ClusterLost, ConfigError, EnvironmentUnavailable, HarnessFault
from crossload.store import bundle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossload.engine.interfaces import Settings
    from crossload.engine.keys import Identity
    from crossload.environments import Lock, Locker, Project
    from crossload.plan import Environment, Plan
    from crossload.store.records import Record
    from crossload.store.store import Store

_MOST_TASKS = 64
"""Environments that are worked on at once."""

_WAIT_SECONDS = 120
"""How long to wait for the scheduler, and for the first worker."""


class DaskExecutor:
    """Gives work to the workers of one scheduler."""

    small_jobs = True

    def __init__(
        self,
        address: str,
        plan: Plan,
        data: dict[str, tuple[str, Path]],
        store: Store,
        project: Project,
        locker: Locker,
        settings: Settings,
        say: Callable[[str], None],
    ) -> None:
        self.plan, self.store, self.project, self.locker, self.say = (
            plan,
            store,
            project,
            locker,
            say,
        )
        self.slots = min(_MOST_TASKS, max(1, len(plan.environments)))
        self._address = address
        self._client = connect(address)
        self._check_workers()
        self._luggage = self._client.submit(
            carry, job_context_of(plan, data, project, settings), pure=False
        )
        self._at: dict[str, str] = {}
        """Address of the worker that has an environment."""
        self._identities: dict[str, Identity] = {}
        self._locks: dict[str, Lock] = {}
        self._packs: dict[str, Any] = {}
        """Task that holds an artifact, by its place in a store."""
        self._lock = threading.Lock()

    def _check_workers(self) -> None:
        if not self._workers():
            self.say(
                f"no worker yet at {self._address}: waiting up to {_WAIT_SECONDS} s for the first"
            )
        try:
            self._client.wait_for_workers(1, timeout=_WAIT_SECONDS)
            found = self._client.run(facts)
        except (OSError, TimeoutError) as error:
            raise self._lost(error) from error
        wrong = {address: theirs for address, theirs in found.items() if theirs != facts()}
        if wrong:
            address, theirs = next(iter(wrong.items()))
            msg = f"{len(wrong)} of {len(found)} workers run another crossload: {address} has {theirs[0]}, here is {facts()[0]}"
            raise HarnessFault(
                msg,
                hint="install the same crossload on all workers: their measurements would have other keys",
            )

    def _lost(self, error: BaseException) -> ClusterLost:
        msg = f"the Dask cluster at {self._address} does not answer any more: {type(error).__name__}: {error}"
        return ClusterLost(msg, hint="what was measured is kept; run again when it is back")

    def standing(self, environment: Environment) -> Identity | None:
        return self._identities.get(environment.id)

    def build(self, environment: Environment) -> Identity:
        self.say(f"building {environment.id} on a worker")
        lock = self._lock_of(environment)
        order = TaskRequest(environment=environment, lock_name=lock.path.name, lock_text=lock.text)
        answer = self._perform(order, [], lambda: False)
        self._identities[environment.id] = answer.identity
        return answer.identity

    def _lock_of(self, environment: Environment) -> Lock:
        """The lock that goes with a task; which interpreters are installed here does not matter."""
        if environment.id not in self._locks:
            locks = [
                lock
                for path in candidates(environment.id, self.project)
                if (lock := read_lock(path))
            ]
            fitting = [lock for lock in locks if lock.inputs == environment.inputs_digest]
            self._locks[environment.id] = fitting[0] if fitting else self.locker.lock(environment)
        return self._locks[environment.id]

    def job(
        self,
        environment: Environment,
        op: str,
        items: Sequence[dict[str, Any]],
        *,
        isolate: bool,
        stopped: Callable[[], bool],
        seen: Callable[[Record, str], None],
    ) -> None:
        lock = self._lock_of(environment)
        order = TaskRequest(
            environment=environment,
            lock_name=lock.path.name,
            lock_text=lock.text,
            identity=self._identities.get(environment.id),
            op=op,
            items=tuple(items),
            isolate=isolate,
        )
        wanted = sorted({bundle.place_of(item["artifact"]) for item in items if "artifact" in item})
        answer = self._perform(order, [self._pack(place) for place in wanted], stopped)
        if answer.artifacts:
            bundle.unpack_artifacts(answer.artifacts, self.store.root)
        name = bundle.unpack(answer.outcomes, self.store.root)
        self.store.own(name)
        for record in self.store.records_in(name):
            seen(record, name)

    def _pack(self, place: str) -> Any:
        with self._lock:
            if place not in self._packs:
                packed = bundle.pack_artifacts(self.store.root, [place])
                self._packs[place] = self._client.submit(carry, packed, key=f"artifact-{place}")
            return self._packs[place]

    def _perform(
        self, order: TaskRequest, packs: list[Any], stopped: Callable[[], bool]
    ) -> TaskResult:
        from distributed import KilledWorker  # noqa: PLC0415 - an extra

        try:
            return self._submit(order, packs, stopped)
        except KilledWorker as error:
            msg = f"{order.environment.id}: every worker that was given its work was lost: {error}"
            raise HarnessFault(
                msg, hint="look into the logs of the workers, for memory above all"
            ) from error
        except bundle.NotABundle as error:
            msg = f"{order.environment.id}: artifacts came to the worker damaged: {error}"
            raise HarnessFault(msg) from error
        except (OSError, CancelledError) as error:
            raise self._lost(error) from error

    def _submit(
        self, order: TaskRequest, packs: list[Any], stopped: Callable[[], bool]
    ) -> TaskResult:
        preferred = self._at.get(order.environment.id)
        where = (
            {"workers": [preferred], "allow_other_workers": True}
            if preferred in self._workers()
            else {}
        )
        future = self._client.submit(
            perform, self._luggage, order, packs, pure=False, retries=1, **where
        )
        answer = self._wait(future, stopped)
        if answer.worker != preferred and preferred is not None:
            self.say(f"{order.environment.id} is now on {answer.worker}")
        self._at[order.environment.id] = answer.worker
        return answer

    @staticmethod
    def _wait(future: Any, stopped: Callable[[], bool]) -> TaskResult:
        from distributed import TimeoutError as NotYet  # noqa: PLC0415

        while True:
            try:
                answer: TaskResult = future.result(timeout=0.5)
            except NotYet:
                if stopped():
                    future.cancel()
                    raise Stopped from None
            else:
                return answer

    def _workers(self) -> set[str]:
        return set(self._client.scheduler_info(n_workers=-1)["workers"])

    def rest(self, busy: set[str]) -> None:
        """Workers let go of idle environments by themselves."""

    def close(self) -> None:
        self._client.close()


def connect(address: str) -> Any:
    """A client of a scheduler.  Raises `ConfigError` where Dask is not installed, `EnvironmentUnavailable` without an answer."""
    try:
        from distributed import Client  # noqa: PLC0415 - an extra
    except ImportError as error:
        msg = f"--executor dask: {error}"
        raise ConfigError([msg], hint='python3 -m pip install "crossload[dask]"') from error
    try:
        return Client(address, timeout=_WAIT_SECONDS / 12, set_as_default=False)
    except (OSError, ValueError) as error:
        msg = f"no Dask scheduler answers at {address}: {error}"
        raise EnvironmentUnavailable(
            msg, hint="start one with `dask scheduler`, and give its address: tcp://HOST:8786"
        ) from error


def job_context_of(
    plan: Plan, data: dict[str, tuple[str, Path]], project: Project, settings: Settings
) -> JobContext:
    """Everything of the project that tasks of a plan need."""
    files = dict.fromkeys(recipe.file for recipe in plan.catalog.everything.values())
    root = project.root.resolve()
    recipes = {}
    for index, file in enumerate(files):
        path = Path(file)
        inner = (
            path.relative_to(root)
            if path.is_relative_to(root)
            else Path(f"matrix/recipes/{index}") / path.name
        )
        recipes[inner.as_posix()] = path.read_bytes()
    return JobContext(
        recipes=recipes,
        formats=tuple(plan.catalog.formats),
        data={name: (digest, bundle.pack_files(place)) for name, (digest, place) in data.items()},
        limits=plan.spec.limits,
        no_fork=settings.no_fork,
    )
