"""Finds interpreters through uv, PATH and pyenv's folders, and asks uv for missing ones, once."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from crossload.environments.uv import UvFailure, clean_environment, run_uv

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FIRST_RELEASES = {
    "3.6": date(2016, 12, 23),
    "3.7": date(2018, 6, 27),
    "3.8": date(2019, 10, 14),
    "3.9": date(2020, 10, 5),
    "3.10": date(2021, 10, 4),
    "3.11": date(2022, 10, 24),
    "3.12": date(2023, 10, 2),
    "3.13": date(2024, 10, 7),
    "3.14": date(2025, 10, 7),
}
"""First final release of each minor version (python.org's release schedule).

Before 3.6 there is nothing that could run the worker's code, which has annotated variables.
"""

_PROBE = (
    "import sys, platform; "
    "print(platform.python_version()); "
    "print(sys.version.replace(chr(10), ' '))"
)
"""In grammar that every Python understands; ``sys.version`` has line breaks in some builds."""

_INSTALL_SECONDS = 240.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Interpreter:
    """A CPython that runs here."""

    path: str
    version: str
    build: str
    """``sys.version`` in one line: it tells two builds of one version apart."""

    @property
    def minor(self) -> str:
        """The minor version, such as ``3.12``."""
        return ".".join(self.version.split(".")[:2])


def minor_key(minor: str) -> tuple[int, ...]:
    """Give the sort key of a version by which 3.9 comes before 3.10."""
    return tuple(int(part) for part in minor.split("."))


class Interpreters:
    """The interpreters of this machine by minor version.

    They are looked for once, when somebody first asks; many threads may ask.

    Parameters
    ----------
    environ
        Environment variables, of which PATH and PYENV_ROOT are read.
    say
        Called with a line of text before uv is asked to install, and where it fails.
    """

    def __init__(
        self, environ: Mapping[str, str] | None = None, *, say: Callable[[str], None] = print
    ) -> None:
        self._environ = dict(os.environ if environ is None else environ)
        self._say = say
        self._lock = threading.Lock()
        self._found: dict[str, Interpreter] | None = None
        self._may_install = True

    def installed(self) -> dict[str, Interpreter]:
        """Give the newest patch release of every minor version found, oldest minor first."""
        with self._lock:
            if self._found is None:
                self._found = self._discover()
            return dict(self._found)

    def get(self, minor: str) -> Interpreter | None:
        """Give the interpreter of a minor version, and have uv install a missing one.

        Returns
        -------
        Interpreter or None
            None where there is none and uv failed to install one, now or before in this run.
        """
        found = self.installed().get(minor)
        if found is not None:
            return found
        with self._lock:
            if self._may_install:
                self._install(minor)
            return (self._found or {}).get(minor)

    def _install(self, minor: str) -> None:
        self._say(f"Python {minor} is not installed here: asking uv for it")
        try:
            run_uv(
                # since uv 0.8 an installed Python is linked into ~/.local/bin too, which would
                # change what `python3.8` means to the user:
                # https://github.com/astral-sh/uv/pull/14626
                ["python", "install", minor, "--no-bin"],
                seconds=_INSTALL_SECONDS,
                # without a network uv tries again for some seconds before it gives up
                extra_variables={"UV_HTTP_RETRIES": "0"},
            )
        except UvFailure as failure:
            self._may_install = False
            reason = failure.text.splitlines()[-1].strip() if failure.text else "no reason given"
            self._say(
                f"uv cannot install Python {minor} from this network ({reason}); "
                "not trying again in this run"
            )
            return
        self._found = self._discover()

    def _discover(self) -> dict[str, Interpreter]:
        best: dict[str, Interpreter] = {}
        for path in self._candidates():
            found = probe(path)
            if found is None or found.minor not in FIRST_RELEASES:
                continue
            other = best.get(found.minor)
            if other is None or minor_key(other.version) < minor_key(found.version):
                best[found.minor] = found
        return dict(sorted(best.items(), key=lambda each: minor_key(each[0])))

    def _candidates(self) -> list[str]:
        """Paths of interpreters, resolved, each once; of pyenv the folders, not the shims."""
        on_path = (
            shutil.which(f"python{minor}", path=self._environ.get("PATH", ""))
            for minor in FIRST_RELEASES
        )
        paths = [path for path in on_path if path]
        root = Path(self._environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
        program = "python.exe" if os.name == "nt" else "bin/python"
        paths += [
            str(folder / program) for folder in root.glob("3.*") if (folder / program).is_file()
        ]
        paths += _known_to_uv()
        # a shim runs only the versions that PYENV_VERSION or a .python-version file lists, and
        # ends with 127 for all others: https://github.com/astral-sh/uv/issues/1344
        seen = dict.fromkeys(
            os.path.realpath(path) for path in paths if f"{os.sep}shims{os.sep}" not in path
        )
        return list(seen)


def _known_to_uv() -> list[str]:
    try:
        text = run_uv(["python", "list", "--only-installed", "--output-format", "json"], seconds=60)
        rows = json.loads(text)
    except (UvFailure, ValueError):
        return []  # PATH and pyenv still answer
    return [
        row["path"] for row in rows if row.get("path") and row.get("implementation") == "cpython"
    ]


def probe(path: str) -> Interpreter | None:
    """Ask an interpreter what it is.

    Returns
    -------
    Interpreter or None
        None for one that does not run, for pre-releases and for free-threaded builds.
    """
    try:
        done = subprocess.run(
            # -I: no user site and no module named `platform` in the current folder
            [path, "-I", "-c", _PROBE],
            capture_output=True,
            text=True,
            timeout=30,
            env=clean_environment(os.environ),
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = done.stdout.splitlines()
    if len(lines) < 2 or not re.fullmatch(r"3\.\d+\.\d+", lines[0]):
        return None
    # a free-threaded build takes other wheels (cp313t) than the lock of its minor version has;
    # https://docs.python.org/3/howto/free-threading-python.html tells it by this text
    if "free-threading" in lines[1]:
        return None
    return Interpreter(path=path, version=lines[0], build=lines[1])
