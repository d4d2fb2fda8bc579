"""The ledger of a plan: which environments are known, here and elsewhere."""

from __future__ import annotations

from builders_engine import A, B

from crossload.engine.keys import PLATFORM, Identity


def test_environments_that_stand_here_are_known(small, store):
    ledger = small.ledger(store)

    lock = small.lock(A)
    assert set(ledger.identities) == {A, B}
    assert ledger.identities[A] == Identity("3.11.9", lock.digest)
    assert ledger.failures == {}
    digest, folder = ledger.data["tokens"]
    assert digest
    assert folder.parent == small.project.work / "data"


def test_an_environment_that_others_built_from_the_same_lock_is_known(small, store):
    small.project.environment(B).rename(small.root / "gone")
    elsewhere = Identity("3.11.2", small.lock(B).digest, "Other-x86")
    store.append([elsewhere.record(B)])

    assert small.ledger(store).identities[B] == elsewhere


def test_a_lock_of_an_older_matrix_file_says_nothing(small, store):
    small.project.environment(B).rename(small.root / "gone")
    lock = small.lock(B, inputs="0" * 16)
    store.append([Identity("3.11.2", lock.digest, PLATFORM).record(B)])

    assert set(small.ledger(store).identities) == {A}


def test_what_others_recorded_counts_more_where_that_is_wanted(small, store):
    elsewhere = Identity("3.11.2", small.lock(A).digest, "Other-x86")
    store.append([elsewhere.record(A)])
    failure = {"kind": "environment", "key": "f" * 32, "id": B, "failure": "no wheels"}
    store.append([failure])

    assert small.ledger(store).identities[A].python == "3.11.9"
    assert small.ledger(store).failures == {}
    foreign = small.ledger(store, foreign=True)
    assert foreign.identities[A] == elsewhere
    assert foreign.failures == {B: "no wheels"}
