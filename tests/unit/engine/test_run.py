"""The run of a plan: what is missing is measured, once, and every fault ends it in order."""

from __future__ import annotations

import threading

import pytest
from builders_engine import A, B, identity_of, plan_in

from crossload.engine.interfaces import Stopped
from crossload.errors import EnvironmentPinsError, EnvironmentUnavailable, HarnessFault
from crossload.store.store import Store


def ops(executor):
    return [(op, env_id) for op, env_id, _, _ in executor.jobs]


def test_all_environments_save_and_load_what_all_have_saved(bench):
    found = bench()
    run = found.run()

    assert found.outcomes() == {(A, A): "ok", (A, B): "ok", (B, A): "ok", (B, B): "ok"}
    assert (run.saved, run.loaded, run.measured, run.out_of_time) == (2, 4, 6, False)
    assert sorted(found.executor.built) == [A, B]
    assert found.progress.starts == [(4, 4)]
    assert sorted(found.progress.outcomes) == [
        (A, A, "ok"),
        (A, B, "ok"),
        (B, A, "ok"),
        (B, B, "ok"),
    ]
    assert found.progress.saves == 2
    assert found.executor.closed == 0


def test_the_newest_environment_is_prepared_first(bench):
    found = bench()
    found.run()

    assert found.executor.built == [B, A]


def test_what_is_known_is_not_measured_again(bench):
    bench().run()
    second = bench()
    second.executor.there = {A: identity_of(A), B: identity_of(B)}
    run = second.run()

    assert run.measured == 0
    assert second.executor.jobs == []
    assert second.progress.starts == [(4, 0)]


def test_what_was_measured_elsewhere_is_not_built_here(bench):
    bench().run()
    second = bench()
    second.identify()

    second.run()

    assert second.executor.built == []
    assert second.executor.jobs == []


def test_a_reader_that_is_known_from_elsewhere_is_built_before_it_loads(bench):
    first = bench()
    first.executor.answers["load", B, "forest"] = EnvironmentUnavailable(f"{B}: no libraries")
    first.run()
    second = bench()
    second.identify()
    second.run()

    assert second.executor.built == [B]
    assert ops(second.executor) == [("load", B)]
    assert set(second.outcomes().values()) == {"ok"}


def test_an_environment_that_is_another_than_was_recorded_measures_all_of_its_own_anew(bench):
    first = bench()
    first.executor.answers["load", B, "forest"] = EnvironmentUnavailable(f"{B}: no libraries")
    first.run()
    second = bench()
    second.identify()
    second.executor.builds[B] = identity_of(B, python="3.11.10")
    second.run()

    assert ops(second.executor)[0] == ("save", B)
    assert set(second.outcomes().values()) == {"ok"}
    assert second.ledger.identities[B].python == "3.11.10"


@pytest.mark.parametrize("kind", [EnvironmentUnavailable, EnvironmentPinsError])
def test_an_environment_that_cannot_be_had_leaves_the_others_their_outcomes(bench, kind):
    found = bench()
    error = kind(f"{B}: there is no such thing", hint="look again")
    found.executor.builds[B] = error

    run = found.run()

    assert found.outcomes() == {(A, A): "ok", (A, B): None, (B, A): None, (B, B): None}
    assert found.ledger.failures == {B: "there is no such thing (look again)"}
    assert found.progress.notes == [f"NO ENVIRONMENT {B}: there is no such thing (look again)"]
    assert run.bad_pins == ([error] if kind is EnvironmentPinsError else [])
    again = bench()
    again.ledger.recall_failure(B)
    assert again.ledger.failures == {B: "there is no such thing (look again)"}


def test_a_fault_ends_the_run_and_all_that_it_started(bench):
    found = bench()
    found.executor.answers["save", B, "forest"] = HarnessFault("the worker speaks in tongues")

    with pytest.raises(HarnessFault, match="in tongues"):
        found.run()
    assert found.executor.closed == 1
    assert found.store.claim(B) is not None


def test_other_threads_give_up_when_one_meets_a_fault(bench):
    found = bench(slots=2)
    both, seen = threading.Barrier(2, timeout=20), []

    def before_job(environment, op):
        both.wait()
        if environment.id == B:
            raise HarnessFault("the first fault")

    found.executor.before_job = before_job
    real = found.executor.run_job

    def run_job(environment, op, items, *, stopped, **more):
        try:
            real(environment, op, items, stopped=lambda: wait_for(stopped), **more)
        except Stopped:
            seen.append(environment.id)
            raise

    def wait_for(stopped):
        while not stopped():
            threading.Event().wait(0.005)
        return True

    found.executor.run_job = run_job
    with pytest.raises(HarnessFault, match="the first fault"):
        found.run()
    assert seen == [A]


def test_a_run_that_nobody_waits_for_is_interrupted(bench):
    found = bench()
    gone = threading.Event()
    found.executor.before_job = lambda *_: gone.wait(20)
    # who waits for the job lets it go once the run is being ended
    close = found.executor.close
    found.executor.close = lambda: (gone.set(), close())

    answers = iter([False, True])
    with pytest.raises(KeyboardInterrupt):
        found.run(is_abandoned=lambda: next(answers))
    assert found.executor.closed == 1


