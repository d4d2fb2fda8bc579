"""The pytest plug-in in a test suite of users, and the wheel in an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from model_files import NEWEST

USERS_TESTS = f"""
def test_it(crossload_check):
    result = crossload_check('forest.joblib', trust=True)
    assert result.safe, str(result)


def test_that(crossload_check):
    result = crossload_check('forest.joblib', to='scikit-learn=={NEWEST}', trust=True)
    assert result.safe, str(result)
"""


def test_a_test_suite_of_users_has_a_fixture(forest, tmp_path):
    shutil.copy(forest, tmp_path / "forest.joblib")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\ncrossload_to = "scikit-learn==1.2.1"\n'
    )
    (tmp_path / "test_models.py").write_text(USERS_TESTS)
    plugins = ["-p", "crossload.api.pytest_plugin", "-p", "no:cacheprovider"]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins],
        cwd=tmp_path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert "1 failed, 1 passed" in done.stdout
    assert "BREAKS  " in done.stdout
    assert "missing_go_to_left" in done.stdout


def test_a_wheel_in_an_empty_folder_has_all_it_needs(forest, tmp_path):
    from crossload.environments.uv import uv_program

    root = Path(__file__).resolve().parents[3]
    uv = uv_program()
    subprocess.run(
        [uv, "build", "--quiet", "--wheel", "--out-dir", str(tmp_path / "dist"), str(root)],
        check=True,
        timeout=300,
    )
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    empty = tmp_path / "empty"
    empty.mkdir()

    crossload = [uv, "tool", "run", "--quiet", "--no-config", "--from", str(wheel), "crossload"]
    done = subprocess.run(
        [*crossload, "check", str(forest), "--to", f"scikit-learn=={NEWEST}", "--trust"],
        cwd=empty,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env=dict(os.environ),
    )

    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("BREAKS")
    assert "missing_go_to_left" in " ".join(done.stdout.split()), (
        "causes and remedies come with the wheel"
    )
    assert not list(empty.iterdir())
