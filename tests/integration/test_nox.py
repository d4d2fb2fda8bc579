"""The noxfile: listing is quick, environments are sessions, a broken matrix leaves the rest."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def nox(*arguments, cwd=ROOT, code=0):
    done = subprocess.run(
        [sys.executable, "-m", "nox", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=600,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def test_importing_the_noxfile_prints_nothing_and_loads_nothing_heavy():
    heavy = {"numpy", "pandas", "sklearn", "jinja2", "requests"}
    code = f"import sys, noxfile; print(sorted({heavy} & set(sys.modules)))"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )

    assert done.stdout == "[]\n"


def test_every_environment_is_a_session():
    lines = nox("--list").stdout.splitlines()
    sessions = {line.split()[1] for line in lines if line.startswith(("* ", "- "))}

    locks = {
        path.name.removesuffix(".txt").removesuffix(f".{sys.platform}")
        for path in (ROOT / "matrix" / "locks").glob("*.txt")
    }
    assert {f"env-{each}" for each in locks} <= sessions
    assert {"matrix", "tests", "lint", "typecheck", "lock", "versions"} <= sessions


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """Copy the files of the repository, without those that are made or downloaded."""
    folder = tmp_path_factory.mktemp("clone") / "crossload"
    ignore = shutil.ignore_patterns(
        ".nox", ".crossload", ".git", "__pycache__", ".*_cache", ".hypothesis", "reports"
    )
    shutil.copytree(ROOT, folder, ignore=ignore)
    return folder


def test_a_command_runs_in_an_environment(clone):
    code = "import sys, joblib; version = sys.version_info[:2]; "
    code += "print('joblib is', joblib.__version__, 'in Python', version)"

    done = nox("-s", "env-joblib-1.6.0", "--", "python", "-c", code, cwd=clone)

    # the driver's Python is newer: an answer from it would say so
    assert "joblib is 1.6.0 in Python (3, 10)" in done.stdout
    assert (clone / ".nox" / "env-joblib-1.6.0" / "crossload-stamp.json").exists()


def test_a_broken_matrix_file_leaves_the_other_sessions(clone):
    (clone / "matrix" / "broken.toml").write_text("[matrix]\n")
    try:
        done = nox("--list", cwd=clone)
        assert "broken-matrix-files" in done.stdout
        assert "env-joblib-1.6.0" in done.stdout
        assert "tests" in done.stdout
        failed = nox("-s", "broken-matrix-files", cwd=clone, code=1)
        assert "the key 'title' is missing" in failed.stderr
    finally:
        (clone / "matrix" / "broken.toml").unlink()
