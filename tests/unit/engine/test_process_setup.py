"""Pinned processes get nothing of the caller's, and recorded texts name no path of a machine."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

from crossload.engine.process_setup import child_environment, recipe_control, scrub_words
from crossload.store.store import Store


def test_a_process_gets_nothing_of_the_caller_s_but_what_the_system_needs(tmp_path):
    caller = {
        "PYTHONPATH": "/mine",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SECRET_TOKEN": "s",
        "PATH": "/mine/bin",
        "HOME": "/home/me",
        "OMP_NUM_THREADS": "64",
        "SYSTEMROOT": r"C:\Windows",
    }
    found = child_environment(tmp_path, caller)

    assert not {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "SECRET_TOKEN"} & set(found)
    assert found["SYSTEMROOT"] == r"C:\Windows"
    assert found["PATH"] == os.defpath
    assert found["OMP_NUM_THREADS"] == "1"
    assert {found[name] for name in ("HOME", "TMPDIR", "TEMP", "TMP", "USERPROFILE")} == {
        str(tmp_path)
    }
    assert Path(found["KERAS_HOME"]).parent == tmp_path


def test_two_callers_give_the_same_environment(tmp_path):
    assert child_environment(tmp_path, {"LANG": "de_DE"}) == child_environment(tmp_path, {})


def test_a_process_is_told_recipes_formats_and_places_of_data():
    found = recipe_control(["a.py"], ["pickle"], {"iris": ("digest", Path("data") / "iris")})

    assert found == {
        "recipes": ["a.py"],
        "formats": ["pickle"],
        "data": {"iris": str(Path("data") / "iris")},
    }


def words(tmp_path, **more):
    store = Store(tmp_path / "project" / ".crossload" / "store")
    built = SimpleNamespace(folder=tmp_path / "project" / ".nox" / "env-e", python=tmp_path / "py")
    return scrub_words(built, store, store.scratch / "1", more)


def test_places_of_this_machine_have_words_the_longest_first(tmp_path):
    found = words(tmp_path, **{"/a/mine/place": "<mine>"})
    by_word = {word: path for path, word in found}

    assert by_word["<environment>"] == str(tmp_path / "project" / ".nox" / "env-e")
    assert by_word["<project>"] == str(tmp_path / "project")
    assert by_word["<mine>"] == "/a/mine/place"
    lengths = [len(path) for path, _ in found]
    assert lengths == sorted(lengths, reverse=True)


def test_a_root_has_no_word_because_it_would_stand_for_every_slash(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/")
    monkeypatch.setenv("USERPROFILE", "/")

    assert "<home>" not in {word for _, word in words(tmp_path)}


def test_variables_of_the_matrix_come_last(tmp_path):
    found = child_environment(tmp_path, {}, [("TF_USE_LEGACY_KERAS", "1")])

    assert found["TF_USE_LEGACY_KERAS"] == "1"
    assert found["HOME"] == str(tmp_path)
