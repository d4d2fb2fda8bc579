"""Builds an environment from its lock, and proves by a stamp that it is what the lock says."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from crossload.derived import make_folder
from crossload.environments.bytecode import FOLDER as BYTECODE
from crossload.environments.bytecode import link_bytecode
from crossload.environments.index_settings import NETWORK_HINT
from crossload.environments.lock_file import candidates, read_lock
from crossload.environments.machine_faults import is_fault_of_machine
from crossload.environments.records_check import differences, named
from crossload.environments.resolve import instant
from crossload.environments.stamp import (
    Stamp,
    condemn,
    ended,
    files_of,
    look,
    read_stamp,
    write_stamp,
)
from crossload.environments.uv import UvFailure, UvOffline, run_uv, uv_version
from crossload.environments.wheels import hint_for, with_wheels
from crossload.errors import EnvironmentUnavailable, MachineFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossload.environments.interpreters import Interpreter
    from crossload.environments.lock_file import Lock
    from crossload.environments.project import Project
    from crossload.plan import Environment

_MACHINE_HINT = "put that right and run again: it is tried anew each time"

_LOCK_SECONDS = 1800
"""Time to wait for another process that builds the same environment."""


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


def is_built(environment: Environment, project: Project, *, unchanged: bool = True) -> Built | None:
    """Find an environment that is built already; start none of its processes, ask no network.

    The lock must mean the environment as the matrix file has it now, the stamp must name that
    lock, the interpreter must be the file that it was, and uv the version that built it.

    Parameters
    ----------
    environment
        The environment.
    project
        Folders of the project.
    unchanged
        Look at sizes and times of all its files, too. Where one is not what was installed, the
        stamp is made to say so: the environment is to be built anew, and what it measured since it
        was last seen good is in doubt (`doubts_of`).

    Returns
    -------
    Built or None
        None where the environment has to be built (again).
    """
    folder = project.environment(environment.id)
    stamp = read_stamp(folder)
    if stamp is None or not stamp.files or not python_in(folder).exists():
        return None
    if stamp.uv != uv_version():
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
            if unchanged and not look(folder, stamp):
                return None
            return Built(
                environment=environment,
                folder=folder,
                python=python_in(folder),
                python_version=stamp.python,
                lock=lock,
            )
    return None


def doubts_of(environment: Environment, project: Project) -> tuple[tuple[int, int], ...]:
    """Give the spans in which the files of an environment were changed.

    Returns
    -------
    tuple
        Pairs (from, to) in nanoseconds; 0 as the end of one that lasts, until it is built anew.
    """
    stamp = read_stamp(project.environment(environment.id))
    return stamp.doubts if stamp is not None else ()


def doubt(
    environment: Environment, project: Project, *, since: int | None = None
) -> tuple[int, int]:
    """Note that an environment cannot be trusted, so that it is built anew.

    Parameters
    ----------
    environment
        The environment.
    project
        Folders of the project.
    since
        Time in nanoseconds from which it is in doubt; by default when it was last seen good.

    Returns
    -------
    tuple of int
        The span of doubt: its beginning, and 0 because it lasts.
    """
    folder = project.environment(environment.id)
    stamp = read_stamp(folder)
    if stamp is not None:
        condemn(folder, stamp, since=since)
    return since or 0, 0


def check_records(environment: Environment, project: Project) -> str:
    """Read all files of an environment that is built, and compare them with its records.

    A difference is noted in the stamp, as by `is_built`.

    Returns
    -------
    str
        The first differences in words; empty where there is none, or no environment.
    """
    built = is_built(environment, project)
    found = differences(built.folder) if built is not None else []
    if found:
        doubt(environment, project)
    return named(found)


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
    MachineFault
        It could not for want of room, memory, time, rights or a network.
    """
    folder = project.environment(environment.id)
    make_folder(folder.parent)
    lock_file = folder.parent / f"{folder.name}.lock"
    if lock_file.is_dir():
        shutil.rmtree(lock_file)
    # nox has no lock either: of two that build one environment, the second deletes the folder
    # under the first, which then ends with a ModuleNotFoundError
    with FileLock(lock_file, timeout=_LOCK_SECONDS):
        found = is_built(environment, project)
        if found is not None:
            return found
        # the real folder: it may be a link to that of another project
        folder = folder.resolve()
        before = read_stamp(folder)
        doubts = ended(before.doubts, time.time_ns()) if before is not None else ()
        try:
            _install(lock, interpreter, folder, environment.build, suspect=bool(doubts))
        except UvFailure as failure:
            shutil.rmtree(folder, ignore_errors=True)
            msg = f"{environment.id}: uv cannot build it:\n{failure.text}"
            if isinstance(failure, UvOffline) or is_fault_of_machine(failure.text):
                hint = NETWORK_HINT if isinstance(failure, UvOffline) else _MACHINE_HINT
                raise MachineFault(msg, hint=hint) from failure
            raise EnvironmentUnavailable(msg, hint=hint_for(failure)) from failure
        base = os.path.realpath(interpreter.path)
        stamp = Stamp(
            python=interpreter.version,
            build=interpreter.build,
            lock=lock.digest,
            uv=uv_version(),
            base=base,
            base_mtime=int(Path(base).stat().st_mtime),
            files=files_of(folder)[0],
            doubts=doubts,
        )
        # last, so that an environment whose building was killed has none
        write_stamp(folder, stamp)
    return Built(
        environment=environment,
        folder=folder,
        python=python_in(folder),
        python_version=interpreter.version,
        lock=lock,
    )


def _sync(arguments: list[str], more: list[str]) -> str:
    return run_uv([*arguments, *more])


def _install(
    lock: Lock, interpreter: Interpreter, folder: Path, build: Sequence[str], *, suspect: bool
) -> None:
    """Install what a lock says, and again where uv's cache holds other files than were packed.

    Raises
    ------
    UvFailure
        uv cannot make it.
    """
    # Files are hard links to those of uv's cache, which all environments of this machine share: who
    # edits one changes it there too, and uv would link it again.
    for last in (False, True):
        shutil.rmtree(folder, ignore_errors=True)
        # --no-project: the pyproject.toml of whoever runs this would be asked for the Pythons that
        # it allows, and Python 3.6 is hardly among them.
        # --exclude-newer: what the lock pins is older anyway; it is for what a source distribution
        # needs to build (setuptools, Cython), which no lock names.
        # --compile-bytecode is left out on purpose: compiling all of TensorFlow costs more than
        # importing it once, which compiles the part that is ever needed.
        run_uv(["venv", "--quiet", "--no-project", "--python", interpreter.path, str(folder)])
        newest = instant(date.fromisoformat(lock.as_of))
        sync = ["pip", "sync", "--quiet", "--require-hashes", "--exclude-newer", newest]
        sync += ["--python", str(python_in(folder)), str(lock.path)]
        with_wheels(partial(_sync, sync), build)
        wrong = [each for each in differences(folder, content=suspect) if each.distribution]
        if not wrong or last:
            break  # the second time a wheel is as it was packed, whatever its record says
        run_uv(["cache", "clean", "--quiet", *sorted({each.distribution for each in wrong})])
    link_bytecode(folder, folder.parent / BYTECODE)
