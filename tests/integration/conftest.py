"""A project for each test module: real environments from the package index, real processes.

What costs most is made once: environments that several modules need are kept in
``.nox/test-environments`` (the next run of the tests finds them there), and the small matrix that
several modules start from is measured once a session.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from crossload.environments import Project as Folders
from crossload.environments import is_built
from crossload.plan import environments_of, load_specs

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from commands import CommandServer, run_crossload, use  # noqa: E402 - tests stand in no package
from shared_environments import ENVIRONMENTS, share_bytecode  # noqa: E402

NETWORK = (
    "PIP_CERT", "PIP_CONFIG_FILE", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_INDEX_URL",
    "PIP_PROXY", "PIP_TRUSTED_HOST", "UV_CACHE_DIR", "UV_CONFIG_FILE", "UV_DEFAULT_INDEX",
    "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_INDEX", "UV_INDEX_URL", "UV_INSECURE_HOST",
    "UV_KEYRING_PROVIDER", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS",
)  # fmt: skip
"""Variables that say where packages come from: not every machine gets them without."""


@pytest.fixture(scope="module", autouse=True)
def network(plain_environment, machine_environment):
    """Give integration tests the variables and files that say where packages and Pythons are."""
    home = Path(machine_environment.get("HOME") or Path.home())
    config = Path(machine_environment.get("XDG_CONFIG_HOME") or home / ".config")
    cache = Path(machine_environment.get("XDG_CACHE_HOME") or home / ".cache")
    guessed = {
        "UV_CACHE_DIR": cache / "uv",
        "UV_CONFIG_FILE": config / "uv" / "uv.toml",
        "PIP_CONFIG_FILE": config / "pip" / "pip.conf",
        "PYENV_ROOT": home / ".pyenv",
    }
    found = {
        name: str(path) for name, path in guessed.items() if name == "UV_CACHE_DIR" or path.exists()
    }
    found |= {
        name: machine_environment[name]
        for name in (*NETWORK, "PYENV_ROOT")
        if machine_environment.get(name)
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in found.items():
            patch.setenv(name, value)
        yield


class Project:
    """A folder with matrix files and recipes, and the command line to run in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "matrix" / "recipes").mkdir(parents=True, exist_ok=True)

    def recipe(self, name: str, text: str | None = None) -> None:
        """Take a recipe of the tests or of the project, or write one."""
        if text is None:
            places = [HERE / "recipes" / name, ROOT / "matrix" / "recipes" / name]
            text = next(path.read_text() for path in places if path.exists())
        (self.root / "matrix" / "recipes" / name).write_text(text)

    def matrix(self, name: str, text: str) -> None:
        """Write a matrix file."""
        (self.root / "matrix" / f"{name}.toml").write_text(text)

    def command(self, *arguments: str) -> list[str]:
        """Give a command line that runs crossload in this project."""
        return [sys.executable, "-m", "crossload", "--root", str(self.root), *arguments]

    def crossload(
        self,
        *arguments: str,
        code: int | None = 0,
        seconds: float = 600,
        cwd: Path | None = None,
        environ: dict[str, str] | None = None,
        before_start=None,
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end; fail the test if the exit code is another than expected."""
        environment = {**os.environ, "COLUMNS": "400", **(environ or {})}  # one line a line
        if before_start is None:
            done = run_crossload(
                ["--root", str(self.root), *arguments],
                seconds=seconds,
                environment=environment,
                folder=cwd or ".",
            )
        else:
            done = subprocess.run(
                self.command(*arguments),
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
                env=environment,
                preexec_fn=before_start,
            )
        if code is not None:
            assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a process of its own, for tests of signals and of runs at the same time."""
        return subprocess.Popen(
            self.command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def report(self, name: str, *, part: bool = False) -> Path:
        """Give the folder of the report: of the whole matrix, or of the last run of a part."""
        return (self.root / ".crossload" / "reports" if part else self.root / "reports") / name

    def outcomes(self, name: str, *, part: bool = False):
        """Read the table of outcomes, indexed by recipe, format, writer and reader."""
        import pandas as pd

        table = pd.read_parquet(self.report(name, part=part) / "outcomes.parquet")
        for column in ("recipe", "format", "writer", "reader", "verdict", "reason"):
            table[column] = table[column].astype(str)
        return table.set_index(["recipe", "format", "writer", "reader"]).sort_index()

    def summary(self, name: str, *, part: bool = False) -> dict:
        """Read the summary of the report."""
        return json.loads((self.report(name, part=part) / "summary.json").read_text())

    def journal(self) -> list[dict]:
        """Read all records on disk, whole lines only, oldest first."""
        found = []
        for path in sorted((self.root / ".crossload" / "store" / "journals").glob("*.jsonl")):
            lines = path.read_text().split("\n")
            found += [json.loads(line) for line in lines[:-1]]
        return [record for record in found if record["kind"] in ("save", "load")]

    def processes(self) -> list[int]:
        """Find the processes whose command line names this project, except the test itself."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    words = (entry / "cmdline").read_bytes().decode(errors="replace")
                except OSError:
                    continue  # it ended meanwhile
                if str(self.root) in words:
                    found.append(int(entry.name))
        return found

    def borrow_environments(self) -> None:
        """Link the environments of the matrix files to those that all projects share."""
        (self.root / ".nox").mkdir(exist_ok=True)
        (self.root / "matrix" / "locks").mkdir(exist_ok=True)
        for spec in load_specs(self.root / "matrix"):
            for environment in environments_of(spec):
                lender = lending_project(self, environment)
                folder = lender.root / ".nox" / f"env-{environment.id}"
                (self.root / ".nox" / folder.name).symlink_to(folder)
                for lock in (lender.root / "matrix" / "locks").glob(f"{environment.id}.*"):
                    shutil.copy(lock, self.root / "matrix" / "locks")


def lending_project(borrower: Project, environment) -> Project:
    """Give the project that has an environment for all others; build it if need be.

    There is one such project for each definition of an environment.
    """
    place = ENVIRONMENTS / f"{environment.id}-{environment.inputs_digest[:12]}"
    place.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{place}.lock"):
        if is_built(environment, Folders(place)) is None:
            shutil.rmtree(place)
            lender = Project(place)
            shutil.copytree(borrower.root / "matrix", place / "matrix", dirs_exist_ok=True)
            share_bytecode(place / ".nox")
            lender.crossload("env", environment.id, seconds=900)
        return Project(place)


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> Path:
    """Give the folder that all workers of this session share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session", autouse=True)
def command_server(plain_environment, tmp_path_factory):
    """Run command lines in forks of one process for all tests of this worker."""
    if not hasattr(os, "fork"):  # Windows: each command line is a process of its own
        yield
        return
    server = CommandServer(tmp_path_factory.mktemp("commands"))
    use(server)
    yield
    use(None)
    server.close()


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """Give an empty project to the test module."""
    made = Project(tmp_path_factory.mktemp("project"))
    share_bytecode(made.root / ".nox")
    return made


@pytest.fixture(scope="module")
def once(shared):
    """Give a function that makes a project once a session, whichever worker comes first.

    It is called as ``once(name, make)``.  Nobody may change the project that it gives.
    """

    def get(name: str, make) -> Project:
        folder = shared / name
        with FileLock(f"{folder}.lock"):
            found = Project(folder)
            if not (folder / "made").exists():
                make(found)
                (folder / "made").touch()
            return found

    return get


@pytest.fixture(scope="module")
def small_measured(once) -> Project:
    """Give the project whose small matrix is measured once a session.

    Nobody may change it: tests work with copies (`small_matrix.copy_of`).
    """
    from small_matrix import small_project

    def make(project: Project) -> None:
        small_project(project).borrow_environments()
        project.crossload("run", "small")

    return once("small", make)


LONGEST = (
    "models/test_check_keras",
    "models/test_check.py",
    "test_dask_cluster",
    "test_hostile",
    "models/test_upgrade",
    "models/test_bisect",
    "test_reuse_of_outcomes",
    "test_matrix",
    "test_keras",
    "test_shards_and_merge",
    "test_remote_store",
)
"""Modules that take longest, by the beginning of their path.

They start first, so that no worker goes on alone at the end; those that wait for what another
module measures stand behind it.
"""


def pytest_collection_modifyitems(items):
    """Mark the tests that build environments, and let them begin first: the rest fills gaps."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.integration)

    def place(item) -> int:
        name = item.path.relative_to(HERE).as_posix() if HERE in item.path.parents else ""
        first = next((i for i, each in enumerate(LONGEST) if name.startswith(each)), len(LONGEST))
        return first if name else len(LONGEST) + 1

    items.sort(key=place)
