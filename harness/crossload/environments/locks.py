"""Finds or makes the lock of an environment: complete, hashed, of its time."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from crossload.environments.index_settings import NETWORK_HINT
from crossload.environments.interpreters import FIRST_RELEASES, Interpreters, minor_key
from crossload.environments.lock_file import Lock, candidates, read_lock, write_lock
from crossload.environments.package_index import Index, runs_on
from crossload.environments.resolve import Resolution, resolve
from crossload.environments.uv import UvFailure, UvOffline
from crossload.environments.wheels import NeedsBuilding, hint_for
from crossload.errors import (
    EnvironmentPinsError,
    EnvironmentUnavailable,
    IndexUnavailable,
    InterpreterMissing,
    NoWheels,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from crossload.environments.project import Project
    from crossload.plan import Environment


@dataclass
class Locker:
    """Finds or makes the lock of an environment for an interpreter that is here."""

    project: Project
    interpreters: Interpreters
    index: Index
    say: Callable[[str], None] = print
    """Called with a line of text for each lock that was made."""
    universal: bool = True
    """True if locks are to hold on other platforms too, where that can be."""
    today: date = field(default_factory=lambda: datetime.now(UTC).date())

    def existing(self, environment: Environment) -> Lock | None:
        """Find a lock that is there and still means this environment.

        Returns
        -------
        Lock or None
            The first of `candidates` whose interpreter is here, else one whose interpreter uv
            installs; None where there is none.
        """
        locks = [
            lock for path in candidates(environment.id, self.project) if (lock := read_lock(path))
        ]
        locks = [lock for lock in locks if lock.inputs == environment.inputs_digest]
        installed = self.interpreters.installed()
        # first those whose Python is here: asking for another may download it
        for lock in locks:
            if lock.python in installed:
                return lock
        for lock in locks:
            if self.interpreters.get(lock.python):
                return lock
        return None

    def lock(self, environment: Environment, *, refresh: bool = False) -> Lock:
        """Give the lock of an environment, made if need be.

        Writes the lock: a committed one below ``matrix/locks/``, one for another Python than that
        of the committed lock below ``.crossload/locks/``.

        Parameters
        ----------
        environment
            What to lock.
        refresh
            Make the lock anew, although there is one.

        Raises
        ------
        EnvironmentPinsError
            The pins cannot be resolved, or name a release that does not exist.
        NoWheels
            No Python of that time has wheels of all pins for this platform.
        EnvironmentUnavailable
            This machine lacks an interpreter, uv, or the package index.
        """
        if not refresh and (found := self.existing(environment)):
            return found
        try:
            return self._make(environment, refresh=refresh)
        except IndexUnavailable as error:
            msg = f"{environment.id}: {error}"
            raise EnvironmentUnavailable(msg, hint=error.hint) from error

    def as_of(self, environment: Environment) -> date:
        """Give the day as of which the dependencies of an environment are resolved.

        Raises
        ------
        EnvironmentPinsError
            A pin names a release that does not exist.
        IndexUnavailable
            The package index does not answer.
        """
        if environment.as_of == "today":
            return self.today
        if not environment.as_of.startswith("release+"):
            return date.fromisoformat(environment.as_of)
        days = [self.index.release(name, version).day for name, version in environment.pins.items()]
        known = [day for day in days if day is not None]
        if not known:
            return self.today
        # a pin that is younger than these days is resolved as of today
        return min(
            max(known) + timedelta(days=int(environment.as_of[len("release+") : -1])), self.today
        )

    def pythons(self, environment: Environment, as_of: date) -> list[str]:
        """Give the minor versions of Python to try, newest first.

        They were released by that day and have wheels of all pins; whether they are installed here
        is not asked.

        Raises
        ------
        EnvironmentPinsError
            A pin names a release that does not exist.
        IndexUnavailable
            The package index does not answer.
        """
        if environment.python:
            return [environment.python]
        build = {canonicalize_name(name) for name in environment.build}
        pins = [
            (self.index.release(name, version), name in build)
            for name, version in environment.pins.items()
        ]
        fits = [
            minor
            for minor, day in FIRST_RELEASES.items()
            if day <= as_of and all(runs_on(pin, minor, built=built) for pin, built in pins)
        ]
        return sorted(fits, key=minor_key, reverse=True)

    def _make(self, environment: Environment, *, refresh: bool) -> Lock:
        as_of = self.as_of(environment)
        minors = self._usable_pythons(environment, as_of)
        failures: list[UvFailure] = []
        # what constraints name may be newer than the pins: a whole lock is resolved as of its own
        # time, else as of now
        days = [as_of, self.today] if environment.constraints and as_of < self.today else [as_of]
        # wheels are tried on every Python before anything is built from source on the newest, and
        # nothing is built that was not agreed to
        for day, wheels_only, minor in product(
            days, (True, False) if environment.build else (True,), minors
        ):
            extras, too_new = self._extras_of_their_time(environment, day)
            python = self.interpreters.installed().get(minor)
            try:
                found = resolve(
                    environment,
                    extras,
                    minor,
                    day,
                    wheels_only=wheels_only,
                    universal=self.universal,
                    python=python.path if python else None,
                )
            except UvOffline as failure:
                msg = f"the package index cannot be reached: {failure.text}"
                raise IndexUnavailable(msg, hint=NETWORK_HINT) from failure
            except UvFailure as failure:
                failures.append(failure)
                continue
            found = found._replace(left_out=(*too_new, *found.left_out))
            return self._write(environment, minor, day, found, refresh=refresh)
        # of the failures that building would end, that of the newest Python
        lacking = [each for each in failures if isinstance(each, NeedsBuilding)]
        last = lacking[0] if lacking else failures[-1]
        msg = f"{environment.id}: the pins cannot be resolved as of {as_of}:\n{last.text}"
        other = "change the pins, or as-of, of this environment"
        raise EnvironmentPinsError(msg, hint=hint_for(last) or other)

    def _usable_pythons(self, environment: Environment, as_of: date) -> list[str]:
        """Those of `pythons` that are here, else those that uv installs."""
        fits = self.pythons(environment, as_of)
        if not fits:
            pins = ", ".join(f"{name} {version}" for name, version in environment.pins.items())
            msg = f"{environment.id}: no Python of {as_of} has wheels of {pins} for this platform"
            options = " ".join(f"--build {name}" for name in environment.pins)
            hint = f"other versions; or {options}, which builds from source and runs its code"
            raise NoWheels(msg, hint=hint)
        installed = self.interpreters.installed()
        here = [minor for minor in fits if minor in installed]
        if not here:
            here = [minor for minor in fits if self.interpreters.get(minor)]
        if not here:
            msg = f"{environment.id}: needs Python {' or '.join(fits)}, which is not installed here"
            raise InterpreterMissing(msg, hint=f"uv python install {fits[0]}")
        return here

    def _extras_of_their_time(
        self, environment: Environment, as_of: date
    ) -> tuple[list[str], list[str]]:
        """Extras that had a release by that day, and those that had none, with the reason."""
        wanted, left_out = [], []
        for text in environment.extras:
            first = self.index.first_day(Requirement(text).name)
            if first is None or first > as_of:
                left_out.append(f"{text} (no release before {as_of})")
            else:
                wanted.append(text)
        return wanted, left_out

    def _write(
        self, environment: Environment, minor: str, as_of: date, found: Resolution, *, refresh: bool
    ) -> Lock:
        header = [
            f"# lock: {environment.id}",
            f"# python: {minor}",
            f"# as-of: {as_of}",
            f"# inputs: {environment.inputs_digest}",
        ]
        header += [f"# platform: {sys.platform}"] if not found.universal else []
        header += [f"# left-out: {each}" for each in found.left_out]
        if refresh or self._lacks_committed_lock(environment):
            suffix = "" if found.universal else f".{sys.platform}"
            path = self.project.locks / f"{environment.id}{suffix}.txt"
        else:
            # the committed lock is for a Python that this machine lacks: it stays as it is
            path = self.project.local_locks / f"{environment.id}.py{minor}.txt"
        lock = write_lock(path, header, found.text)
        self.say(
            f"locked {environment.id}: Python {minor}, as of {as_of}"
            + "".join(f"; without {each}" for each in found.left_out)
        )
        return lock

    def _lacks_committed_lock(self, environment: Environment) -> bool:
        """Say if no committed lock means these pins: then the new one is to be committed."""
        there = read_lock(self.project.locks / f"{environment.id}.txt")
        return there is None or there.inputs != environment.inputs_digest
