"""Lock files of any format are found, told apart, and named when they cannot be read."""

from __future__ import annotations

import json
import os
import subprocess
import time
import tracemalloc

import pytest
from builders_requirements import EVIL, locked

from crossload.errors import ConfigError
from crossload.requirements import is_lock_name, read, read_locked


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
    size = ["git", "cat-file", "-s", path]

    found = read_locked(text, option="--from")

    assert commands == [size, ["git", "show", path]]
    assert found.packages == {"numpy": "==1.26"}
    assert found.unusable == ["an included file in line 2: there is none beside it"]


def test_a_lock_of_a_revision_has_a_size_that_is_asked_first(git):
    commands = git(out=b"9000000\n")

    with pytest.raises(ConfigError, match="more than 8 MB"):
        read_locked("v1:uv.lock", option="--from")
    assert len(commands) == 1


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


CANARY = "hunter2canary"


@pytest.mark.parametrize(
    "name",
    [
        "requirements.txt",
        "uv.lock",
        "poetry.lock",
        "pdm.lock",
        "pylock.toml",
        "Pipfile.lock",
        "environment.yml",
    ],
)
@pytest.mark.parametrize(
    "secret",
    [
        f"TOKEN={CANARY}",
        f"token: {CANARY} and more",
        f"export PASSWORD='{CANARY}'",
        f"-----BEGIN PRIVATE KEY-----\nMIIE/{CANARY}/x==",
        f"machine host login me password {CANARY}",
        f"-r {CANARY}",
        f"-e {CANARY}",
        f"--{CANARY}",
        f"git+https://me:{CANARY}@host/x",
        f"numpy @ https://me:{CANARY}@host/x",
        f"{CANARY}://host",
        f'{{"default": {{"a b": {{"version": "{CANARY}!"}}}}}}',
        f'[[package]]\nname = "x"\nversion = "{CANARY}!"',
        f'[[package]]\nname = "{CANARY}!"\nversion = "1"',
        f"dependencies:\n  - 'x={CANARY}'\n  - '{CANARY} = ? !'",
        f"a: &b\n  - *{CANARY}",
        f"a: '{CANARY}\n: [",
        f'[[packages]]\nname = "{CANARY}"\nversion = "{CANARY}!"',
    ],
)
def test_a_line_that_is_no_requirement_is_never_shown(tmp_path, name, secret):
    try:
        found = locked(tmp_path, name, f"{secret}\n")
    except ConfigError as error:
        said = f"{error} {error.hint} {error.__cause__}"
    else:
        said = str(found.unusable)
    assert CANARY not in said


@pytest.fixture
def project(tmp_path):
    """A project with a file beside it that is none of its own."""
    (tmp_path / "secret.txt").write_text("numpy==9.9\n")
    top = tmp_path / "project"
    (top / ".git").mkdir(parents=True)
    (top / ".git" / "config").write_text("numpy==9.9\n")
    (top / "locks").mkdir()
    return top


@pytest.mark.parametrize(
    "target", ["../secret.txt", ".git/config", "requirements.txt", "/dev/zero"]
)
def test_a_lock_that_is_a_link_to_another_place_is_refused(project, target):
    (project / "requirements.txt").symlink_to(target)

    with pytest.raises(ConfigError):
        read_locked(str(project / "requirements.txt"), option="--from")


def test_links_and_includes_within_the_project_are_followed(project):
    (project / "base.txt").write_text("numpy==1.0\n")
    (project / "locks" / "all.txt").write_text("-r base.txt\n-r .git/config\n")
    (project / "requirements.txt").symlink_to("locks/all.txt")

    found = read_locked(str(project / "requirements.txt"), option="--from")

    assert found.packages == {"numpy": "==1.0"}
    assert len(found.unusable) == 1


def test_a_pipe_is_no_lock(tmp_path):
    os.mkfifo(tmp_path / "requirements.txt")

    with pytest.raises(ConfigError):
        read_locked(str(tmp_path / "requirements.txt"), option="--from")


