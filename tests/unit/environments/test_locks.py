"""Locks are made as of their time, for a Python that is here, and used as long as they mean it."""

from __future__ import annotations

import sys
from datetime import date

import pytest
from builders_environments import LOCK, FakeInterpreters, FakeUv, environment, locker, row

from crossload.environments import Locker, Project, read_lock
from crossload.environments.uv import UvFailure, UvOffline
from crossload.errors import (
    EnvironmentPinsError,
    EnvironmentUnavailable,
    IndexUnavailable,
    NoWheels,
)

NUMPY = [row("1.0", "2024-06-01")]


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


@pytest.fixture
def making(tmp_path, monkeypatch):
    """Give a function that makes a locker and the uv that it asks."""

    def make(*minors, refuses=lambda call: False, **packages):
        uv = FakeUv(refuses)
        monkeypatch.setattr("crossload.environments.resolve.run_uv", uv)
        found = locker(tmp_path, *minors, **({"numpy": NUMPY} | packages))
        said = []
        found.say = said.append
        return found, uv, said

    return make


def test_a_new_lock_is_committed_and_found_the_next_time(making, tmp_path):
    found, uv, said = making("3.12", "3.9")
    wanted = environment("numpy==1.0")
    lock = found.lock(wanted)

    assert lock.path == tmp_path / "matrix" / "locks" / "e.txt"
    assert (lock.python, lock.as_of) == ("3.12", "2024-07-31")
    assert lock.inputs == wanted.inputs_digest
    assert said == ["locked e: Python 3.12, as of 2024-07-31"]
    assert found.lock(wanted) == lock
    assert len(uv.calls) == 1


def test_a_lock_is_made_anew_where_that_is_wanted(making):
    found, uv, _ = making("3.12")
    wanted = environment("numpy==1.0")
    before = found.lock(wanted)
    uv.text = "numpy==1.0 \\\n    --hash=sha256:99\n"

    after = found.lock(wanted, refresh=True)

    assert after.path == before.path
    assert after.digest != before.digest


def test_a_committed_lock_of_a_python_that_is_not_here_stays_as_it_is(making, tmp_path):
    wanted = environment("numpy==1.0")
    path = tmp_path / "matrix" / "locks" / "e.txt"
    path.parent.mkdir(parents=True)
    path.write_text(LOCK.replace("abc", wanted.inputs_digest))
    before = path.read_text()
    found, _, _ = making("3.9")
    lock = found.lock(wanted)

    assert lock.path == tmp_path / ".crossload" / "locks" / "e.py3.9.txt"
    assert path.read_text() == before
    assert found.existing(wanted) == lock


def test_a_lock_of_one_platform_says_so_in_name_and_header(making):
    found, _, _ = making("3.12", refuses=lambda call: "--universal" in call["options"])
    lock = found.lock(environment("numpy==1.0"))

    assert lock.path.name == f"e.{sys.platform}.txt"
    assert f"# platform: {sys.platform}" in lock.text


def test_an_older_python_is_tried_where_the_newest_has_no_solution(making):
    found, uv, _ = making(
        "3.12", "3.9", "3.8", refuses=lambda call: call["--python-version"] == "3.12"
    )
    lock = found.lock(environment("numpy==1.0"))

    assert lock.python == "3.9"
    assert all("--only-binary" in call["options"] for call in uv.calls)


def _lacks_wheels(call):
    """Refuse as uv does where a package has source distributions alone."""
    text = "Because numpy==1.0 has no usable wheels and you require numpy==1.0, we can conclude"
    return UvFailure(text) if "--no-binary" not in call["options"] else False


def test_sources_are_built_only_where_no_python_has_wheels(making):
    found, uv, _ = making("3.12", "3.9", refuses=_lacks_wheels)
    lock = found.lock(environment("numpy==1.0", build=("NumPy",)))

    assert lock.python == "3.12"
    assert {call["--python-version"] for call in uv.calls[:-1]} == {"3.12", "3.9"}


def test_nothing_is_built_unless_somebody_agreed(making):
    found, uv, _ = making("3.12", "3.9", refuses=_lacks_wheels)

    with pytest.raises(EnvironmentPinsError) as caught:
        found.lock(environment("numpy==1.0", build=("other",)))
    assert "--build numpy" in caught.value.hint
    assert 'build = ["numpy"]' in caught.value.hint
    assert not any("--no-binary" in call["options"] for call in uv.calls)


