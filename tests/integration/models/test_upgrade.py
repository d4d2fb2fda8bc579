"""From lock to lock: the command, the pre-commit hook and the GitHub Action."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from model_files import NEWEST, artifact, command

ROOT = Path(__file__).resolve().parents[3]
OLD = """\
flask==3.0.0
scikit-learn==1.2.2
numpy==1.24.3
scipy==1.10.1
joblib==1.2.0
threadpoolctl==3.1.0
pandas==2.0.1
"""
NEW = """\
flask==3.1.0
scikit-learn==1.3.2
numpy==1.26.4
scipy==1.11.4
joblib==1.3.2
threadpoolctl==3.2.0
pandas==2.1.4
"""


@pytest.fixture(scope="module")
def repository(written, measured, forest, tmp_path_factory):
    """Make a project with two models, whose lock was changed and not committed."""
    root = tmp_path_factory.mktemp("repository")
    (root / "models").mkdir()
    shutil.copy(forest, root / "models")
    row = measured.loc["columns-logistic", "joblib", "sklearn-1.2.2", f"sklearn-{NEWEST}"]
    shutil.copy(artifact(written, row), root / "models" / "columns.joblib")
    (root / "requirements.txt").write_text(OLD)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *arguments], cwd=root, check=True)
    (root / "requirements.txt").write_text(NEW)
    return root


def test_upgrade_answers_for_every_model_of_a_changed_lock(repository):
    options = ["--models", "models/*.joblib", "--trust", "--newest-safe"]
    files = ["--markdown", "out.md", "--junit", "out.xml", "--json", "out.json"]
    arguments = ["upgrade", "requirements.txt", *options, *files]
    done = command(*arguments, code=1, cwd=repository, GITHUB_ACTIONS="true")

    results = json.loads((repository / "out.json").read_text())
    answers = {Path(each["path"]).name: each["answer"] for each in results}
    assert answers["forest.joblib"] == "BREAKS"
    assert answers["columns.joblib"].startswith("SAFE")
    assert "::error file=models/forest.joblib,title=BREAKS::" in done.stdout
    assert "upgrade all but" in done.stdout
    assert "scikit-learn==1.2.2   (not 1.3.2)" in done.stdout
    assert "Not every saved model survives" in (repository / "out.md").read_text()
    (suite,) = ET.parse(repository / "out.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")


def test_a_lock_that_did_not_change_needs_no_load(repository):
    locks = ["--from", "HEAD:requirements.txt", "--to", "HEAD:requirements.txt"]
    done = command("upgrade", *locks, "--models", "models/*", "--trust", cwd=repository)

    assert "2 models: 2 SAFE" in done.stdout
    assert "nothing that it needs changes" in done.stdout


def test_the_hook_of_pre_commit_is_the_command_with_the_changed_locks(repository):
    import yaml

    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    words = hook["entry"].split()[1:]

    arguments = ["--models=models/forest.joblib", "--trust", "requirements.txt"]
    done = command(*words, *arguments, code=1, cwd=repository)

    assert "BREAKS  models/forest.joblib" in done.stdout


def test_the_action_says_the_answer_in_the_pull_request(repository, tmp_path):
    import yaml

    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    upgrade, comment = (
        next(step for step in steps if text in step.get("run", ""))
        for text in ('crossload" upgrade', "gh api")
    )
    programs = tmp_path / "crossload" / "bin"
    programs.mkdir(parents=True)
    (programs / "crossload").write_text(f'#!/bin/sh\nexec {sys.executable} -m crossload "$@"\n')
    (programs / "gh").write_text('#!/bin/sh\necho "$@" >> "$RUNNER_TEMP/gh.txt"\n')
    for path in programs.iterdir():
        path.chmod(0o755)
    inputs = {
        "MODELS": "models/*.joblib",
        "LOCKS": "",
        "BASE": "HEAD",
        "ARGUMENTS": "",
        "TRUST": "true",
        "NUMBER": "7",
    }
    runner = {
        "GITHUB_REPOSITORY": "o/r",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_ACTIONS": "true",
    }
    environment = {**os.environ, **inputs, **runner, "PATH": f"{programs}:{os.environ['PATH']}"}

    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", upgrade["run"]],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    subprocess.run(
        ["bash", "-e", "-c", comment["run"]],
        cwd=repository,
        env=environment,
        check=True,
        timeout=60,
    )

    assert done.returncode == 1, done.stdout + done.stderr
    assert (tmp_path / "output").read_text() == "answer=1\n"
    assert "Not every saved model survives" in (tmp_path / "summary.md").read_text()
    request = "--method POST repos/o/r/issues/7/comments"
    body = f"--field body=@{tmp_path}/crossload.md"
    assert f"{request} {body}" in (tmp_path / "gh.txt").read_text()
