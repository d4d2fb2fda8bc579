"""The bookkeeping of a run: what is open, in which order, and how much in one job."""

from __future__ import annotations

import pytest
from builders_engine import CRASH, A, B, identity_of, plan_in

from crossload.engine.tasks import Tasks

SIX = tuple(f"1.{number}" for number in range(6))
RECIPES = tuple(f"r{number}" for number in range(5))


def planned(found, value=None, cells=None):
    """Tasks of a bench, and the states of its environments by id."""
    tasks, states = Tasks(found.ledger, found.store), {}
    tasks.plan(found.cells if cells is None else cells, found.plan, states, value)
    for state in states.values():
        if state.id in found.ledger.identities:
            tasks.admit(state)
    return tasks, states


@pytest.fixture
def wide(bench, tmp_path):
    """A bench whose 30 saves of 5 recipes are known, so that each of 6 readers has 30 loads."""
    found = bench(plan=plan_in(tmp_path, SIX, *RECIPES))
    found.identify()
    for cell in found.plan.cells:
        found.put(cell)
    return found


def test_environments_have_to_save_what_nobody_has_saved(bench):
    found = bench()
    found.identify()
    found.put(found.plan.cells[0])
    _, states = planned(found)

    assert (states[A].prepared, len(states[A].saves), len(states[A].pending)) == (True, 0, 1)
    assert (states[B].prepared, len(states[B].saves), len(states[B].pending)) == (False, 1, 1)


def test_an_artifact_that_was_deleted_is_to_be_saved_again(bench):
    found = bench()
    found.identify()
    found.put(found.plan.cells[0])
    next(found.store.blobs.artifacts.rglob("model.pkl")).unlink()
    found.store.blobs._present.clear()
    _, states = planned(found)

    assert len(states[A].saves) == 1


def test_a_crash_that_was_seen_once_is_open_still(bench):
    found = bench()
    found.identify()
    first, second, third, fourth = found.plan.cells
    found.put(first, load=CRASH)
    found.put(second, load=CRASH | {"confirm": True})
    found.put(third, load={})
    found.put(fourth)
    tasks, _ = planned(found)

    assert [tasks.is_open(cell) for cell in found.plan.cells] == [True, False, False, True]
    assert tasks.missing() == [first, fourth]


def test_outputs_that_were_deleted_are_measured_again(bench):
    found = bench()
    found.identify()
    found.put(found.plan.cells[0], load={"kept": "gone"})
    (found.store.blobs.outputs / "gone.npz").unlink()
    found.store.blobs._present.clear()
    tasks, _ = planned(found)

    assert tasks.is_open(found.plan.cells[0])


def test_a_failed_save_is_the_outcome_of_its_cells(bench):
    found = bench()
    found.identify()
    cell = found.plan.cells[0]
    found.record("save", key=found.ledger.save_key(A, cell.case), status="error", artifact=None)
    tasks, _ = planned(found)

    assert [each.writer for each in tasks.missing()] == [B, B]


def test_a_job_has_so_many_loads_that_it_takes_some_seconds(wide):
    tasks, states = planned(wide)
    tasks.learn_duration(10.0, 10)

    assert len(tasks.take(states[A])) == 20  # never fewer, so that starting it pays
    assert len(states[A].pending) == 10
    assert len(tasks.take(states[A])) == 10
    assert states[A].pending == []


def test_a_job_of_quick_loads_has_them_all(wide):
    tasks, states = planned(wide)
    tasks.learn_duration(0.1, 100)

    assert len(tasks.take(states[A])) == 30


def test_loads_of_equal_bytes_are_done_once_for_all_writers(bench):
    found = bench()
    found.identify()
    same = {"artifact": {"sha256": "c" * 64, "name": "model.pkl"}}
    for cell in found.plan.cells:
        found.put(cell, save=same)
    tasks, states = planned(found)

    (cell,) = tasks.take(states[A])
    shared = tasks.sharing[found.ledger.load_key(cell)]
    assert {each.writer for each in shared} == {A, B}


def test_loads_that_are_known_meanwhile_are_passed_over(bench):
    found = bench()
    found.identify()
    for cell in found.plan.cells:
        found.put(cell)
    tasks, states = planned(found)
    first, second = states[A].pending
    found.put(first, load={})

    assert tasks.has_open(states[A])
    assert states[A].pending == [second]
    assert tasks.take(states[A]) == [second]
    found.put(second, load={})
    states[A].pending = [second]
    assert tasks.take(states[A]) == []
    states[A].pending = [second]
    assert not tasks.has_open(states[A])
    assert states[A].pending == []


