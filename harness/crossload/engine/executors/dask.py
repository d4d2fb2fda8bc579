"""Work on a Dask cluster: each job of an environment is a task, for which workers build it.

It needs a scheduler's address and nothing else of the cluster: dask-jobqueue, Kubernetes and
hosted clusters all give one.  Artifacts travel as tasks of their own, so that Dask moves them to
whoever loads them and makes them anew where a worker was lost.  Results are bundles, which are
unpacked into the driver's store: from there on nothing differs from a local run.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any

from crossload.engine.executors.dask_messages import (
    TaskRequest,
    TaskResult,
    code_version,
    job_context_of,
)
from crossload.engine.executors.dask_worker import hold_data, run_task
from crossload.engine.interfaces import Stopped
from crossload.environments import read_lock
from crossload.environments.lock_file import candidates
from crossload.errors import ClusterLost, ConfigError, EnvironmentUnavailable, HarnessFault
from crossload.store import bundle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from crossload.engine.interfaces import Settings
    from crossload.engine.keys import Identity
    from crossload.environments import Lock, Locker, Project
    from crossload.plan import Environment, Plan
    from crossload.store.records import Record
    from crossload.store.store import Store

_MOST_TASKS = 64
"""Environments that are worked on at once."""

_ANSWER_SECONDS = 30.0
"""Time within which a scheduler or a worker answers that is there at all."""

_WAIT_SECONDS = 120
"""Time to wait for the first worker."""


class DaskExecutor:
    """Gives work to the workers of one scheduler.

    Parameters
    ----------
    address
        The scheduler's, such as ``tcp://host:8786``.
    plan
        What is to be measured.
    data
        Digest and folder of each data set, by its name.
    store
        The driver's store, where outcomes go.
    project
        Where locks are.
    locker
        Gives the locks of environments that have none.
    settings
        How to run.
    say
        Called with a line of text for what takes long.

    Raises
    ------
    ConfigError
        Dask is not installed.
    EnvironmentUnavailable
        No scheduler answers.
    ClusterLost
        No worker comes.
    HarnessFault
        A worker has another crossload.
    """

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
        self.plan, self.store, self.project = plan, store, project
        self.locker, self.say = locker, say
        self.slots = min(_MOST_TASKS, max(1, len(plan.environments)))
        self._address = address
        self._client = connect(address)
        self._check_workers()
        # sent once, and to each worker that needs it.  pure=False here and below: Dask would take
        # the result of an equal call from before.
        self._context = self._client.submit(
            hold_data, job_context_of(plan, data, project, settings), pure=False
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
            found = self._versions()
        except (OSError, TimeoutError) as error:
            raise self._lost(error) from error
        ours = code_version()
        wrong = {address: theirs for address, theirs in found.items() if theirs != ours}
        if wrong:
            address, theirs = next(iter(wrong.items()))
            msg = (
                f"{len(wrong)} of {len(found)} workers run another crossload: "
                f"{address} has {theirs[0]}, here is {ours[0]}"
            )
            raise HarnessFault(
                msg,
                hint="install the same crossload on all workers: "
                "their measurements would have other keys",
            )

    def _versions(self) -> dict[str, tuple[str, str]]:
        """Ask the workers what they run; those that do not answer in time are not waited for.

        `Client.run` has no limit, and a worker that lost its scheduler may be known to the next one
        and never answer. Each task asks again, so that those that come later are asked, too.
        """
        asked = {
            address: self._client.submit(
                code_version, workers=[address], allow_other_workers=False, pure=False
            )
            for address in self._workers()
        }
        end, found = time.monotonic() + _ANSWER_SECONDS, {}
        for address, future in asked.items():
            try:
                found[address] = future.result(timeout=max(0.1, end - time.monotonic()))
            except (OSError, TimeoutError, CancelledError) as error:
                self.say(f"the worker {address} does not answer: {type(error).__name__}")
                future.cancel()
        if not found:
            msg = "no worker answers"
            raise TimeoutError(msg)
        return found

    def _lost(self, error: BaseException) -> ClusterLost:
        reason = f"{type(error).__name__}: {error}"
        msg = f"the Dask cluster at {self._address} does not answer any more: {reason}"
        return ClusterLost(msg, hint="what was measured is kept; run again when it is back")

    def built_identity(self, environment: Environment) -> Identity | None:
        """Give the identity of an environment that a worker has built, else None."""
        return self._identities.get(environment.id)

    def build(self, environment: Environment) -> Identity:
        """Have a worker build an environment.

        Raises
        ------
        EnvironmentUnavailable
            It cannot be built there.
        EnvironmentPinsError
            Its pins cannot be resolved.
        ClusterLost
            The cluster does not answer any more.
        """
        self.say(f"building {environment.id} on a worker")
        lock = self._lock_of(environment)
        request = TaskRequest(
            environment=environment, lock_name=lock.path.name, lock_text=lock.text
        )
        result = self._run_task(request, [], lambda: False)
        self._identities[environment.id] = result.identity
        return result.identity

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

    def run_job(
        self,
        environment: Environment,
        op: str,
        items: Sequence[dict[str, Any]],
        *,
        isolate: bool,
        stopped: Callable[[], bool],
        on_outcome: Callable[[Record, str], None],
    ) -> None:
        """Save or load on a worker, as `Executor.run_job` says; raise `ClusterLost`, too."""
        lock = self._lock_of(environment)
        request = TaskRequest(
            environment=environment,
            lock_name=lock.path.name,
            lock_text=lock.text,
            identity=self._identities.get(environment.id),
            op=op,
            items=tuple(items),
            isolate=isolate,
        )
        wanted = sorted({bundle.place_of(item["artifact"]) for item in items if "artifact" in item})
        result = self._run_task(request, [self._pack(place) for place in wanted], stopped)
        if result.artifacts:
            bundle.unpack_artifacts(result.artifacts, self.store.root)
        name = bundle.unpack(result.outcomes, self.store.root)
        self.store.mark_known(name)
        for record in self.store.records_in(name):
            on_outcome(record, name)

    def _pack(self, place: str) -> Any:
        with self._lock:
            # the key is the content, so that an artifact is held once, however many load it
            if place not in self._packs:
                packed = bundle.pack_artifacts(self.store.root, [place])
                self._packs[place] = self._client.submit(hold_data, packed, key=f"artifact-{place}")
            return self._packs[place]

    def _run_task(
        self, request: TaskRequest, packs: list[Any], stopped: Callable[[], bool]
    ) -> TaskResult:
        from distributed import KilledWorker  # noqa: PLC0415 - an extra
        from distributed.client import ClosedClientError  # noqa: PLC0415

        try:
            return self._submit(request, packs, stopped)
        except KilledWorker as error:
            # Dask gives a task up after some workers died of it (`distributed.scheduler.
            # allowed-failures`): a task that outgrows their memory would kill them all
            msg = (
                f"{request.environment.id}: every worker that was given its work was lost: {error}"
            )
            raise HarnessFault(
                msg, hint="look into the logs of the workers, for memory above all"
            ) from error
        except bundle.NotABundle as error:
            msg = f"{request.environment.id}: artifacts came to the worker damaged: {error}"
            raise HarnessFault(msg) from error
        except (OSError, TimeoutError, CancelledError, ClosedClientError) as error:
            # Dask's CommClosedError is an OSError; futures are cancelled when the scheduler is gone
            raise self._lost(error) from error

    def _submit(
        self, request: TaskRequest, packs: list[Any], stopped: Callable[[], bool]
    ) -> TaskResult:
        # the worker that has the environment, if it is still there: building takes long
        preferred = self._at.get(request.environment.id)
        where = (
            {"workers": [preferred], "allow_other_workers": True}
            if preferred in self._workers()
            else {}
        )
        future = self._client.submit(
            run_task, self._context, request, packs, pure=False, retries=1, **where
        )
        result = self._wait(future, stopped)
        if result.worker != preferred and preferred is not None:
            self.say(f"{request.environment.id} is now on {result.worker}")
        self._at[request.environment.id] = result.worker
        return result

    def _wait(self, future: Any, stopped: Callable[[], bool]) -> TaskResult:
        from distributed import TimeoutError as NotYet  # noqa: PLC0415

        # in short waits, to hear of Ctrl-C in the main thread
        lost_at = None
        while True:
            try:
                result: TaskResult = future.result(timeout=0.5)
            except NotYet:
                if stopped():
                    future.cancel()
                    raise Stopped from None
                # a client that has lost its scheduler tries for a while to find it again
                if self._client.status == "running":
                    lost_at = None
                elif lost_at is None:
                    lost_at = time.monotonic()
                elif time.monotonic() - lost_at > _ANSWER_SECONDS:
                    msg = f"its client is {self._client.status}"
                    raise TimeoutError(msg) from None
            else:
                return result

    def _workers(self) -> set[str]:
        # -1: releases since 2025.4 name five workers at most by default
        # (https://github.com/dask/distributed/issues/9065)
        return set(self._client.scheduler_info(n_workers=-1)["workers"])

    def forget(self, environment: Environment) -> None:
        """Have an environment built anew by the worker that is given its next task."""
        self._identities.pop(environment.id, None)

    def release_idle(self, busy: set[str]) -> None:
        """Do nothing: workers let go of idle environments by themselves."""

    def close(self) -> None:
        """Leave the cluster, which drops the tasks of this run."""
        # with a limit: a scheduler that is gone does not answer to a farewell either
        self._client.close(timeout=_ANSWER_SECONDS / 3)


def connect(address: str) -> Any:
    """Give a client of a scheduler.

    Raises
    ------
    ConfigError
        Dask is not installed.
    EnvironmentUnavailable
        No scheduler answers at this address.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - an extra
    except ImportError as error:
        msg = f"--executor dask: {error}"
        raise ConfigError([msg], hint='python3 -m pip install "crossload[dask]"') from error
    # a scheduler that goes is told in words of ours; Dask would print tracebacks as well
    for name in ("distributed.client", "distributed.core", "distributed.comm", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        # not the default client: the Dask collections of whoever calls us would go there
        return Client(address, timeout=_WAIT_SECONDS / 12, set_as_default=False)
    except (OSError, ValueError) as error:
        msg = f"no Dask scheduler answers at {address}: {error}"
        raise EnvironmentUnavailable(
            msg, hint="start one with `dask scheduler`, and give its address: tcp://HOST:8786"
        ) from error
