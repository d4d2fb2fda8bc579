"""Finds interpreters through uv, PATH and pyenv's version folders, and asks uv for those that are missing, once."""

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
"""First final release of each minor version (python.org's release schedule)."""

_PROBE = "import sys, platform; print(platform.python_version()); print(sys.version.replace(chr(10), ' '))"
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
        return ".".join(self.version.split(".")[:2])


def minor_key(minor: str) -> tuple[int, ...]:
    """Sort key: 3.9 comes before 3.10."""
    return tuple(int(part) for part in minor.split("."))


class Interpreters:
    """The interpreters of this machine by minor version; looks once, lazily, and may be asked by many threads."""

    def __init__(
        self, environ: Mapping[str, str] | None = None, *, say: Callable[[str], None] = print
    ) -> None:
        self._environ = dict(os.environ if environ is None else environ)
        self._say = say
        self._lock = threading.Lock()
        self._found: dict[str, Interpreter] | None = None
        self._may_install = True

    def installed(self) -> dict[str, Interpreter]:
        """Newest patch release of every minor version found, oldest minor first."""
        with self._lock:
            if self._found is None:
                self._found = self._look()
            return dict(self._found)

    def get(self, minor: str) -> Interpreter | None:
        """The interpreter of a minor version; a missing one is asked of uv, unless that failed before in this run."""
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
                ["python", "install", minor, "--no-bin"],
                seconds=_INSTALL_SECONDS,
                more={"UV_HTTP_RETRIES": "0"},
            )
        except UvFailure as failure:
            self._may_install = False
            reason = failure.text.splitlines()[-1].strip() if failure.text else "no reason given"
            self._say(
                f"uv cannot install Python {minor} from this network ({reason}); not trying again in this run"
            )
            return
        self._found = self._look()

    def _look(self) -> dict[str, Interpreter]:
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
        """Paths of interpreters, resolved and without doubles; shims of pyenv are skipped, its folders are read."""
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
        paths += _uv_knows()
        seen = dict.fromkeys(
            os.path.realpath(path) for path in paths if f"{os.sep}shims{os.sep}" not in path
        )
        return list(seen)


def _uv_knows() -> list[str]:
    try:
        text = run_uv(["python", "list", "--only-installed", "--output-format", "json"], seconds=60)
        rows = json.loads(text)
    except (UvFailure, ValueError):
        return []  # PATH and pyenv still answer
    return [
        row["path"] for row in rows if row.get("path") and row.get("implementation") == "cpython"
    ]


def probe(path: str) -> Interpreter | None:
    """Ask an interpreter what it is; None for one that does not run, for pre-releases and for free-threaded builds."""
    try:
        done = subprocess.run(
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
    if len(lines) < 2 or not re.fullmatch(r"3\.\d+\.\d+", lines[0]) or "free-threading" in lines[1]:
        return None
    return Interpreter(path=path, version=lines[0], build=lines[1])