def test_loads_of_a_reader_that_nobody_knows_wait_until_it_is_built(bench):
    found = bench()
    found.identify(A)
    found.put(found.plan.cells[0])
    tasks, states = planned(found)

    assert len(states[B].pending) == 1
    assert tasks.has_open(states[B])
    assert tasks.take(states[B]) == []
    assert len(states[B].pending) == 1


def test_a_reader_that_is_another_gets_all_its_cells_again(bench):
    found = bench()
    found.identify()
    for cell in found.plan.cells:
        found.put(cell, load={})
    tasks, states = planned(found)
    states[B].pending.clear()
    found.ledger.identify(B, identity_of(B, python="3.11.10"))

    tasks.offer_again(states[B])
    # what it saved itself has other keys now, and is not known
    assert [cell.writer for cell in states[B].pending] == [A]


def test_saves_that_another_run_did_are_dropped_and_offered(bench):
    found = bench()
    found.identify()
    tasks, states = planned(found)
    tasks.drop_known_saves(states[A])
    assert len(states[A].saves) == 1

    found.put(found.plan.cells[0])
    tasks.drop_known_saves(states[A])
    assert (states[A].saves, states[A].prepared) == ([], True)
    assert [state.pending[0].writer for state in states.values()] == [A, A]


def test_the_newest_is_prepared_first_where_no_cell_is_worth_more(bench):
    found = bench()
    found.identify()
    tasks, states = planned(found)

    assert [each.id for each in tasks.order_of_preparing(list(states.values()))] == [B, A]
    assert tasks.best_value(states[A]) == 0.0


def test_the_environment_with_the_most_valuable_save_is_prepared_first(bench):
    found = bench()
    found.identify()
    tasks, states = planned(found, lambda cell: 2.0 if cell.writer == A else 1.0)

    assert [each.id for each in tasks.order_of_preparing(list(states.values()))] == [A, B]


@pytest.mark.parametrize(("worth", "expected"), [(3.0, True), (2.0, True), (1.0, False)])
def test_a_load_goes_first_where_it_is_worth_as_much_as_any_save(bench, worth, expected):
    found = bench()
    found.identify()
    found.put(found.plan.cells[0])
    tasks, states = planned(found, lambda cell: worth if cell.writer == A else 2.0)

    assert tasks.loads_are_worth_more(states.values()) is expected


def test_loads_of_busy_and_failed_environments_are_worth_nothing(bench):
    found = bench()
    found.identify()
    found.put(found.plan.cells[0])
    tasks, states = planned(found, lambda cell: 5.0 if cell.writer == A else 2.0)
    states[A].busy = True
    found.ledger.failures[B] = "why"

    assert not tasks.loads_are_worth_more(states.values())


def test_few_recipes_are_saved_where_time_is_short_the_most_valuable_first(bench, tmp_path):
    found = bench(plan=plan_in(tmp_path, ("1.0",), *RECIPES))
    found.identify()
    tasks, states = planned(found, lambda cell: float(cell.case.recipe[1:]))
    chosen = tasks.take_saves(states[A], few=True)

    assert {case.recipe for case in chosen} == {"r1", "r2", "r3", "r4"}
    assert [case.recipe for case in states[A].saves] == ["r0"]
    assert [case.recipe for case in tasks.take_saves(states[A], few=False)] == ["r0"]


def test_the_most_valuable_loads_are_taken_first(wide):
    tasks, states = planned(wide, lambda cell: float(cell.case.recipe[1:]))
    tasks.learn_duration(10.0, 10)
    first = tasks.take(states[A])

    assert {cell.case.recipe for cell in first} == {"r4", "r3", "r2", "r1"}
    assert tasks.best_value(states[A]) == 1.0


def test_a_second_plan_begins_anew_with_the_same_environments(bench):
    found = bench()
    found.identify()
    for cell in found.plan.cells:
        found.put(cell)
    tasks, states = planned(found)
    before = dict(states)
    tasks.plan(found.plan.cells[:1], found.plan, states, None)

    assert states == before
    assert all(state.pending == [] for state in states.values())
    assert tasks.missing() == [found.plan.cells[0]]
