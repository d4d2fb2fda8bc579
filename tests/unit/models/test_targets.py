"""The versions that users name: requirements and lock files."""

from __future__ import annotations

import sys

import pytest

from crossload.errors import ConfigError
from crossload.models.targets import OWN_PYTHON, of_lock, of_requirements, parse, same_version
from crossload.requirements import Locked


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
    found = parse("a==1 b==2 c==3", option="--to").with_packages({"a": "==9", "b": None})

    assert found.packages == {"a": "==9", "c": "==3"}


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
        f'[[package]]\nname = "numpy"\nversion = "{version}"\n'
        f'resolution-markers = ["python_full_version {marker}"]\n'
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


def test_versions_are_compared_as_versions():
    assert same_version("1.9", "1.9.0")
    assert not same_version("1.9", "1.10")
    assert same_version("unknown", "unknown")
    assert not same_version("unknown", "1.9")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("numpy\x00==2", "holds a sign that no version and no path has"),
        ("sklearn-1.9.1", r"names no version \(write scikit-learn==1\.9\.1\)"),
        ("tf-2.15", r"write tensorflow==1\.9\.1"),
        ("python>=3.11 numpy==2", "name one minor version of Python"),
        ("main:uv lock numpy==1", "not a requirement"),
    ],
)
def test_what_is_probably_meant_is_said(given, told):
    with pytest.raises(ConfigError, match=told):
        parse(given, option="--to")


def test_a_path_below_a_home_that_nobody_has_is_no_file():
    with pytest.raises(ConfigError, match="there is no such file"):
        parse("~nobody-of-this-name/requirements.txt", option="--to")


def test_a_name_longer_than_any_file_is_a_list_of_requirements():
    many = " ".join(f"package-number-n{chr(97 + index)}" for index in range(26)) * 20

    assert len(parse(many, option="--to").packages) > 25


@pytest.mark.parametrize(
    ("pythons", "minor"), [("^3.10", OWN_PYTHON), ("<3.9", "3.8"), ("?", OWN_PYTHON)]
)
def test_a_lock_is_read_for_our_python_or_the_newest_that_it_allows(pythons, minor, tmp_path):
    row = '[[package]]\nname = "numpy"\nversion = "1.24.4"\n'
    marker = "resolution-markers = [\"python_full_version >= '3.6'\"]\n"
    (tmp_path / "uv.lock").write_text(f'requires-python = "{pythons}"\n{row}{marker}')

    assert parse(str(tmp_path / "uv.lock"), option="--to").python == minor


def test_entries_that_cannot_be_used_are_noted_but_not_all_of_them():
    locked = Locked(kind="requirements", unusable=[f"entry {index}" for index in range(13)])

    notes = of_lock(locked, "r.txt").notes

    assert notes[0] == "r.txt: cannot use entry 0"
    assert notes[-1] == "r.txt: cannot use 3 more"
    assert len(notes) == 11


def test_addresses_are_no_releases():
    with pytest.raises(ConfigError, match="only releases of the package index"):
        of_requirements(["numpy==2", "x @ https://host/x.whl"], option="--to")


@pytest.mark.parametrize(
    "given", ["x @ https://me:secret@host/x.whl", "numpy==2 x @  git+https://me:secret@host/x"]
)
def test_addresses_on_the_command_line_are_told_without_their_passwords(given):
    with pytest.raises(ConfigError, match="only releases of the package index") as caught:
        parse(given, option="--to")
    assert "secret" not in str(caught.value)
