"""Resolves requirements to pins and hashes with ``uv pip compile``, as of a day."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from crossload.environments.uv import UvFailure, UvOffline, run_uv
from crossload.environments.wheels import with_wheels

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from crossload.plan import Environment


class Resolution(NamedTuple):
    """Pins with hashes, and what they hold for."""

    text: str
    """Lines of a requirements file."""
    universal: bool
    """True if they hold on every platform, False for this one only."""
    left_out: tuple[str, ...] = ()
    """Extras that no release of that time let in, each with the reason."""


def resolve(
    environment: Environment,
    extras: Sequence[str],
    minor: str,
    as_of: date,
    *,
    wheels_only: bool,
    universal: bool,
    python: str | None,
) -> Resolution:
    """Resolve an environment with as many of its extras as go with its pins.

    Parameters
    ----------
    environment
        What to resolve: its requirements and constraints.
    extras
        Requirements that are welcome beside them.  Where they are in the way, one of them is left
        out, else all.
    minor
        Minor version of the Python to resolve for.
    as_of
        Day after which nothing may have been uploaded.
    wheels_only
        Take no source distributions, not even of packages that the environment lets be built.
    universal
        Resolve for every platform, where that is possible.
    python
        Path of an interpreter of that version, if there is one.

    Raises
    ------
    UvFailure
        There is no solution; the text is uv's.
    """

    def attempt(chosen: Sequence[str]) -> Resolution:
        requirements = [*environment.requires, *chosen]
        options = _options(minor, as_of, python=python)
        build = () if wheels_only else environment.build
        return _compile(requirements, environment.constraints, options, build, universal=universal)

    try:
        return attempt(extras)
    except UvOffline:
        raise
    except UvFailure:
        for dropped in [[extra] for extra in extras] + ([extras] if len(extras) > 1 else []):
            try:
                found = attempt([extra for extra in extras if extra not in dropped])
            except UvFailure:
                continue
            return found._replace(
                left_out=tuple(
                    f"{extra} (no release of that time goes with the pins)" for extra in dropped
                )
            )
        raise


def instant(as_of: date) -> str:
    """Give the end of a day as ``--exclude-newer`` takes it, the same on every machine."""
    # uv compares with the time at which each file was uploaded.  A date without a time would be of
    # this machine's time zone: https://github.com/astral-sh/uv/pull/6562
    return f"{as_of + timedelta(days=1)}T00:00:00Z"


def _options(minor: str, as_of: date, *, python: str | None) -> list[str]:
    options = ["--quiet", "--generate-hashes"]
    # the header would name this command, the annotations who wants what: both change without a
    # change of the pins, and locks are compared and committed
    options += ["--no-header", "--no-annotate", "--no-emit-index-url"]
    options += ["--python-version", minor]
    options += ["--exclude-newer", instant(as_of)]
    # metadata that only a build gives comes from this interpreter; uv would take any other
    options += ["--python", python] if python else []
    return options


def _compile(
    requirements: Sequence[str],
    constraints: Sequence[str],
    options: Sequence[str],
    build: Sequence[str],
    *,
    universal: bool,
) -> Resolution:
    arguments = ["pip", "compile", "-", *options]
    stdin_text = "\n".join(requirements) + "\n"
    with TemporaryDirectory() as folder:
        if constraints:
            path = Path(folder) / "constraints.txt"
            path.write_text("\n".join(constraints) + "\n", encoding="utf-8")
            arguments += ["--constraints", str(path)]

        def attempt(more: list[str]) -> str:
            # even to look at what a source distribution requires may run its setup.py
            return with_wheels(
                lambda wheels: run_uv([*arguments, *more, *wheels], stdin_text=stdin_text), build
            )

        # One lock for all platforms (https://github.com/astral-sh/uv/pull/4505) is what we want.
        # A package of that time that supports some platforms only can make it impossible
        # (https://github.com/astral-sh/uv/issues/7551); then the lock is of this platform.
        try:
            text = attempt(["--universal"] if universal else [])
        except UvFailure as failure:
            if not universal or isinstance(failure, UvOffline):
                raise
            return Resolution(attempt([]), universal=False)
        return Resolution(text, universal)
