"""Work on this machine: environments are built here, each with one process for the whole run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossload.engine.keys import Identity
from crossload.engine.process_setup import recipe_control
from crossload.engine.server import Server, ServerLost
from crossload.environments import build, is_built
from crossload.errors import EnvironmentUnavailable, InterpreterMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from crossload.engine.interfaces import Settings
    from crossload.environments import Built, Locker, Project
    from crossload.plan import Environment, Plan
    from crossload.store.records import Record
    from crossload.store.store import Store

_ATTEMPTS = 3
"""How often the process of an environment is started for one job, if something ends it."""

_MOST_SERVERS = 12
"""Pinned interpreters kept alive at once; each holds its imported libraries in memory."""


class LocalExecutor:
    """Builds, saves and loads on this machine.

    Parameters
    ----------
    plan
        What is to be measured.
    data
        Digest and folder of each data set, by its name.
    store
        Where outcomes go.
    project
        Where environments and locks are.
    locker
        Gives the locks of environments that are not built yet.
    settings
        How to run.
    say
        Called with a line of text for each environment that is built.
    """

    small_jobs = False

    def __init__(
        self,
        plan: Plan,
        data: dict[str, tuple[str, Path]],
        store: Store,
        project: Project,
        locker: Locker,
        settings: Settings,
        say: Callable[[str], None],
    ) -> None:
        self.plan, self.data, self.store, self.project = plan, data, store, project
        self.locker, self.settings, self.say = locker, settings, say
        self.slots = settings.jobs
        self._recipes = list(
            dict.fromkeys(recipe.file for recipe in plan.catalog.everything.values())
        )
        self._formats = list(plan.catalog.formats)
        self._built: dict[str, Built] = {}
        self._servers: dict[str, Server] = {}

    def built_identity(self, environment: Environment) -> Identity | None:
        """Give the identity of an environment that is built here, else None."""
        # its files were looked at when the run began
        built = is_built(environment, self.project, unchanged=False)
        if built is None:
            return None
        self._built[environment.id] = built
        return Identity.of(built)

    def build(self, environment: Environment) -> Identity:
        """Lock an environment, if need be, and build it.

        Raises
        ------
        EnvironmentUnavailable
            It cannot be built here.
        EnvironmentPinsError
            Its pins cannot be resolved.
        """
        self.say(f"building {environment.id}")
        lock = self.locker.lock(environment)
        # a lock that is there may be for a Python that is not, and that uv could not install
        interpreter = self.locker.interpreters.get(lock.python)
        if interpreter is None:
            msg = f"{environment.id}: Python {lock.python} is not installed here"
            raise InterpreterMissing(msg)
        built = build(environment, lock, interpreter, self.project)
        self._built[environment.id] = built
        return Identity.of(built)

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
        """Save or load in the process of an environment, as `Executor.run_job` says."""
        done: set[str] = set()

        def heard(record: Record, journal: str) -> None:
            done.add(record["key"])
            on_outcome(record, journal)

        for attempt in range(_ATTEMPTS):
            rest = [each for each in items if each["key"] not in done]
            if attempt and not rest:
                return
            try:
                server = self._server(environment, stopped)
                journal = server.run(
                    op,
                    rest,
                    self.plan.spec.limits,
                    stopped=stopped,
                    on_outcome=heard,
                    isolate=isolate,
                    no_fork=self.settings.no_fork,
                )
            except ServerLost as error:
                # something from outside: what it had not measured yet another process measures
                self._drop(environment)
                if attempt + 1 == _ATTEMPTS or stopped():
                    raise
                self.say(f"{error}: it is started again")
                continue
            self.store.publish(journal)
            return

    def _server(self, environment: Environment, stopped: Callable[[], bool]) -> Server:
        server = self._servers.get(environment.id)
        if server is not None:
            return server
        try:
            return self._started(environment, stopped)
        except EnvironmentUnavailable as error:
            # only what cannot be imported twice is an outcome of the environment
            self._drop(environment)
            self.say(f"{error}: it is tried again")
        try:
            return self._started(environment, stopped)
        except EnvironmentUnavailable:
            self._drop(environment)
            raise

    def _started(self, environment: Environment, stopped: Callable[[], bool]) -> Server:
        server = Server(
            self._built[environment.id],
            self.store,
            recipe_control(self._recipes, self._formats, self.data),
        )
        # before waiting: `close` ends it, whatever happens meanwhile
        self._servers[environment.id] = server
        server.wait_until_ready(stopped)
        return server

    def _drop(self, environment: Environment) -> None:
        server = self._servers.pop(environment.id, None)
        if server is not None:
            server.close(kill=True)

    def forget(self, environment: Environment) -> None:
        """End the process of an environment that is to be built anew."""
        self._built.pop(environment.id, None)
        server = self._servers.pop(environment.id, None)
        if server is not None:
            server.close()

    def release_idle(self, busy: set[str]) -> None:
        """End processes of environments that are not busy, where there are too many."""
        idle = [each for each in list(self._servers) if each not in busy]
        for env_id in idle[: max(0, len(self._servers) - _MOST_SERVERS)]:
            server = self._servers.pop(env_id, None)
            if server is not None:
                server.close()

    def close(self) -> None:
        """End all processes, and what they are doing."""
        while self._servers:
            self._servers.popitem()[1].close(kill=True)
