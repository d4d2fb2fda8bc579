"""Work on this machine: environments are built here, each has one pinned process for the whole run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossload.engine.keys import Identity
from crossload.engine.server import Server, recipe_control
from crossload.environments import build, is_built
from crossload.errors import EnvironmentUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from crossload.engine.interfaces import Settings
    from crossload.environments import Built, Locker, Project
    from crossload.plan import Environment, Plan
    from crossload.store.records import Record
    from crossload.store.store import Store

_MOST_SERVERS = 12
"""Pinned interpreters kept alive at once; each holds its imported libraries in memory."""


class LocalExecutor:
    """Builds, saves and loads on this machine."""

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

    def standing(self, environment: Environment) -> Identity | None:
        built = is_built(environment, self.project)
        if built is None:
            return None
        self._built[environment.id] = built
        return Identity.of(built)

    def build(self, environment: Environment) -> Identity:
        self.say(f"building {environment.id}")
        lock = self.locker.lock(environment)
        interpreter = self.locker.interpreters.get(lock.python)
        if interpreter is None:
            msg = f"{environment.id}: Python {lock.python} is not installed here"
            raise EnvironmentUnavailable(msg)
        built = build(environment, lock, interpreter, self.project)
        self._built[environment.id] = built
        return Identity.of(built)

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
        server = self._server(environment, stopped)
        journal = server.run(
            op,
            items,
            self.plan.spec.limits,
            stopped=stopped,
            seen=seen,
            isolate=isolate,
            no_fork=self.settings.no_fork,
        )
        self.store.publish(journal)

    def _server(self, environment: Environment, stopped: Callable[[], bool]) -> Server:
        server = self._servers.get(environment.id)
        if server is None:
            server = Server(
                self._built[environment.id],
                self.store,
                recipe_control(self._recipes, self._formats, self.data),
            )
            self._servers[environment.id] = server
            server.hello(stopped)
        return server

    def rest(self, busy: set[str]) -> None:
        idle = [each for each in list(self._servers) if each not in busy]
        for env_id in idle[: max(0, len(self._servers) - _MOST_SERVERS)]:
            server = self._servers.pop(env_id, None)
            if server is not None:
                server.close()

    def close(self) -> None:
        while self._servers:
            self._servers.popitem()[1].close(kill=True)
