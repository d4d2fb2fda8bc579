"""Calls of the program uv, in an environment from which nothing of the caller's leaks in."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from crossload.errors import EnvironmentUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# These are prefixes.  PYTHON* would reach the interpreters that uv asks and builds with (nox hands
# PYTHONPATH on to what it starts).  An active virtual or conda environment would be taken for the
# one to install into.  Those of uv's own would change what a lock resolves to, or which interpreter
# and project it is for, or have packages built: https://docs.astral.sh/uv/reference/environment/
# Variables that say where packages and interpreters come from (UV_DEFAULT_INDEX, SSL_CERT_FILE,
# proxies, UV_CACHE_DIR, UV_PYTHON_INSTALL_MIRROR) stay: hashes decide on what is installed,
# wherever it comes from.
_DROPPED = (
    "PYTHON",
    "VIRTUAL_ENV",
    "CONDA_",
    "UV_PYTHON_PREFERENCE",
    "UV_EXCLUDE_NEWER",
    "UV_NO_BINARY",
    "UV_CONSTRAINT",
    "UV_OVERRIDE",
    "UV_BUILD_CONSTRAINT",
    "UV_PROJECT",
    "UV_RESOLUTION",
)


class UvFailure(Exception):
    """uv ended with an error; the text is uv's own."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class UvOffline(UvFailure):
    """uv could not reach a package index: another Python or other pins would change nothing."""


_OFFLINE = ("Failed to fetch", "error sending request for url", "Network connectivity is disabled")
"""Words of uv where an index does not answer: seen without a network and behind a dead proxy."""

_FINDING = threading.Lock()


def uv_program() -> str:
    """Give the path of uv: the one that was installed with us, else the one on PATH.

    Many threads may ask.

    Raises
    ------
    EnvironmentUnavailable
        uv is not installed.
    """
    # uv's package asks sysconfig, whose first call is not safe for two threads at once in every
    # Python that we run on: https://github.com/python/cpython/issues/92452
    with _FINDING:
        return _find_uv()


@cache
def _find_uv() -> str:
    try:
        from uv import find_uv_bin  # noqa: PLC0415 - the package is the usual case, not the only one

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError):
        # FileNotFoundError: the package is there, its program is not where it looks
        found = shutil.which("uv")
    if found is None:
        msg = "the program uv was not found"
        raise EnvironmentUnavailable(msg, hint='python3 -m pip install "nox[uv]"')
    return found


@cache
def uv_version() -> str:
    """Give the version of uv, which is a part of the stamp of an environment."""
    return run_uv(["--version"]).split()[1]


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the caller's variables without those that steer Python or uv away from the lock."""
    kept = {
        key: value
        for key, value in environ.items()
        if key != "UV_PYTHON" and not key.startswith(_DROPPED)
    }
    if "UV_CONFIG_FILE" in kept or "UV_NO_CONFIG" in kept:
        return kept
    # uv looks for settings from the current folder upwards.  Those of a project must not decide
    # what is built, or where packages come from: whoever proposes a change of it writes them.
    config = _user_settings(kept)
    return kept | ({"UV_CONFIG_FILE": str(config)} if config else {"UV_NO_CONFIG": "1"})


def _user_settings(environ: Mapping[str, str]) -> Path | None:
    """Find the settings of the user, else those of the machine; None where there are none."""
    # https://docs.astral.sh/uv/concepts/configuration-files/
    if os.name == "nt":
        places = [Path(environ.get("APPDATA", "")), Path(environ.get("PROGRAMDATA", ""))]
    else:
        own = environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "")) / ".config"
        places = [Path(own), Path("/etc")]
    found = (place / "uv" / "uv.toml" for place in places if place.is_absolute())
    return next((path for path in found if path.is_file()), None)


def run_uv(
    arguments: Sequence[str],
    *,
    stdin_text: str | None = None,
    seconds: float = 900,
    extra_variables: Mapping[str, str] | None = None,
) -> str:
    """Run uv and give its stdout.

    Parameters
    ----------
    arguments
        The command and its options, without the program.
    stdin_text
        Text for uv's stdin, which is closed without one.
    seconds
        Time after which uv is killed.
    extra_variables
        Environment variables beside those of `clean_environment`.

    Raises
    ------
    UvFailure
        uv ended with an error (the text is uv's stderr), or did not end in time.
    EnvironmentUnavailable
        uv is not installed.
    """
    try:
        done = subprocess.run(
            # uv's words become outcomes and are shown in pages: no escape sequences in them,
            # whatever FORCE_COLOR of a CI machine says
            [uv_program(), *arguments, "--color=never"],
            input=stdin_text,
            # never the terminal: several of these run at once in a pool of threads
            stdin=subprocess.DEVNULL if stdin_text is None else None,
            capture_output=True,
            text=True,
            env=clean_environment(os.environ) | dict(extra_variables or {}),
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        msg = f"uv {arguments[0]}: no end after {seconds:g} s"
        raise UvFailure(msg) from error
    if done.returncode:
        text = done.stderr.strip()
        if done.returncode < 0:  # somebody, or the system for want of memory, has killed it
            text = f"{text}\nuv was ended by signal {-done.returncode}".strip()
        raise (UvOffline if any(each in text for each in _OFFLINE) else UvFailure)(text)
    return done.stdout
