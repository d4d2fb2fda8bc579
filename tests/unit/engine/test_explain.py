"""Why cells are to be measured: the part of their key that changed, in words."""

from __future__ import annotations

import pytest
from builders_engine import CRASH, FAILED, A, B, identity_of, plan_in

from crossload.engine.explain import NEVER, explain


@pytest.fixture
def known(bench, tmp_path):
    """A bench that knows all outcomes of a last run, and what that run was made of."""
    found = bench(plan=plan_in(tmp_path, form=("pickle",)))
    found.identify()
    for cell in found.plan.cells:
        found.put(cell, load={})
    found.store.append([identity_of(each.id).record(each.id) for each in found.plan.environments])
    found.store.append([found.ledger.keys.snapshot(found.plan.spec.name)])
    return found


def forgotten(found):
    """Let nothing be known but what the last run was made of."""
    found.store.forget_outcomes()
    return found


def test_nothing_is_to_be_done_where_all_is_known(known):
    found = explain(known.ledger, known.plan)

    assert found.text == "4 cells (controls included): 4 known, 0 to measure"
    assert (found.saves, found.loads) == ({}, {})


def test_a_first_run_says_that_every_environment_is_new(bench):
    found = bench()
    reasons = explain(found.ledger, found.plan)

    assert (reasons.cells, reasons.known) == (4, 0)
    assert reasons.saves == {f"environment {A} is new": 1, f"environment {B} is new": 1}
    assert reasons.loads == {f"environment {A} is new": 2, f"environment {B} is new": 2}


def test_where_no_part_of_the_key_changed_it_was_not_measured_yet(known):
    reasons = explain(forgotten(known).ledger, known.plan)

    assert (reasons.saves, reasons.loads) == ({NEVER: 2}, {NEVER: 4})


def test_the_reasons_are_a_table_with_the_most_frequent_first(known):
    forgotten(known).ledger.identify(B, identity_of(B, python="3.11.10"))
    for cell in known.plan.cells:
        if cell.writer == A:
            known.put(cell)
    lines = explain(known.ledger, known.plan).text.splitlines()

    assert lines[0] == "4 cells (controls included): 0 known, 4 to measure"
    assert lines[1].split() == ["saves", "loads", "why"]
    # B saves anew, which its two loads wait for, and loads what A saved anew
    assert lines[3].split(maxsplit=2) == ["1", "3", f"the Python of {B} changed to 3.11.10"]
    assert lines[4].split(maxsplit=1) == ["1", NEVER]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"lock": "l2"}, f"the lock of {A} changed"),
        ({"python": "3.11.10"}, f"the Python of {A} changed to 3.11.10"),
        ({"platform": "Plan9-mips"}, f"{A} was measured on another platform only"),
    ],
)
def test_what_changed_of_an_environment_is_named(known, change, expected):
    forgotten(known).ledger.identify(A, identity_of(A, **change))

    assert explain(known.ledger, known.plan).saves == {expected: 1, NEVER: 1}


def test_an_environment_that_is_not_built_by_its_lock_has_another_lock(known):
    del forgotten(known).ledger.identities[A]
    known.ledger._save_keys.clear()

    assert explain(known.ledger, known.plan).saves[f"the lock of {A} changed"] == 1


def test_an_environment_that_failed_before_is_new(bench):
    found = bench()
    facts = {"kind": "environment", "key": "k", "id": A, "platform": "p", "failure": "why"}
    found.store.append([facts])

    assert explain(found.ledger, found.plan).saves[f"environment {A} is new"] == 1


@pytest.mark.parametrize(
    ("member", "name", "saves", "loads"),
    [
        ("recipes", "forest", "recipe forest changed", "recipe forest changed"),
        ("data", "iris", "data set iris changed", "data set iris changed"),
        ("savers", "pickle", "saver pickle changed", None),
        ("formats", "pickle", None, "format pickle changed"),
        ("code", "save", "the worker code that saves changed", None),
        ("code", "load", None, "the worker code that loads changed"),
    ],
)
def test_what_changed_of_the_code_is_named_for_what_it_concerns(known, member, name, saves, loads):
    def change(store):
        facts = store.reader.by_kind["snapshot"].get("m")
        store.append([facts | {"key": "m", member: facts[member] | {name: "other"}}])

    change(known.store)
    reasons = explain(forgotten(known).ledger, known.plan)
    assert reasons.saves == {saves or NEVER: 2}

    for cell in known.plan.cells:
        known.put(cell)
    reasons = explain(known.ledger, known.plan)
    assert reasons.loads == {loads or NEVER: 4}
    assert reasons.saves == {}


def test_new_recipes_and_other_limits_are_named(known):
    facts = known.store.reader.by_kind["snapshot"].get("m")
    known.store.append([facts | {"key": "m", "recipes": {}, "limits": [1, 1]}])

    reasons = explain(forgotten(known).ledger, known.plan)

    assert reasons.saves == {"recipe forest is new; the limits changed": 2}


def test_what_is_not_believed_yet_is_measured_again(known):
    first, second = known.plan.cells[0], known.plan.cells[3]
    known.put(first, save=CRASH | {"artifact": None})
    known.put(second, load=CRASH)

    reasons = explain(known.ledger, known.plan)

    assert reasons.saves == {"crash seen once only": 1}
    assert reasons.loads == {"crash seen once only": 3}


def test_files_that_are_gone_are_named(known):
    cell = known.plan.cells[3]
    known.put(known.plan.cells[0], save={"kept": "gone before"})
    known.put(cell, load={"kept": "gone after"})
    for name in ("gone before", "gone after"):
        (known.store.blobs.outputs / f"{name}.npz").unlink()

    reasons = explain(known.ledger, known.plan)

    assert reasons.saves == {"its artifact or its outputs are not in this store": 1}
    assert reasons.loads["its outputs are not in this store"] == 1


def test_a_failed_save_is_an_outcome_that_is_known(known):
    known.put(known.plan.cells[0], save=FAILED | {"artifact": None})

    assert explain(known.ledger, known.plan).known == 4
