"""The versions that users name: requirements, and the lock files of many tools."""

from __future__ import annotations

import json
import sys

import pytest

from crossload.errors import ConfigError
from crossload.models.targets import parse, same_version
from crossload.requirements.lockfiles import is_lock_name, read_locked


def locked(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    return read_locked(str(path), option="--from")


def test_requirements_in_one_text():
    found = parse("scikit-learn==1.9.1 numpy>=2,<3  python==3.12", option="--to")

    assert found.packages == {"scikit-learn": "==1.9.1", "numpy": "<3,>=2"}
    assert found.python == "3.12"
    assert found.version("scikit-learn") == "1.9.1"
    assert found.version("numpy") == ""
    assert not found.complete


def test_requirements_may_be_separated_by_commas():
    assert parse("scikit-learn==1.9.1, numpy==2.4", option="--to").packages == {
        "scikit-learn": "==1.9.1",
        "numpy": "==2.4",
    }


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("sklearn==1.5", "scikit-learn"),
        ("tf==2.15", "tensorflow"),
        ("Scikit_Learn==1", "scikit-learn"),
    ],
)
def test_names_that_people_write_become_those_of_the_index(given, name):
    assert list(parse(given, option="--to").packages) == [name]


@pytest.mark.parametrize(
    "given",
    [
        "numpy=2",
        "numpy==",
        "git+https://host/x",
        "x @ https://host/x.whl",
        "python>=3.11",
        "",
        "   ",
    ],
)
def test_what_is_no_requirement_is_named_with_its_option(given):
    with pytest.raises(ConfigError, match="--to") as caught:
        parse(given, option="--to")
    assert caught.value.hint


def test_a_lock_that_is_not_there_is_not_taken_for_a_requirement():
    with pytest.raises(ConfigError, match=r"nowhere/requirements\.txt: there is no such file"):
        parse("nowhere/requirements.txt", option="--to")


def test_changes_replace_and_take_away():
    found = parse("a==1 b==2 c==3", option="--to").but({"a": "==9", "b": None})

    assert found.packages == {"a": "==9", "c": "==3"}


def test_requirements_txt_with_hashes_markers_includes_and_what_cannot_be_used(tmp_path):
    (tmp_path / "base.txt").write_text("scipy==1.10.1\n")
    found = locked(
        tmp_path,
        "requirements.txt",
        "# made by hand\n-r base.txt\n--index-url https://host/simple\n"
        "scikit-learn==1.2.2 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        'numpy==1.24.3 ; python_version >= "3.8"  # why\ncolorama==0.4 ; sys_platform == "plan9"\n'
        "-e ./mine\nmine @ file:///tmp/mine\n./wheels/x.whl\nflask\n",
    )

    assert found.packages == {
        "scipy": "==1.10.1",
        "scikit-learn": "==1.2.2",
        "numpy": "==1.24.3",
        "flask": "",
    }
    assert found.unusable == [
        "the option --index-url: packages come from the index that uv and pip are set to",
        "-e ./mine",
        "mine @ file://...",
        "./wheels/x.whl",
    ]


def test_every_requirement_of_a_package_holds_and_constraints_require_nothing(tmp_path):
    (tmp_path / "cons.txt").write_text("scikit-learn<2\nunasked==1\n")
    (tmp_path / "more.txt").write_text("scipy==1.11.4\n")
    found = locked(
        tmp_path,
        "requirements.txt",
        "# why \\\nscikit-learn==1.5.2\nscikit-learn>=1.0\n-c cons.txt\n-rmore.txt\nnumpy==1 # x \\\n",
    )

    assert found.packages["scikit-learn"].split(",") == ["<2", "==1.5.2", ">=1.0"]
    assert found.packages["scipy"] == "==1.11.4"
    assert found.packages["numpy"] == "==1"


def test_includes_stay_below_the_folder_of_the_lock_and_nothing_else_is_read(tmp_path):
    (tmp_path / "secret.txt").write_text("TOKEN=hunter2\n")
    (tmp_path / "sub").mkdir()
    found = locked(
        tmp_path,
        "sub/requirements.txt",
        f"-r ../secret.txt\n-r {tmp_path}/secret.txt\n-r /proc/self/environ\nnumpy==1.0\n",
    )

    assert found.packages == {"numpy": "==1.0"}
    assert "hunter2" not in str(found.unusable)
    assert len(found.unusable) == 3


