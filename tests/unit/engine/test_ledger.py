"""The ledger: records under the keys of a plan, and what each environment is."""

from __future__ import annotations

import pytest
from builders_engine import FAILED, A, B, identity_of

from crossload.engine.keys import PLATFORM
from crossload.environments import Lock
from crossload.store.records import Known


def lock_of(env_id):
    return Lock(path=None, python="3.11", as_of="", inputs="", text="", digest=f"lock of {env_id}")


def test_nothing_has_a_key_before_anybody_knows_the_environments(bench):
    found = bench()
    cell = found.plan.cells[0]

    assert found.ledger.save_key(A, cell.case) is None
    assert found.ledger.save(A, cell.case) is None
    assert found.ledger.load_key(cell) is None
    assert found.ledger.load(cell) is None
    assert found.ledger.outcome(cell) == (None, None, {})


def test_a_load_has_a_key_once_its_artifact_and_its_reader_are_known(bench):
    found = bench()
    cell = next(each for each in found.plan.cells if (each.writer, each.reader) == (A, B))
    found.identify(A)
    found.put(cell)
    assert found.ledger.load_key(cell) is None

    found.identify(B)

    assert len(found.ledger.load_key(cell)) == 32


def test_another_interpreter_changes_the_keys_that_were_given(bench):
    found = bench()
    found.identify()
    case = found.plan.cases[0]
    before, other = found.ledger.save_key(A, case), found.ledger.save_key(B, case)
    found.ledger.identify(A, identity_of(A))
    assert found.ledger.save_key(A, case) == before

    found.ledger.identify(A, identity_of(A, python="3.11.10"))

    assert found.ledger.save_key(A, case) != before
    assert found.ledger.save_key(B, case) == other


def test_the_identity_is_recalled_from_those_who_built_it_by_one_of_the_locks(bench):
    found = bench()
    found.store.append([identity_of(A, python="3.9.1").record(A), identity_of(B).record(B)])
    found.ledger.recall(A, [lock_of(B)])
    assert found.ledger.identities == {}

    found.ledger.recall(A, [lock_of(B), lock_of(A)])

    assert found.ledger.identities == {A: identity_of(A, python="3.9.1")}


def test_an_environment_of_this_platform_is_preferred(bench):
    found = bench()
    found.store.append(
        identity_of(A, platform=platform, python=python).record(A)
        for platform, python in [(PLATFORM, "3.9.1"), ("Plan9-mips", "3.9.8")]
    )
    found.ledger.recall(A, [lock_of(A)])

    assert found.ledger.identities[A].python == "3.9.1"


def test_an_environment_with_other_variables_is_another_one(bench):
    found = bench()
    plain, legacy = identity_of(A), identity_of(A, variables='[["K", "1"]]')
    found.store.append([plain.record(A), legacy.record(A)])
    assert "variables" not in plain.record(A)

    found.ledger.recall(A, [lock_of(A)])
    assert found.ledger.identities == {A: plain}
    keys = found.ledger.save_key(A, found.plan.cases[0])
    found.ledger.recall(A, [lock_of(A)], '[["K", "1"]]')

    assert found.ledger.identities == {A: legacy}
    assert found.ledger.save_key(A, found.plan.cases[0]) != keys


def failure(why, at):
    facts = {"id": A, "failure": why, "platform": f"system {at}"}
    return Known(facts, b"", f"{at:020d}-x.jsonl")


def test_the_last_reason_why_an_environment_is_not_there_counts(bench):
    found = bench()
    known = found.store.reader.by_kind["environment"]
    known.put("1", failure("a later reason", 7))
    known.put("2", failure("an early reason", 3))
    found.ledger.recall_failure(A)
    found.ledger.recall_failure(B)

    assert found.ledger.failures == {A: "a later reason"}


def test_the_outcome_of_a_cell_is_its_save_and_its_load_with_its_seconds(bench):
    found = bench()
    found.identify()
    loaded, saved_only = found.plan.cells[:2]
    found.put(loaded, save={"seconds": {"fit": 2.0}}, load={"seconds": {"load": 0.25}})
    save, load, seconds = found.ledger.outcome(loaded)
    assert (save["kind"], load["kind"], seconds) == ("save", "load", {"load": 0.25})
    assert found.ledger.journals == {"00000000000000000001-x.jsonl"}

    save, load, seconds = found.ledger.outcome(saved_only)

    assert (save["kind"], load, seconds) == ("save", None, {"fit": 2.0})


def test_the_outcome_of_a_cell_that_could_not_be_saved_is_that_of_its_save(bench):
    found = bench()
    found.identify()
    cell = found.plan.cells[0]
    found.put(cell, save=FAILED | {"artifact": None, "seconds": {"fit": 1.5}})

    save, load, seconds = found.ledger.outcome(cell)

    assert (save["status"], load, seconds) == ("error", None, {"fit": 1.5})
    assert len(found.ledger.journals) == 1


@pytest.mark.parametrize(
    ("journals", "expected"),
    [
        ((), ("", "")),
        (("notes.jsonl",), ("", "")),
        (("1700000000000000000-a.jsonl",), ("2023-11-14", "2023-11-14")),
        (
            ("1700000000000000000-a.jsonl", "1600000000000000000-b.jsonl", "x-c.jsonl"),
            ("2020-09-13", "2023-11-14"),
        ),
    ],
)
def test_days_are_those_on_which_journals_were_begun(bench, journals, expected):
    found = bench()
    found.ledger.journals.update(journals)

    assert found.ledger.days() == expected
