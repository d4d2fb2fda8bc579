"""Locks: complete, hashed, of their time, without host names.  Made by ``uv pip compile``, read by everything else."""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from crossload.environments.interpreters import FIRST_RELEASES, Interpreters, minor_key
from crossload.environments.package_index import Index, runs_on
from crossload.environments.uv import UvFailure, run_uv
from crossload.errors import (
    EnvironmentPinsError,
    EnvironmentUnavailable,
    IndexUnavailable,
    NoWheels,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crossload.environments.project import Project
    from crossload.plan import Environment

_HEADER = re.compile(r"^# (lock|python|as-of|inputs|left-out|platform): (.*)$")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*([^\\]+?))?\s*\\?$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """A lock file as read."""

    path: Path
    python: str
    as_of: str
    inputs: str
    text: str
    digest: str
    """Digest of the pins and hashes alone: a new header does not make a new environment."""
    left_out: tuple[str, ...] = ()

    def versions(self) -> dict[str, str]:
        """Locked version by canonical package name, of the pins that count on this platform and Python."""
        here = default_environment() | {
            "python_version": self.python,
            "python_full_version": f"{self.python}.99",
        }
        found = {}
        for line in self.text.splitlines():
            pin = _PIN.match(line.strip())
            if pin and (pin.group(3) is None or Marker(pin.group(3)).evaluate(dict(here))):  # type: ignore[arg-type]
                found[str(canonicalize_name(pin.group(1)))] = pin.group(2)
        return found


