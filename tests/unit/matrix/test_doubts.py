"""Environments that were changed: what they measured since they were seen good is taken back."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import pytest
from builders_engine import A

from crossload.environments import doubts_of
from crossload.environments.stamp import STAMP, ended, read_stamp, write_stamp
from crossload.errors import HarnessFault


def damage(small, env_id=A):
    (small.project.environment(env_id) / "new.py").write_text("import os")


def seen_good(small, env_id=A, at=1):
    """Say when an environment was last seen to be good, in nanoseconds."""
    os.utime(small.project.environment(env_id) / STAMP, ns=(at, at))


def rebuilding(small, machine):
    """Let the executor build environments that are changed, as `build` does."""

    def build(executor, environment):
        executor.built.append(environment.id)
        folder = small.project.environment(environment.id)
        spans = ended(doubts_of(environment, small.project), time.time_ns())
        (folder / "new.py").unlink(missing_ok=True)
        small.build(environment.id)
        write_stamp(folder, replace(read_stamp(folder), doubts=spans))
        return type(executor).built_identity(executor, environment)

    machine.build = build
    return machine


def test_an_environment_that_was_changed_is_built_anew_and_measures_again(small, store, machine):
    rebuilding(small, machine)
    small.run(store)
    measured = len(machine.jobs)
    damage(small)
    seen_good(small)
    small.said.clear()
    _, errors = small.run(store)

    assert errors == []
    assert machine.executors[-1].built == [A]
    again = machine.jobs[measured:]
    assert {job[:2] for job in again} == {("save", A), ("load", A)}
    assert small.said[0] == (
        f"{A} was changed after it was built: it is built anew,"
        " 6 outcomes since it was last seen good are measured again"
    )
    assert small.summary()["counts"]["identical"] == 8


def test_what_was_measured_while_it_was_good_is_kept(small, store, machine):
    rebuilding(small, machine)
    small.run(store)
    measured = list(machine.jobs)
    damage(small)
    seen_good(small, at=time.time_ns())
    small.run(store)

    assert machine.jobs == measured
    assert machine.executors[-1].built == [A]


def test_an_environment_that_changes_while_it_measures_is_not_believed(small, store, machine):
    rebuilding(small, machine)
    calls = []

    def before_job(environment, op):
        if (environment.id, op) == (A, "load") and not calls:
            calls.append(1)
            damage(small)

    machine.before_job = before_job
    _, errors = small.run(store)

    assert errors == []
    assert [job for job in machine.jobs if job[:2] == ("save", A)] == [
        ("save", A, ["forest", "ridge"])
    ] * 2
    assert len(doubts_of(small.environments[A], small.project)) == 1
    assert small.summary()["complete"] is True


def test_one_that_changes_again_and_again_is_a_fault(small, store, machine):
    rebuilding(small, machine)
    machine.before_job = lambda environment, op: damage(small)

    with pytest.raises(HarnessFault, match="files change again and again"):
        small.run(store)
    assert not (small.project.reports / "small").exists()


def test_a_span_that_ended_is_taken_back_once(small, store, machine):
    rebuilding(small, machine)
    small.run(store)
    path = small.project.environment(A) / STAMP
    text = path.read_text().replace('"files"', f'"doubts": [[1, {time.time_ns()}]], "files"')
    path.write_text(text)
    measured = len(machine.jobs)
    small.run(store)
    assert len(machine.jobs) > measured

    measured = len(machine.jobs)
    small.run(store)
    assert len(machine.jobs) == measured
