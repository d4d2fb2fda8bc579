"""Wheels only: a source distribution runs its own code when it is built, and must be agreed to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from crossload.environments.uv import UvFailure, UvOffline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# The words of uv: the first where a package has no wheel at all, or none for this Python, the
# second in the hint below it.
_LACKING = re.compile(r"\b([A-Za-z0-9][\w.-]*?)(?:\[[^\]\s]*\])?==\S+ has no (?:usable )?wheels")
_HINTED = re.compile(r"Wheels are required for `([\w.-]+)(?:\[[^`]*\])?`")


class NeedsBuilding(UvFailure):
    """uv finds nothing but source distributions of some packages, and nobody agreed to them."""

    def __init__(self, text: str, packages: Iterable[str]) -> None:
        super().__init__(text)
        self.packages = tuple(packages)


def hint_for(failure: UvFailure) -> str | None:
    """Say how to agree to the building of packages, where that is what was missing."""
    if not isinstance(failure, NeedsBuilding):
        return None
    options = " ".join(f"--build {name}" for name in failure.packages)
    key = ", ".join(f'"{name}"' for name in failure.packages)
    return (
        f"only source distributions of {', '.join(failure.packages)} fit, and building one runs its"
        f" code on this machine: {options} agrees to that (in a matrix file: build = [{key}],"
        f" in Python: build_packages=[{key}])"
    )


def lacking_wheels(text: str) -> set[str]:
    """Give the packages that uv's words say have no wheel."""
    found = {*_LACKING.findall(text), *_HINTED.findall(text)}
    return {str(canonicalize_name(name)) for name in found}


def with_wheels(call: Callable[[list[str]], str], build: Sequence[str]) -> str:
    """Call uv such that it builds nothing, but for packages that lack wheels and are agreed to.

    Parameters
    ----------
    call
        Runs uv with the options that it is given.
    build
        The packages that may be built.

    Raises
    ------
    NeedsBuilding
        It cannot be done without building other packages; the error has their names.
    UvFailure
        It cannot be done for another reason.
    """
    agreed = {str(canonicalize_name(each)) for each in build}
    built: list[str] = []
    while True:
        # a package that is excepted from ":all:" by --no-binary is built, even if it has wheels, so
        # that only those are named which uv asks for:
        # https://docs.astral.sh/uv/reference/settings/#no-build
        options = ["--only-binary", ":all:"]
        options += [part for name in built for part in ("--no-binary", name)]
        try:
            return call(options)
        except UvOffline:
            raise
        except UvFailure as failure:
            lacking = lacking_wheels(failure.text) - set(built)
            if not lacking:
                raise
            if not lacking & agreed:
                raise NeedsBuilding(failure.text, sorted(lacking)) from failure
            built += sorted(lacking & agreed)
