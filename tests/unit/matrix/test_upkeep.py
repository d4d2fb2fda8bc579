"""The upkeep of matrices: locks, newer versions, single environments."""

from __future__ import annotations

import pytest
from builders_engine import A, B
from builders_environments import FakeInterpreters, FakeUv, index_with, row

from crossload.environments import read_lock
from crossload.errors import (
    ConfigError,
    EnvironmentPinsError,
    EnvironmentUnavailable,
    SelectionError,
)
from crossload.matrix import upkeep

RELEASES = [row("1.0", "2021-09-24"), row("1.1", "2022-05-12")]


@pytest.fixture
def uv(small, monkeypatch):
    """Give the uv that resolves locks; Python 3.9 is here, and the index knows scikit-learn."""
    found = FakeUv()
    monkeypatch.setattr("crossload.environments.resolve.run_uv", found)
    monkeypatch.setattr(upkeep, "Interpreters", lambda say: FakeInterpreters("3.9"))
    index_with(_made(small.project.work), **{"scikit-learn": RELEASES})
    return found


def _made(folder):
    folder.mkdir(exist_ok=True)
    return folder


def test_all_locks_are_made_anew(small, uv):
    upkeep.refresh_locks(small.project, [], [], say=small.said.append)

    assert small.said[-1] == "2 of 2 environments locked"
    assert len(uv.calls) == 2
    locks = [read_lock(small.project.locks / f"{each}.txt") for each in (A, B)]
    assert [lock.python for lock in locks] == ["3.9", "3.9"]
    assert [lock.inputs for lock in locks] == [
        each.inputs_digest for each in small.environments.values()
    ]


def test_selectors_choose_what_is_locked(small, uv):
    upkeep.refresh_locks(small.project, ["small"], ["sklearn>=1.1"], say=small.said.append)

    assert small.said[-1] == "1 of 1 environments locked"
    assert read_lock(small.project.locks / f"{A}.txt").python == "3.11"  # as it was


def test_a_selector_that_means_nothing_is_named(small, uv):
    with pytest.raises(SelectionError, match="sklearn-7"):
        upkeep.refresh_locks(small.project, [], ["sklearn-7"], say=print)
    with pytest.raises(ConfigError, match="no such matrix"):
        upkeep.refresh_locks(small.project, ["smal"], [], say=print)


def test_pins_that_cannot_be_are_raised_after_all_others(small, uv, monkeypatch):
    def lock(self, environment, *, refresh):
        assert refresh
        if environment.id == A:
            raise EnvironmentUnavailable("no network")
        raise EnvironmentPinsError("no such release")

    monkeypatch.setattr(upkeep.Locker, "lock", lock)

    with pytest.raises(EnvironmentPinsError):
        upkeep.refresh_locks(small.project, [], [], say=small.said.append)
    assert sorted(small.said) == [
        "0 of 2 environments locked",
        "NOT LOCKED no network",
        "NOT LOCKED no such release",
    ]


def test_newer_releases_are_proposed(small, uv):
    rows = [
        row("0.24.2", "2021-01-01"),
        row("1.0", "2021-09-24"),
        row("1.0.2", "2021-12-25"),
        row("1.0.3", "2021-12-26") | {"yanked": True},
        row("1.1", "2022-05-12"),
        row("1.2.0", "2022-12-08"),
        row("1.2.1", "2023-01-24"),
        row("2.0", "2024-01-24"),
    ]
    index_with(small.project.work, **{"scikit-learn": rows})
    upkeep.propose_versions(small.project, [], say=small.said.append)

    assert small.said == [
        "small: scikit-learn",
        "  newer patch releases: 1.0 -> 1.0.2",
        "  newer minor releases: 1.2.1, 2.0",
    ]


def test_that_there_are_no_newer_releases_is_said(small, uv):
    upkeep.propose_versions(small.project, ["small"], say=small.said.append)

    assert small.said[1:] == ["  newer patch releases: none", "  newer minor releases: none"]


def test_an_environment_that_stands_is_given(small, uv):
    found = upkeep.build_one(small.project, A, say=print)

    assert found.folder == small.project.environment(A)
    assert uv.calls == []


def test_an_environment_that_does_not_stand_is_built(small, uv, monkeypatch):
    built = []

    def build(environment, lock, interpreter, project):
        built.append((environment.id, lock.python, interpreter.version, project))
        return "built"

    monkeypatch.setattr(upkeep, "build", build)
    small.project.environment(A).rename(small.root / "gone")

    # the lock is for Python 3.11, which is not here: another is made beside it
    assert upkeep.build_one(small.project, A, say=small.said.append) == "built"
    assert built == [(A, "3.9", "3.9.1", small.project)]
    assert small.said == [f"locked {A}: Python 3.9, as of 2021-11-23"]


def test_an_environment_whose_python_is_not_here_is_named(small, uv, monkeypatch):
    lock = read_lock(small.project.locks / f"{A}.txt")
    monkeypatch.setattr(upkeep.Locker, "lock", lambda self, environment: lock)
    small.project.environment(A).rename(small.root / "gone")

    with pytest.raises(EnvironmentUnavailable, match="Python 3.11 is not installed") as caught:
        upkeep.build_one(small.project, A, say=print)
    assert caught.value.hint == "uv python install 3.11"


@pytest.mark.parametrize(
    ("env_id", "message"),
    [("sklearn-7", "sklearn-7"), ("sklearn-*", "is a pattern, not an environment")],
)
def test_one_environment_has_to_be_named(small, uv, env_id, message):
    with pytest.raises(SelectionError, match=message):
        upkeep.build_one(small.project, env_id, say=print)
