"""Calls of the uv program, with an environment that leaks nothing in."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from functools import cache
from typing import TYPE_CHECKING

from crossload.errors import EnvironmentUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DROPPED = (
    "PYTHON",
    "VIRTUAL_ENV",
    "CONDA_",
    "UV_PYTHON",
    "UV_EXCLUDE_NEWER",
    "UV_PROJECT",
    "UV_RESOLUTION",
)


class UvFailure(Exception):
    """uv ended with an error; the text is uv's own."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


_FINDING = threading.Lock()


def uv_program() -> str:
    """Path of uv: the one that was installed with us, else the one on PATH.  Many threads may ask."""
    with _FINDING:  # sysconfig, which uv's package asks, is not ready for two threads at once
        return _find_uv()


@cache
def _find_uv() -> str:
    try:
        from uv import find_uv_bin  # noqa: PLC0415 - an installed uv package is the usual case, not the only one

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if found is None:
        msg = "the program uv was not found"
        raise EnvironmentUnavailable(msg, hint='python3 -m pip install "nox[uv]"')
    return found


@cache
def uv_version() -> str:
    """Version of uv, part of the stamp of an environment."""
    return run_uv(["--version"]).split()[1]


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without what would steer Python or uv away from what the lock says."""
    return {key: value for key, value in environ.items() if not key.startswith(_DROPPED)}


def run_uv(
    arguments: Sequence[str],
    *,
    given: str | None = None,
    seconds: float = 900,
    more: Mapping[str, str] | None = None,
) -> str:
    """Run uv and give its stdout; ``more`` are environment variables.  Raises `UvFailure` with uv's own words."""
    try:
        done = subprocess.run(
            [uv_program(), *arguments, "--color=never"],
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            env=clean_environment(os.environ) | dict(more or {}),
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        msg = f"uv {arguments[0]}: no end after {seconds:g} s"
        raise UvFailure(msg) from error
    if done.returncode:
        raise UvFailure(done.stderr.strip())
    return done.stdout