def test_nothing_is_built_where_only_wheels_are_wanted(making):
    found, uv, _ = making("3.12", refuses=lambda call: "--only-binary" in call["options"])

    with pytest.raises(EnvironmentPinsError):
        found.lock(environment("numpy==1.0", wheels_only=True))
    assert all("--only-binary" in call["options"] for call in uv.calls)


def test_pins_without_a_solution_give_uv_s_words(making):
    found, _, _ = making("3.12", refuses=lambda call: True)

    with pytest.raises(EnvironmentPinsError) as caught:
        found.lock(environment("numpy==1.0"))
    assert "e: the pins cannot be resolved as of 2024-07-31" in str(caught.value)
    assert "no solution for numpy==1.0" in str(caught.value)


def test_what_constraints_name_may_be_newer_than_the_pins(making):
    early = "2024-08-01T00:00:00Z"
    found, uv, _ = making("3.12", refuses=lambda call: call["--exclude-newer"] == early)
    lock = found.lock(environment("numpy==1.0", constraints=("pandas<3",)))

    assert lock.as_of == "2026-01-01"
    assert uv.calls[0]["--exclude-newer"] == "2024-08-01T00:00:00Z"


def test_extras_that_did_not_exist_then_are_left_out_and_named(making):
    found, uv, said = making(
        "3.12",
        pandas=[row("2.0", "2020-01-01")],
        skops=[row("0.1", "2025-01-01"), row("0.2", "2025-06-01")],
        mine=[row("1.0", "")],
    )
    lock = found.lock(environment("numpy==1.0", extras=("pandas", "skops>=0.1", "mine")))

    assert lock.left_out == (
        "skops>=0.1 (no release before 2024-07-31)",
        "mine (no release before 2024-07-31)",
    )
    assert uv.calls[0]["requires"] == ["numpy==1.0", "pandas"]
    assert said[0].endswith("; without mine (no release before 2024-07-31)")


def test_pins_that_no_python_of_their_time_has_wheels_of_are_named(making):
    found, _, _ = making("3.12", numpy=[row("1.0", "2024-06-01", tags=("cp27-cp27m-any",))])

    with pytest.raises(NoWheels, match="has wheels of numpy 1.0 for this platform"):
        found.lock(environment("numpy==1.0"))


class Installing(FakeInterpreters):
    """uv installs what is asked for."""

    def __init__(self, *minors, installs):
        super().__init__(*minors)
        self.installs, self.asked = installs, []

    def get(self, minor):
        self.asked.append(minor)
        return super().get(minor) or (FakeInterpreters(minor).get(minor) if self.installs else None)


def test_a_python_that_uv_installs_will_do(making):
    found, _, _ = making()
    found.interpreters = Installing(installs=True)
    wanted = environment("numpy==1.0", python="3.9")
    lock = found.lock(wanted)

    assert lock.python == "3.9"
    assert found.existing(wanted) == lock


def test_no_python_is_installed_where_a_lock_has_one_that_is_here(making):
    found, _, _ = making("3.12")
    lock = found.lock(environment("numpy==1.0"))
    found.interpreters = Installing("3.12", installs=True)

    assert found.lock(environment("numpy==1.0")) == lock
    assert found.interpreters.asked == []


def test_pins_whose_days_nobody_knows_are_resolved_as_of_today(making):
    found, _, _ = making("3.12", numpy=[row("1.0", "")])

    assert found.lock(environment("numpy==1.0")).as_of == "2026-01-01"


class Deaf:
    """An index that does not answer."""

    def release(self, package, version):
        raise IndexUnavailable(f"no answer for {package}", hint="check the network")


def test_an_index_that_does_not_answer_makes_the_environment_unavailable(tmp_path):
    found = Locker(Project(tmp_path), FakeInterpreters("3.12"), Deaf(), today=date(2026, 1, 1))

    with pytest.raises(EnvironmentUnavailable, match="e: no answer for numpy") as caught:
        found.lock(environment("numpy==1.0"))
    assert caught.value.hint == "check the network"


def test_without_a_network_no_lock_is_written(making, tmp_path):
    found, _, _ = making("3.12", "3.9", refuses=lambda call: UvOffline("Failed to fetch"))

    with pytest.raises(EnvironmentUnavailable, match="cannot be reached: Failed to fetch"):
        found.lock(environment("numpy==1.0"))
    assert read_lock(tmp_path / "matrix" / "locks" / "e.txt") is None