HOSTILE = {
    "spaces": ("requirements.txt", "a" + " " * 200_000 + "b\n" + " " * 200_000 + "--x\n"),
    "spaces of an include": ("requirements.txt", "-r" + " " * 200_000 + "x\n"),
    "one long line": ("requirements.txt", "a" * 4_000_000),
    "one package over and over": (
        "requirements.txt",
        "".join(f"numpy!={index}\n" for index in range(50_000)),
    ),
    "brackets of a marker": ("requirements.txt", "numpy; " + "(" * 1900),
    "digits": ("requirements.txt", f"numpy=={'1' * 1900}\n"),
    "continued lines": ("requirements.txt", "numpy \\\n" * 300_000),
    "aliases": (
        "environment.yml",
        "a: &a [x, x]\n"
        + "".join(
            f"{chr(98 + i)}: &{chr(98 + i)} [{('*' + chr(97 + i) + ', ') * 9}]\n" for i in range(9)
        )
        + "dependencies: *j\n",
    ),
    "spaces of YAML": ("environment.yml", "dependencies:\n  - a" + " " * 200_000 + "b\n"),
    "lists of YAML": ("environment.yml", "dependencies: " + "[" * 200_000),
    "digits of YAML": ("environment.yml", "dependencies:\n  - " + "1" * 5000 + "\n"),
    "parts of a key": ("uv.lock", "[[package]]\n" + "a." * 50_000 + "a = 1\n"),
    "parts of a table": ("poetry.lock", "[" + "a." * 50_000 + "a]\n"),
    "quoted parts": ("pylock.toml", "'a' . " * 50_000 + "a = 1\n"),
    "parts behind a text": ("pdm.lock", 'x = ["""\n""", {' + "a." * 50_000 + "a = 1}]\n"),
    "digits of TOML": ("uv.lock", "[[package]]\nname = " + "1" * 5000 + "\n"),
    "a text without end": ("uv.lock", "[[package]]\nname = " + '"\\' * 200_000),
    "tables within tables": ("uv.lock", "[[package]]\na = " + "{a = " * 20_000),
    "lists of JSON": ("Pipfile.lock", '{"default": ' + "[" * 200_000),
    "digits of JSON": ("Pipfile.lock", '{"default": ' + "1" * 5000 + "}"),
    "more than a lock has": ("Pipfile.lock", " " * 9_000_000),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_locks_end_soon_and_are_no_traceback(tmp_path, kind):
    name, text = HOSTILE[kind]
    begin = time.process_time()
    tracemalloc.start()
    try:
        locked(tmp_path, name, text)
    except ConfigError as error:
        assert len(str(error)) < 1000 + len(str(tmp_path))
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 200 << 20
    assert time.process_time() - begin < 8


@pytest.mark.parametrize("files", [2, 200])
def test_includes_that_include_each_other_end(tmp_path, files):
    for index in range(files):
        others = "".join(f"-r r{other}.txt\n" for other in range(files))
        (tmp_path / f"r{index}.txt").write_text(f"{others}numpy==1.0\n")
    if files == 2:
        assert locked(tmp_path, "requirements.txt", "-r r0.txt\n").packages == {"numpy": "==1.0"}
    else:
        with pytest.raises(ConfigError, match="more than 100 files"):
            locked(tmp_path, "requirements.txt", "-r r0.txt\n")


def test_included_files_have_a_size_together(tmp_path):
    (tmp_path / "large.txt").write_text("#" * (5 << 20))
    (tmp_path / "more.txt").write_text("#" * (5 << 20))
    with pytest.raises(ConfigError, match="more than 8 MB"):
        locked(tmp_path, "requirements.txt", "-r large.txt\n-r more.txt\n")


def test_time_that_is_over_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(read, "_SECONDS", 0.0)
    with pytest.raises(ConfigError, match="more than 0 s"):
        locked(tmp_path, "requirements.txt", "numpy==1.0\n")