def read_lock(path: Path) -> Lock | None:
    """Read a lock file; None where there is none or it is not one of ours."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return None
    header: dict[str, list[str]] = {}
    for line in text.splitlines():
        if found := _HEADER.match(line):
            header.setdefault(found.group(1), []).append(found.group(2))
    if not {"python", "as-of", "inputs"} <= set(header):
        return None
    return Lock(
        path=path,
        python=header["python"][0],
        as_of=header["as-of"][0],
        inputs=header["inputs"][0],
        text=text,
        digest=_digest(text),
        left_out=tuple(header.get("left-out", ())),
    )


def _digest(text: str) -> str:
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return hashlib.sha256(body.encode()).hexdigest()


def candidates(environment_id: str, project: Project) -> list[Path]:
    """Lock files that an environment may have, best first: committed, of this platform, made here for other Pythons."""
    local = sorted(project.local_locks.glob(f"{environment_id}.py3*.txt"), reverse=True)
    return [
        project.locks / f"{environment_id}.txt",
        project.locks / f"{environment_id}.{sys.platform}.txt",
        *local,
    ]


@dataclass
class Locker:
    """Finds or makes the lock of an environment for an interpreter that is here."""

    project: Project
    interpreters: Interpreters
    index: Index
    say: Callable[[str], None] = print
    universal: bool = True
    """Whether locks are to hold on other platforms too, where that can be."""
    today: date = field(default_factory=lambda: datetime.now(UTC).date())

    def existing(self, environment: Environment) -> Lock | None:
        """The lock that is there and still means this environment, with an interpreter that is here or can be had."""
        locks = [
            lock for path in candidates(environment.id, self.project) if (lock := read_lock(path))
        ]
        locks = [lock for lock in locks if lock.inputs == environment.inputs_digest]
        installed = self.interpreters.installed()
        for lock in locks:
            if lock.python in installed:
                return lock
        for lock in locks:
            if self.interpreters.get(lock.python):
                return lock
        return None

    def lock(self, environment: Environment, *, refresh: bool = False) -> Lock:
        """Give the lock of an environment, made if need be.

        Raises `EnvironmentPinsError` for pins that cannot be, `EnvironmentUnavailable` for what this machine lacks.
        """
        if not refresh and (found := self.existing(environment)):
            return found
        try:
            return self._make(environment, refresh=refresh)
        except IndexUnavailable as error:
            msg = f"{environment.id}: {error}"
            raise EnvironmentUnavailable(msg, hint=error.hint) from error

    def as_of(self, environment: Environment) -> date:
        """The day as of which dependencies are resolved."""
        if environment.as_of == "today":
            return self.today
        if not environment.as_of.startswith("release+"):
            return date.fromisoformat(environment.as_of)
        days = [self.index.release(name, version).day for name, version in environment.pins.items()]
        known = [day for day in days if day is not None]
        if not known:
            return self.today
        return min(
            max(known) + timedelta(days=int(environment.as_of[len("release+") : -1])), self.today
        )

    def pythons(self, environment: Environment, as_of: date) -> list[str]:
        """Minor versions to try, newest first: existed at that date, have wheels of all pins, can be had here."""
        if environment.python:
            return [environment.python]
        pins = [self.index.release(name, version) for name, version in environment.pins.items()]
        fits = [
            minor
            for minor, day in FIRST_RELEASES.items()
            if day <= as_of and all(runs_on(pin, minor) for pin in pins)
        ]
        return sorted(fits, key=minor_key, reverse=True)

    def _make(self, environment: Environment, *, refresh: bool) -> Lock:
        as_of = self.as_of(environment)
        fits = self.pythons(environment, as_of)
        if not fits:
            pins = ", ".join(f"{name} {version}" for name, version in environment.pins.items())
            msg = f"{environment.id}: no Python of {as_of} has wheels of {pins} for this platform"
            raise NoWheels(msg)
        installed = self.interpreters.installed()
        here = [minor for minor in fits if minor in installed]
        if not here:
            here = [minor for minor in fits if self.interpreters.get(minor)]
        if not here:
            msg = f"{environment.id}: needs Python {' or '.join(fits)}, which is not installed here"
            raise EnvironmentUnavailable(msg, hint=f"uv python install {fits[0]}")
        failures: list[str] = []
        # what constraints name may be newer than the pins: a whole lock is resolved as of its own time, else as of now
        days = [as_of, self.today] if environment.constraints and as_of < self.today else [as_of]
        for day, wheels_only, minor in product(
            days, (True,) if environment.wheels_only else (True, False), here
        ):
            wanted, left_out = self._extras_of_their_time(environment, day)
            try:
                text, universal = self._compile(
                    environment, wanted, minor, day, wheels_only=wheels_only
                )
            except UvFailure as failure:
                failures.append(failure.text)
                continue
            except _ExtrasExclude as excluded:
                text, universal = excluded.text, excluded.universal
                left_out = [*left_out, *excluded.left_out]
            return self._write(
                environment,
                minor,
                day,
                text,
                left_out,
                universal=universal,
                committed=refresh
                or not (self.project.locks / f"{environment.id}.txt").exists()
                or self._outdated(environment),
            )
        msg = f"{environment.id}: the pins cannot be resolved as of {as_of}:\n{failures[-1]}"
        raise EnvironmentPinsError(msg, hint="change the pins, or as-of, of this environment")

    def _outdated(self, environment: Environment) -> bool:
        """Whether the committed lock means other pins: then the new one takes its place."""
        there = read_lock(self.project.locks / f"{environment.id}.txt")
        return there is None or there.inputs != environment.inputs_digest

    def _extras_of_their_time(
        self, environment: Environment, as_of: date
    ) -> tuple[list[str], list[str]]:
        wanted, left_out = [], []
        for text in environment.extras:
            first = self.index.first_day(Requirement(text).name)
            if first is None or first > as_of:
                left_out.append(f"{text} (no release before {as_of})")
            else:
                wanted.append(text)
        return wanted, left_out

    def _compile(
        self,
        environment: Environment,
        extras: list[str],
        minor: str,
        as_of: date,
        *,
        wheels_only: bool,
    ) -> tuple[str, bool]:
        """Compile with all extras; where they are in the way, without the fewest of them."""
        held = environment.constraints
        try:
            return self._compile_set(
                [*environment.requires, *extras], held, minor, as_of, wheels_only=wheels_only
            )
        except UvFailure as failure:
            for dropped in [[extra] for extra in extras] + ([extras] if len(extras) > 1 else []):
                rest = [extra for extra in extras if extra not in dropped]
                try:
                    found = self._compile_set(
                        [*environment.requires, *rest], held, minor, as_of, wheels_only=wheels_only
                    )
                except UvFailure:
                    continue
                reason = [
                    f"{extra} (no release of that time goes with the pins)" for extra in dropped
                ]
                raise _ExtrasExclude(*found, reason) from failure
            raise

    def _compile_set(
        self,
        requires: list[str],
        constraints: Sequence[str],
        minor: str,
        as_of: date,
        *,
        wheels_only: bool,
    ) -> tuple[str, bool]:
        arguments = [
            "pip",
            "compile",
            "-",
            "--quiet",
            "--no-header",
            "--no-annotate",
            "--generate-hashes",
        ]
        arguments += ["--no-emit-index-url", "--python-version", minor]
        arguments += ["--exclude-newer", as_of.isoformat()]  # uv counts the whole day in
        arguments += ["--only-binary", ":all:"] if wheels_only else []
        given = "\n".join(requires) + "\n"
        python = self.interpreters.installed().get(minor)
        arguments += ["--python", python.path] if python else []
        with TemporaryDirectory() as folder:
            if constraints:
                path = Path(folder) / "constraints.txt"
                path.write_text("\n".join(constraints) + "\n", encoding="utf-8")
                arguments += ["--constraints", str(path)]
            try:
                return run_uv(
                    [*arguments, *(["--universal"] if self.universal else [])], given=given
                ), self.universal
            except UvFailure:
                if not self.universal:
                    raise
                return run_uv(arguments, given=given), False

    def _write(
        self,
        environment: Environment,
        minor: str,
        as_of: date,
        text: str,
        left_out: list[str],
        *,
        universal: bool,
        committed: bool,
    ) -> Lock:
        header = [
            f"# lock: {environment.id}",
            f"# python: {minor}",
            f"# as-of: {as_of}",
            f"# inputs: {environment.inputs_digest}",
        ]
        header += [f"# platform: {sys.platform}"] if not universal else []
        header += [f"# left-out: {each}" for each in left_out]
        if committed:
            path = (
                self.project.locks
                / f"{environment.id}{'' if universal else '.' + sys.platform}.txt"
            )
        else:
            path = self.project.local_locks / f"{environment.id}.py{minor}.txt"
        body = re.sub(r"(?m)^(--(?:extra-)?index-url|--find-links).*\n", "", text)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text("\n".join([*header, body]), encoding="utf-8")
        part.replace(path)
        self.say(
            f"locked {environment.id}: Python {minor}, as of {as_of}"
            + "".join(f"; without {each}" for each in left_out)
        )
        lock = read_lock(path)
        if lock is None:
            msg = f"the lock that was just written cannot be read: {path.name}"
            raise EnvironmentUnavailable(msg)
        return lock


class _ExtrasExclude(Exception):
    """The pins resolve only without some of the extras."""

    def __init__(self, text: str, universal: bool, left_out: list[str]) -> None:  # noqa: FBT001
        super().__init__(left_out)
        self.text, self.universal, self.left_out = text, universal, left_out
