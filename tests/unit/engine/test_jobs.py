"""Jobs: what may be chance is measured again by itself before it is believed."""

from __future__ import annotations

import pytest
from builders_engine import CORRUPT, CRASH, FAILED, A, B, identity_of, plan_in

from crossload.engine import jobs
from crossload.engine.interfaces import Stopped
from crossload.errors import EnvironmentUnavailable


def alone(executor):
    return [(op, env_id) for op, env_id, _, isolate in executor.jobs if isolate]


def measured(found, **more):
    found.identify()
    return found.run(**more)


def test_what_is_well_is_measured_once(bench):
    found = bench()
    measured(found)

    assert alone(found.executor) == []


def test_a_crash_of_a_load_is_measured_again_by_itself(bench):
    found = bench()
    found.executor.answers["load", B, "forest"] = CRASH
    run = measured(found)

    records = [found.ledger.load(cell) for cell in found.plan.cells if cell.reader == B]
    assert [(each["status"], each["confirm"]) for each in records] == [("crash", True)] * 2
    assert alone(found.executor) == [("load", B)]
    assert run.loaded == 6


def test_a_crash_that_does_not_come_again_was_none(bench):
    found = bench()
    # the two loads of one job, then the repeat
    found.executor.answers["load", B, "forest"] = [CRASH, CRASH, {}]
    measured(found)

    assert set(found.outcomes().values()) == {"ok"}
    cell = next(cell for cell in found.plan.cells if cell.reader == B)
    assert found.ledger.load(cell)["first"]["status"] == "crash"


@pytest.mark.parametrize("op", ["save", "load"])
def test_a_crash_that_a_killed_run_had_seen_is_measured_once_more_and_by_itself(bench, op):
    found = bench()
    seen = [CRASH] * (2 if op == "load" else 1)
    found.executor.answers[op, B, "forest"] = [*seen, Stopped(), CRASH]
    measured(found)
    done = len(found.executor.jobs)

    measured(found)

    again = [job for job in found.executor.jobs[done:] if job[:2] == (op, B)]
    assert [isolate for *_, isolate in again] == [True]


def test_a_save_that_crashed_is_offered_to_readers_only_when_it_was_repeated(bench):
    found = bench()
    found.executor.answers["save", A, "forest"] = [CRASH, {}]
    run = measured(found)

    assert ("save", A) in alone(found.executor)
    assert set(found.outcomes().values()) == {"ok"}
    # a crash, and two saves by themselves that agree
    assert run.saved == 4


def test_a_save_that_answers_otherwise_each_time_is_no_outcome(bench):
    found = bench()
    timeout = {**CRASH, "status": "timeout"}
    found.executor.answers["save", A, "forest"] = [CRASH, timeout, {}, FAILED]
    measured(found)

    assert alone(found.executor).count(("save", A)) == 2
    assert {found.outcomes()[A, A], found.outcomes()[A, B]} == {None}


def test_a_save_that_crashes_twice_is_the_outcome_of_its_cells(bench):
    found = bench()
    found.executor.answers["save", A, "forest"] = CRASH
    measured(found)

    assert found.outcomes() == {(A, A): None, (A, B): None, (B, A): "ok", (B, B): "ok"}
    # told once, although it was measured twice
    assert found.progress.outcomes.count((A, B, "crash")) == 1


def test_a_save_that_fails_is_the_outcome_of_all_its_readers(bench):
    found = bench()
    found.executor.answers["save", A, "forest"] = FAILED
    measured(found)

    assert {each for each in found.progress.outcomes if each[0] == A} == {
        (A, A, "error"),
        (A, B, "error"),
    }
    assert alone(found.executor) == []


def test_a_drift_is_told_and_measured_again_by_itself(bench):
    found = bench()
    measured(found, suspicious=lambda cell, saved, loaded: (cell.writer, cell.reader) == (A, B))

    assert found.progress.drifts == [(A, B)]
    assert alone(found.executor) == [("load", B)]
    cell = next(each for each in found.plan.cells if (each.writer, each.reader) == (A, B))
    assert found.ledger.load(cell)["first"] == {"status": "ok", "outputs": {"predict": "d1"}}


def test_a_drift_is_not_asked_of_what_failed(bench):
    found = bench()
    found.executor.answers["load", B, "forest"] = FAILED
    asked = []
    measured(found, suspicious=lambda cell, *_: asked.append(cell.reader))

    assert asked == [A, A]


def test_a_sample_is_measured_again_whatever_it_gave(bench, monkeypatch):
    monkeypatch.setattr(jobs, "SAMPLE", 1)
    found = bench()
    run = measured(found)

    assert run.loaded == 8
    assert set(alone(found.executor)) == {("load", A), ("load", B)}
    # the repeats are not told as outcomes once more
    assert len(found.progress.outcomes) == 4


def test_what_the_reader_cannot_do_is_not_repeated(bench, monkeypatch):
    monkeypatch.setattr(jobs, "SAMPLE", 1)
    found = bench()
    found.executor.answers["load", B, "forest"] = {"status": "na", "outputs": {}, "kept": None}
    measured(found)

    assert set(alone(found.executor)) == {("load", A)}


def test_an_artifact_that_was_damaged_on_disk_is_saved_anew_by_the_next_run(bench):
    first = bench()
    first.executor.answers["load", B, "forest"] = CORRUPT
    measured(first)

    assert alone(first.executor) == []  # the same file would give the same
    assert "is not what was saved" in first.store.damage_notes[0]
    second = bench()
    measured(second)
    assert {op for op, *_ in second.executor.jobs} == {"save", "load"}
    assert set(second.outcomes().values()) == {"ok"}


def test_a_save_is_written_by_a_format_of_its_saver(bench, tmp_path):
    # a load by memory map needs no save of its own
    found = bench(plan=plan_in(tmp_path, form=("pickle", "joblib", "joblib-mmap")))
    run = measured(found)

    assert run.saved == 2 * 2
    assert run.loaded == 3 * 4
    assert {load["status"] for load in map(found.ledger.load, found.plan.cells)} == {"ok"}


def test_where_jobs_are_to_be_small_few_recipes_are_saved_at_a_time(bench, tmp_path):
    names = [f"r{number}" for number in range(6)]
    found = bench(plan=plan_in(tmp_path, ("1.0",), *names), small_jobs=True)
    measured(found)

    saves = [recipes for op, _, recipes, _ in found.executor.jobs if op == "save"]
    assert saves == [names[:4], names[4:]]


def test_libraries_that_cannot_be_imported_end_the_loads_of_an_environment(bench):
    found = bench()
    found.executor.answers["load", B, "forest"] = EnvironmentUnavailable(f"{B}: no numpy")
    run = measured(found)

    assert found.ledger.failures == {B: "no numpy"}
    assert found.outcomes() == {(A, A): "ok", (A, B): None, (B, A): "ok", (B, B): None}
    assert run.bad_pins == []


def test_what_an_environment_is_becomes_known_to_other_machines(bench):
    measured(bench())
    again = bench()

    known = [each.facts for each in again.store.reader.by_kind["environment"].values()]
    assert {(each["id"], each["lock"]) for each in known} == {
        (env_id, identity_of(env_id).lock) for env_id in (A, B)
    }