def test_when_the_time_is_up_nothing_more_is_begun(bench):
    found = bench()
    run = found.run(seconds=-1.0)

    assert run.out_of_time
    assert (run.measured, found.executor.jobs) == (0, [])


def test_the_most_valuable_cells_are_measured_first(bench, tmp_path):
    found = bench(plan=plan_in(tmp_path, ("1.0", "1.1"), "forest", "ridge"))
    found.identify()

    def value(cell):
        return 9.0 if (cell.case.recipe, cell.writer, cell.reader) == ("ridge", A, A) else 1.0

    found.run(value=value)

    assert found.executor.built[0] == A
    settled = found.progress.outcomes
    assert settled[0] == (A, A, "ok")
    # it is loaded before anything waits for the other environment
    assert ops(found.executor)[:2] == [("save", A), ("load", A)]
    assert len(settled) == 8


def test_idle_environments_are_let_go_of_after_each_task(bench):
    found = bench()
    found.run()

    assert len(found.executor.released) == len(found.executor.jobs)
    assert found.executor.released[-1] == set()


def test_an_environment_that_another_run_works_in_is_waited_for(bench, tmp_path):
    found = bench()
    other = Store(tmp_path / "store")
    held = other.claim(B)

    def before_job(environment, op):
        if environment.id == A and op == "load":
            held.release()

    found.executor.before_job = before_job
    found.run()

    assert found.executor.built == [A, B]
    assert set(found.outcomes().values()) == {"ok"}


def test_what_another_run_has_measured_meanwhile_is_taken_over(bench):
    found = bench()
    found.identify()
    other = bench()
    other.identify()
    held = found.store.claim(B)
    other_cells = [cell for cell in other.plan.cells if cell.writer == B]

    def before_job(environment, op):
        if environment.id == A and op == "save":
            case = other_cells[0].case
            key = other.ledger.save_key(B, case)
            other.executor.run_job(
                other.plan.environments[1],
                "save",
                [{"key": key, "recipe": case.recipe, "format": case.format}],
                isolate=False,
                stopped=lambda: False,
                on_outcome=lambda record, journal: None,
            )
            held.release()

    found.executor.before_job = before_job
    found.run()

    assert ("save", B) not in ops(found.executor)
    assert set(found.outcomes().values()) == {"ok"}


@pytest.mark.parametrize("value", [None, lambda cell: 2.0 if cell.reader == B else 1.0])
def test_a_load_waits_for_the_reader_that_another_run_holds(bench, tmp_path, value):
    found = bench()
    found.identify()
    for cell in found.plan.cells:
        found.put(cell)
    found.executor.there = {A: identity_of(A), B: identity_of(B)}
    held = Store(tmp_path / "store").claim(B)
    found.executor.before_job = lambda environment, op: held.release()

    found.run(value=value)

    # by its value the other would be the first
    assert ops(found.executor) == [("load", A), ("load", B)]


def test_a_run_waits_where_another_is_at_all_that_is_left(bench, tmp_path, monkeypatch):
    found = bench()
    found.identify()
    for cell in found.plan.cells:
        found.put(cell, load={} if cell.reader == A else None)
    found.executor.there = {A: identity_of(A), B: identity_of(B)}
    held, claim, refused = Store(tmp_path / "store").claim(B), found.store.claim, []

    def claim_then_release(name):
        lock = claim(name)
        if lock is None:
            refused.append(name)
            held.release()
        return lock

    monkeypatch.setattr(found.store, "claim", claim_then_release)
    found.run(value=lambda cell: 1.0)

    assert refused[0] == B
    assert set(found.outcomes().values()) == {"ok"}


def test_loads_that_another_run_did_meanwhile_are_not_done_again(bench):
    found, other = bench(), bench()
    for each in (found, other):
        each.identify()
        for cell in each.plan.cells:
            each.put(cell)
    found.executor.there = other.executor.there = {A: identity_of(A), B: identity_of(B)}
    other.run()
    found.run()

    assert len(ops(other.executor)) == 2
    assert ops(found.executor) == []
    assert set(found.outcomes().values()) == {"ok"}


def test_a_run_can_be_asked_for_more_cells(bench):
    found = bench()
    run = found.run(cells=[cell for cell in found.plan.cells if cell.writer == cell.reader == A])
    assert (run.saved, run.loaded, found.executor.built) == (1, 1, [A])

    run.execute(found.plan.cells)

    assert (run.saved, run.loaded, found.executor.built) == (2, 4, [A, B])


def test_a_thread_that_waits_for_work_ends_when_another_meets_a_fault(bench, tmp_path):
    found = bench(plan=plan_in(tmp_path, ("1.0",)), slots=2)

    def before_job(environment, op):
        threading.Event().wait(0.05)  # the other thread has nothing to do meanwhile
        raise HarnessFault("a fault")

    found.executor.before_job = before_job
    with pytest.raises(HarnessFault, match="a fault"):
        found.run()
    assert len(found.executor.jobs) == 1
