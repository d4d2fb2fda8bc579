"""Builds an environment from its lock, and proves by a stamp that it is what the lock says."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from crossload.environments.locks import candidates, read_lock
from crossload.environments.uv import UvFailure, run_uv, uv_version
from crossload.errors import EnvironmentUnavailable

if TYPE_CHECKING:
    from crossload.environments.interpreters import Interpreter
    from crossload.environments.locks import Lock
    from crossload.environments.project import Project
    from crossload.plan import Environment

STAMP = "crossload-stamp.json"
_LOCK_SECONDS = 1800


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stamp:
    python: str
    build: str
    lock: str
    uv: str
    base: str
    base_mtime: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """An environment that is there, and what it is."""

    environment: Environment
    folder: Path
    python: Path
    python_version: str
    lock: Lock

    @property
    def fingerprint(self) -> str:
        """What outcomes depend on: the lock's content and the interpreter's version."""
        return f"{self.python_version}-{self.lock.digest[:24]}"


def python_in(folder: Path) -> Path:
    """The interpreter of a virtual environment."""
    return folder / "Scripts" / "python.exe" if os.name == "nt" else folder / "bin" / "python"


def is_built(environment: Environment, project: Project) -> Built | None:
    """The environment if it stands and its stamp is right; starts no process and asks no network.

    The lock must mean the environment as the matrix file has it now, the stamp must name that lock, the interpreter
    must be the file that it was, and uv the version that built it.
    """
    folder = project.environment(environment.id)
    stamp = _read_stamp(folder)
    if stamp is None or not python_in(folder).exists() or stamp.uv != uv_version():
        return None
    try:
        if int(Path(stamp.base).stat().st_mtime) != stamp.base_mtime:
            return None
    except OSError:
        return None
    for path in candidates(environment.id, project):
        lock = read_lock(path)
        if lock and lock.inputs == environment.inputs_digest and lock.digest == stamp.lock:
            return Built(
                environment=environment,
                folder=folder,
                python=python_in(folder),
                python_version=stamp.python,
                lock=lock,
            )
    return None


def build(
    environment: Environment, lock: Lock, interpreter: Interpreter, project: Project
) -> Built:
    """Make the environment as its lock says.  Raises `EnvironmentUnavailable` with uv's own words.

    A lock file per environment keeps two processes from building it at once; the second finds it built.
    """
    folder = project.environment(environment.id)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f"{folder.name}.lock", timeout=_LOCK_SECONDS):
        found = is_built(environment, project)
        if found is not None:
            return found
        shutil.rmtree(folder, ignore_errors=True)
        try:
            run_uv(["venv", "--quiet", "--no-project", "--python", interpreter.path, str(folder)])
            sync = ["pip", "sync", "--quiet", "--require-hashes", "--exclude-newer", lock.as_of]
            run_uv([*sync, "--python", str(python_in(folder)), str(lock.path)])
        except UvFailure as failure:
            shutil.rmtree(folder, ignore_errors=True)
            msg = f"{environment.id}: uv cannot build it:\n{failure.text}"
            raise EnvironmentUnavailable(msg) from failure
        base = os.path.realpath(interpreter.path)
        stamp = _Stamp(
            python=interpreter.version,
            build=interpreter.build,
            lock=lock.digest,
            uv=uv_version(),
            base=base,
            base_mtime=int(Path(base).stat().st_mtime),
        )
        (folder / STAMP).write_text(json.dumps(asdict(stamp), indent=1), encoding="utf-8")
    return Built(
        environment=environment,
        folder=folder,
        python=python_in(folder),
        python_version=interpreter.version,
        lock=lock,
    )


def _read_stamp(folder: Path) -> _Stamp | None:
    try:
        return _Stamp(**json.loads((folder / STAMP).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # not built, or by something else: build it anew