EVIL = " @ file:///tmp/evil.tar.gz"


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
            f'[[package]]\nname = "zzz"\nversion = "1\\nnumpy{EVIL}"\n[[package]]\nname = "numpy"\nversion = "1"\n',
        ),
        (
            "uv.lock",
            '[[package]]\nname = "z\\n--find-links /tmp"\nversion = "1"\n[[package]]\nname = "numpy"\nversion = "1"\n',
        ),
        (
            "poetry.lock",
            f'[[package]]\nname = "a"\nversion = "1{EVIL}"\n[[package]]\nname = "numpy"\nversion = "1"\n',
        ),
        (
            "pylock.toml",
            f'[[packages]]\nname = "a{EVIL}"\nversion = "1"\n[[packages]]\nname = "numpy"\nversion = "1"\n',
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


def test_any_version_in_a_pipfile_is_any_version(tmp_path):
    table = {"default": {"a": {"version": "*"}, "b": {"version": 5}, "c": {"version": "==1.5.2 x"}}}
    found = locked(tmp_path, "Pipfile.lock", json.dumps(table))

    assert found.packages == {"a": ""}
    assert len(found.unusable) == 2


def test_markers_are_evaluated_for_the_python_that_is_then_used(tmp_path):
    (tmp_path / "requirements.txt").write_text(
        'numpy==1 ; python_version < "3.0"\nnumpy==2 ; python_version >= "3.0"\n'
    )
    path = str(tmp_path / "requirements.txt")

    found = parse(path, option="--to")
    named = parse(f"{path} python==3.10", option="--to")

    assert found.packages == {"numpy": "==2"}
    assert found.python == f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert any("markers" in note for note in found.notes)
    assert named.python == "3.10"


def test_a_lock_for_other_pythons_is_read_for_one_of_those(tmp_path):
    rows = "".join(
        f'[[package]]\nname = "numpy"\nversion = "{version}"\nresolution-markers = ["python_full_version {marker}"]\n'
        for version, marker in (
            ("1.24.4", "< '3.9'"),
            ("2.0.2", ">= '3.9' and python_full_version < '3.11'"),
            ("2.4.0", ">= '3.11'"),
        )
    )
    (tmp_path / "uv.lock").write_text(f'requires-python = ">=3.8,<3.11"\n{rows}')
    path = str(tmp_path / "uv.lock")

    found, named = parse(path, option="--to"), parse(f"{path} python==3.8", option="--to")

    assert (found.packages, found.python) == ({"numpy": "==2.0.2"}, "3.10")
    assert (named.packages, named.python) == ({"numpy": "==1.24.4"}, "3.8")


def test_a_marker_about_another_thing_than_the_version_leaves_python_open(tmp_path):
    (tmp_path / "requirements.txt").write_text(
        'numpy==1 ; platform_python_implementation != "PyPy"\n'
    )

    assert parse(str(tmp_path / "requirements.txt"), option="--to").python is None


def test_markers_of_lock_files_that_only_they_know(tmp_path):
    text = '[[packages]]\nname = "a"\nversion = "1"\nmarker = "\'dev\' in dependency_groups"\n[[packages]]\nname = "b"\nversion = "1"\n'
    assert list(locked(tmp_path, "pylock.toml", text).packages) == ["b"]
    table = '[[package]]\nname = "a"\nversion = "1"\nmarkers = {main = "os_name == \'plan9\'"}\n[[package]]\nname = "b"\nversion = "1"\n'
    assert list(locked(tmp_path, "poetry.lock", table).packages) == ["b"]


def test_an_include_that_includes_itself_ends(tmp_path):
    found = locked(tmp_path, "requirements.txt", "-r requirements.txt\nnumpy==1.0\n")

    assert found.packages == {"numpy": "==1.0"}


UV = """
version = 1
requires-python = "==3.11.*"

[[package]]
name = "mine"
version = "0.1"
source = { virtual = "." }

[[package]]
name = "numpy"
version = "1.26.4"
source = { registry = "https://host/simple" }
resolution-markers = ["python_full_version < '3.10'"]

[[package]]
name = "numpy"
version = "2.1.3"
source = { registry = "https://host/simple" }
resolution-markers = ["python_full_version >= '3.10'"]

[[package]]
name = "forked"
version = "1.0"
source = { git = "https://host/forked" }
"""


def test_uv_lock(tmp_path):
    found = locked(tmp_path, "uv.lock", UV)

    assert (found.kind, found.packages, found.python) == ("uv.lock", {"numpy": "==2.1.3"}, "3.11")
    assert found.unusable == ["forked (git)"]


def test_pylock(tmp_path):
    found = locked(
        tmp_path,
        "pylock.prod.toml",
        'lock-version = "1.0"\nrequires-python = ">=3.11"\n[[packages]]\nname = "Scikit_Learn"\nversion = "1.5.2"\n'
        '[[packages]]\nname = "tool"\nversion = "1"\nmarker = "sys_platform == \'plan9\'"\n'
        '[[packages]]\nname = "mine"\ndirectory = {path = "."}\n',
    )

    assert (found.packages, found.python, found.unusable) == (
        {"scikit-learn": "==1.5.2"},
        None,
        ["mine"],
    )


def test_poetry_lock(tmp_path):
    found = locked(
        tmp_path,
        "poetry.lock",
        '[[package]]\nname = "joblib"\nversion = "1.2.0"\n[[package]]\nname = "w"\nversion = "1"\nmarkers = "os_name == \'plan9\'"\n'
        '[[package]]\nname = "fork"\nversion = "1"\n[package.source]\ntype = "git"\nurl = "x"\n'
        '[metadata]\npython-versions = "~3.11"\nlock-version = "2.0"\n',
    )

    assert (found.packages, found.unusable) == ({"joblib": "==1.2.0"}, ["fork (git)"])


def test_pipfile_lock(tmp_path):
    table = {
        "_meta": {"requires": {"python_version": "3.10"}},
        "default": {
            "scikit-learn": {"version": "==1.2.2", "markers": "python_version >= '3.8'"},
            "fork": {"git": "x", "ref": "y"},
        },
        "develop": {"pytest": {"version": "==8.0"}},
    }
    found = locked(tmp_path, "Pipfile.lock", json.dumps(table))

    assert (found.packages, found.python, found.unusable) == (
        {"scikit-learn": "==1.2.2"},
        "3.10",
        ["fork (git)"],
    )


def test_environment_yml_takes_pip_and_says_what_it_cannot_use(tmp_path):
    found = locked(
        tmp_path,
        "environment.yml",
        "name: x\ndependencies:\n  - python=3.11\n  - conda-forge::scikit-learn=1.2.2=py311_0\n  - numpy=1.26\n  - cudatoolkit=11\n"
        "  - pip\n  - pip:\n    - joblib==1.2.0\n    - git+https://host/x\n",
    )

    assert found.packages == {"scikit-learn": "==1.2.2", "numpy": "==1.26.*", "joblib": "==1.2.0"}
    assert found.python == "3.11"
    assert found.unusable == [
        "conda's build of scikit-learn 1.2.2 (the index's is measured)",
        "conda's build of numpy 1.26 (the index's is measured)",
        "conda package cudatoolkit=11",
        "conda package pip",
        "git+https://...",
    ]


def test_what_conda_writes(tmp_path):
    found = locked(
        tmp_path,
        "environment.yml",
        "dependencies:\n  - python >=3.10,<3.12\n  - scipy==1.11\n  - numpy 1.26.4\n  - pandas>=2.0,<3\n  - pip:\n      joblib==1.2.0\n",
    )

    assert found.packages == {
        "scipy": "==1.11",
        "numpy": "==1.26.4",
        "pandas": "<3,>=2.0",
        "joblib": "==1.2.0",
    }
    assert found.python is None


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


def test_versions_are_compared_as_versions():
    assert same_version("1.9", "1.9.0")
    assert not same_version("1.9", "1.10")
