"""Builds an environment from its lock, and proves by a stamp that it is what the lock says."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from crossload.environments.bytecode import FOLDER as BYTECODE
from crossload.environments.bytecode import link_bytecode
from crossload.environments.index_settings import NETWORK_HINT
from crossload.environments.lock_file import candidates, read_lock
from crossload.environments.uv import UvFailure, UvOffline, run_uv, uv_version
from crossload.errors import EnvironmentUnavailable

if TYPE_CHECKING:
    from crossload.environments.interpreters import Interpreter
    from crossload.environments.lock_file import Lock
    from crossload.environments.project import Project
    from crossload.plan import Environment

STAMP = "crossload-stamp.json"
"""Name of the stamp within the folder of an environment."""

_LOCK_SECONDS = 1800
"""Time to wait for another process that builds the same environment."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stamp:
    """The facts from which an environment was built; another set of fields means: build anew."""

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
        """The version of the interpreter and the lock's digest, on which outcomes depend."""
        return f"{self.python_version}-{self.lock.digest[:24]}"


def python_in(folder: Path) -> Path:
    """Give the path of the interpreter in a virtual environment."""
    return folder / "Scripts" / "python.exe" if os.name == "nt" else folder / "bin" / "python"


def is_built(environment: Environment, project: Project) -> Built | None:
    """Find an environment that is built already; start none of its processes, ask no network.

    The lock must mean the environment as the matrix file has it now, the stamp must name that
    lock, the interpreter must be the file that it was, and uv the version that built it.

    Returns
    -------
    Built or None
        None where the environment has to be built (again).
    """
    folder = project.environment(environment.id)
    stamp = _read_stamp(folder)
    if stamp is None or not python_in(folder).exists() or stamp.uv != uv_version():
        return None
    try:
        # an interpreter that was upgraded in place keeps its path, and the environment that links
        # to it still starts; nox reuses such environments unasked, unless
        # NOX_ENABLE_STALENESS_CHECK is set: hence a stamp of our own
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
    """Make an environment as its lock says, unless it is built by now.

    Writes the folder of the environment, with the stamp as its last file, and a lock file beside
    it that keeps two processes from building at once: the second finds the environment built.

    Raises
    ------
    EnvironmentUnavailable
        uv cannot make it; the message has uv's own words.
    """
    folder = project.environment(environment.id)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # nox has no lock either: of two that build one environment, the second deletes the folder
    # under the first, which then ends with a ModuleNotFoundError
    with FileLock(folder.parent / f"{folder.name}.lock", timeout=_LOCK_SECONDS):
        found = is_built(environment, project)
        if found is not None:
            return found
        shutil.rmtree(folder, ignore_errors=True)
        # --no-project: the pyproject.toml of whoever runs this would be asked for the Pythons that
        # it allows, and Python 3.6 is hardly among them.
        # --exclude-newer: what the lock pins is older anyway; it is for what a source distribution
        # needs to build (setuptools, Cython), which no lock names.
        # --compile-bytecode is left out on purpose: compiling all of TensorFlow costs more than
        # importing it once, which compiles the part that is ever needed.
        try:
            run_uv(["venv", "--quiet", "--no-project", "--python", interpreter.path, str(folder)])
            sync = ["pip", "sync", "--quiet", "--require-hashes", "--exclude-newer", lock.as_of]
            run_uv([*sync, "--python", str(python_in(folder)), str(lock.path)])
            link_bytecode(folder, folder.parent / BYTECODE)
        except UvFailure as failure:
            shutil.rmtree(folder, ignore_errors=True)
            msg = f"{environment.id}: uv cannot build it:\n{failure.text}"
            hint = NETWORK_HINT if isinstance(failure, UvOffline) else None
            raise EnvironmentUnavailable(msg, hint=hint) from failure
        base = os.path.realpath(interpreter.path)
        stamp = _Stamp(
            python=interpreter.version,
            build=interpreter.build,
            lock=lock.digest,
            uv=uv_version(),
            base=base,
            base_mtime=int(Path(base).stat().st_mtime),
        )
        # last, so that an environment whose building was killed has none
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
