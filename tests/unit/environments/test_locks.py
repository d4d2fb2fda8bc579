"""Locks are made as of their time, for a Python that is here, and used as long as they mean it."""

from __future__ import annotations

from datetime import date

import pytest
from builders_environments import LOCK, environment, locker, row

from crossload.environments.uv import UvOffline
from crossload.errors import EnvironmentPinsError, EnvironmentUnavailable


def test_dependencies_are_resolved_as_of_the_newest_pin(tmp_path):
    found = locker(tmp_path, numpy=[row("1.0", "2020-01-01")], pandas=[row("2.0", "2021-01-01")])

    assert found.as_of(environment("numpy==1.0", "pandas==2.0")) == date(2021, 3, 2)
    assert found.as_of(environment("numpy==1.0", as_of="2022-02-02")) == date(2022, 2, 2)
    assert found.as_of(environment("numpy==1.0", as_of="today")) == date(2026, 1, 1)
    assert found.as_of(environment("numpy==1.0", as_of="release+9999d")) == date(2026, 1, 1)


def test_the_newest_python_of_that_time_with_wheels_is_tried_first(tmp_path):
    found = locker(tmp_path, numpy=[row("1.0", "2020-01-01"), row("2.0", "2024-06-01")])

    assert found.pythons(environment("numpy==1.0"), date(2020, 3, 1)) == ["3.8"]
    assert found.pythons(environment("numpy==2.0"), date(2024, 7, 1)) == ["3.12", "3.9", "3.8"]
    assert found.pythons(environment("numpy==2.0", python="3.9"), date(2024, 7, 1)) == ["3.9"]


def test_a_version_that_does_not_exist_names_the_nearest(tmp_path):
    found = locker(tmp_path, "3.8", numpy=[row("1.0", "2020-01-01"), row("1.2", "2020-02-01")])

    with pytest.raises(EnvironmentPinsError, match=r"numpy==1.1: no such release") as caught:
        found.lock(environment("numpy==1.1"))

    assert "nearest: 1." in caught.value.hint


def test_a_missing_interpreter_is_the_machine_s_not_the_pins_fault(tmp_path):
    found = locker(tmp_path, "3.12", numpy=[row("1.0", "2020-01-01")])

    with pytest.raises(
        EnvironmentUnavailable, match="needs Python 3.8, which is not installed here"
    ):
        found.lock(environment("numpy==1.0"))


def test_a_committed_lock_is_used_as_long_as_it_means_the_environment(tmp_path):
    wanted = environment("numpy==1.26.4")
    (tmp_path / "matrix" / "locks").mkdir(parents=True)
    path = tmp_path / "matrix" / "locks" / "e.txt"
    path.write_text(LOCK.replace("abc", wanted.inputs_digest))
    found = locker(tmp_path, "3.12")

    assert found.lock(wanted).path == path
    assert found.existing(environment("numpy==1.26.5")) is None
    assert locker(tmp_path, "3.11").existing(wanted) is None


def test_pins_of_other_platforms_do_not_count():
    found = environment("numpy==1.0; sys_platform == 'nowhere'", "pandas==2.0", "scipy>=1")

    assert found.pins == {"pandas": "2.0"}


def test_an_index_that_does_not_answer_is_not_called_a_fault_of_the_pins(tmp_path, monkeypatch):
    said = (
        "error: Request failed after 3 retries\n  cause: Failed to fetch: https://x/simple/numpy/"
    )
    calls = []

    def offline(*arguments, **_):
        calls.append(arguments)
        raise UvOffline(said)

    monkeypatch.setattr("crossload.environments.resolve.run_uv", offline)
    found = locker(tmp_path, "3.8", numpy=[row("1.0", "2020-01-01")])
    with pytest.raises(EnvironmentUnavailable, match="the package index cannot be") as caught:
        found.lock(environment("numpy==1.0"))

    assert "HTTPS_PROXY" in caught.value.hint
    assert len(calls) == 1  # no other Python, no other pins are tried
