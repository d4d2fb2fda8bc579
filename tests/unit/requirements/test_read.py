"""Lock files of any format are found, told apart, and named when they cannot be read."""

from __future__ import annotations

import json
import subprocess

import pytest
from builders_requirements import EVIL, locked

from crossload.errors import ConfigError
from crossload.requirements import is_lock_name, read_locked


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "Pipfile.lock",
            json.dumps(
                {"default": {"numpy": {"version": "==1"}, "scikit-learn": {"version": EVIL}}}
            ),
        ),
        (
            "Pipfile.lock",
            json.dumps(
                {
                    "default": {
                        "numpy": {"version": "==1"},
                        f"scikit-learn{EVIL}": {"version": "==1"},
                    }
                }
            ),
        ),
        (
            "uv.lock",
            f'[[package]]\nname = "zzz"\nversion = "1\\nnumpy{EVIL}"\n'
            '[[package]]\nname = "numpy"\nversion = "1"\n',
        ),
        (
            "uv.lock",
            '[[package]]\nname = "z\\n--find-links /tmp"\nversion = "1"\n'
            '[[package]]\nname = "numpy"\nversion = "1"\n',
        ),
        (
            "poetry.lock",
            f'[[package]]\nname = "a"\nversion = "1{EVIL}"\n'
            '[[package]]\nname = "numpy"\nversion = "1"\n',
        ),
        ("environment.yml", f"dependencies:\n  - 'scikit-learn={EVIL}'\n  - numpy=1.0.0\n"),
        ("requirements.txt", f"scikit-learn{EVIL}\nnumpy==1\n"),
    ],
)
def test_a_lock_cannot_carry_urls_or_options_in_names_and_versions(tmp_path, name, text):
    found = locked(tmp_path, name, text)

    assert list(found.packages) == ["numpy"]
    assert found.unusable
    assert not any(sign in value for value in found.packages.values() for sign in "@/\n ")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", "[[package]\n"),
        ("Pipfile.lock", "{"),
        ("Pipfile.lock", "{}"),
        ("poetry.lock", "package = 3\n"),
        ("pylock.toml", "[[packages]]\nversion = 1\n"),
        ("environment.yml", "- a: [\n"),
        ("environment.yml", "just text"),
        ("requirements.txt", "# nothing\n"),
        ("requirements.txt", "-e .\n"),
    ],
)
def test_a_lock_that_cannot_be_read_is_named_with_what_is_known(tmp_path, name, text):
    with pytest.raises(ConfigError) as caught:
        locked(tmp_path, name, text)

    assert name in str(caught.value)
    assert "uv.lock" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", "[[package]]\na = " + "[" * 100_000),
        ("pylock.toml", "a = " + "[" * 100_000),
        ("Pipfile.lock", '{"default": ' + "[" * 100_000),
        ("environment.yml", "dependencies: " + "[" * 3000),
    ],
)
def test_brackets_within_brackets_are_an_error(tmp_path, name, text):
    with pytest.raises(ConfigError, match=f"{name}: cannot be read: RecursionError"):
        locked(tmp_path, name, text)


def test_bytes_that_are_no_text_are_an_error(tmp_path):
    (tmp_path / "requirements.txt").write_bytes(b"\xff\xfe\x00numpy")
    with pytest.raises(ConfigError, match="UnicodeDecodeError"):
        read_locked(str(tmp_path / "requirements.txt"), option="--to")


def test_a_revision_cannot_be_an_option_of_git():
    with pytest.raises(ConfigError, match="not a revision"):
        read_locked("--output=x:requirements.txt", option="--from")


def test_names_of_locks():
    known = [
        "uv.lock",
        "a/poetry.lock",
        "Pipfile.lock",
        "pylock.toml",
        "pylock.dev.toml",
        "requirements-dev.txt",
        "environment.yml",
    ]
    assert all(map(is_lock_name, known))
    assert not any(map(is_lock_name, ["models/a.joblib", "model.pkl", "pyproject.toml"]))


@pytest.fixture
def git(monkeypatch):
    """The commands that were given to git, which answers with what a test says."""
    commands = []

    def answers(*, out=b"", error=b"", code=0, raises=None):
        def run(command, **options):
            commands.append(command)
            if raises:
                raise raises
            return subprocess.CompletedProcess(command, code, out, error)

        monkeypatch.setattr(subprocess, "run", run)
        return commands

    return answers


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("HEAD~1:requirements.txt", "HEAD~1:./requirements.txt"),
        ("v1:../requirements.txt", "v1:../requirements.txt"),
        ("v1:sub/requirements.txt", "v1:./sub/requirements.txt"),
    ],
)
def test_a_lock_of_a_revision_is_shown_by_git(git, text, path):
    commands = git(out=b"numpy==1.26\n-r other.txt\n")

    found = read_locked(text, option="--from")

    assert commands == [["git", "show", path]]
    assert found.packages == {"numpy": "==1.26"}
    assert found.unusable == ["-r other.txt"]


def test_what_git_refuses_is_told(git):
    git(error=b"fatal: invalid object name 'v9'\n", code=128)

    with pytest.raises(ConfigError, match="v9:uv.lock: fatal: invalid object name") as caught:
        read_locked("v9:uv.lock", option="--from")
    assert "git log" in caught.value.hint


@pytest.mark.parametrize(
    "error", [FileNotFoundError("no git"), subprocess.TimeoutExpired("git", 1)]
)
def test_without_git_there_are_no_revisions(git, error):
    git(raises=error)

    with pytest.raises(ConfigError, match="git cannot be run"):
        read_locked("v1:uv.lock", option="--from")


@pytest.mark.parametrize("text", ["missing.txt", "~nobody-of-that-name/uv.lock", ":x", "x:"])
def test_what_is_neither_a_file_nor_of_a_revision_is_told(text):
    with pytest.raises(ConfigError, match="there is no such file"):
        read_locked(text, option="--from")
