"""The garbage collection: what no matrix can refer to goes, everything else stays."""

from __future__ import annotations

import pytest
from builders_engine import A, B

from crossload.engine.keys import Identity
from crossload.environments.stamp import STAMP
from crossload.errors import StoreError
from crossload.matrix import gc


@pytest.fixture
def measured(small, store, machine):
    """Give the small project with all outcomes, and its store closed."""
    small.run(store)
    store.close()
    small.said.clear()
    return small


def collect(small, *, dry_run=False):
    small.said.clear()
    gc.collect(small.project, dry_run=dry_run, say=small.said.append)
    return small.said


def counts(small):
    store = small.opened()
    found = len(store.saves), len(store.loads), len(list(store.blobs.artifacts.iterdir()))
    store.close()
    return found


def test_what_the_matrix_refers_to_stays(measured):
    assert collect(measured) == [
        "dropped 0 outcomes and 0 files and folders, 0 MB",
        "kept 4 saves and 8 loads",
    ]
    assert counts(measured) == (4, 8, 4)


def test_outcomes_of_recipes_that_changed_go_with_their_files(measured):
    text = (measured.root / "matrix" / "recipes" / "few.py").read_text()
    measured.write("matrix/recipes/few.py", text.replace('return "ridge"', 'return "another"'))
    said = collect(measured)

    # 2 saves and 4 loads; the artifacts of both saves
    assert said == [
        "dropped 6 outcomes and 2 files and folders, 0 MB (artifacts)",
        "kept 2 saves and 4 loads",
    ]
    assert counts(measured) == (2, 4, 2)


def test_a_dry_run_only_says_it(measured):
    text = (measured.root / "matrix" / "recipes" / "few.py").read_text()
    measured.write("matrix/recipes/few.py", text.replace('return "ridge"', 'return "another"'))
    said = collect(measured, dry_run=True)

    assert said[0] == "would drop 6 outcomes and 2 files and folders, 0 MB (artifacts)"
    assert counts(measured) == (4, 8, 4)


def test_files_that_nothing_names_go(measured):
    work = measured.project.work
    unused = [
        measured.write(".crossload/store/outputs/0000.npz", "x" * 2_000_000),
        measured.write(".crossload/store/states/0000.json", "x"),
        measured.write(".crossload/store/aside/old.npz", "x"),
        measured.write(".crossload/data/tokens-older/x.npy", "x").parent,
        measured.write(".nox/bytecode/numpy-1/x.txt", "x").parent,
    ]
    (work / "data" / "tokens-older" / "link").symlink_to(work / "nowhere")
    said = collect(measured)

    assert said[0] == (
        "dropped 0 outcomes and 5 files and folders, 2 MB (aside, bytecode, data, outputs, states)"
    )
    assert [path.exists() for path in unused] == [False] * 5
    assert len(list((work / "data").iterdir())) == 1


def test_environments_that_no_matrix_names_go_if_they_are_ours(measured):
    ours = measured.write(f".nox/env-older/{STAMP}", "{}").parent
    foreign = measured.write(".nox/env-docs/pyvenv.cfg", "").parent
    said = collect(measured)

    assert "1 files and folders" in said[0]
    assert not ours.exists()
    assert foreign.exists()
    assert measured.project.environment(A).exists()


def test_outcomes_of_an_environment_with_another_lock_go(measured):
    measured.lock(B, "scikit-learn==1.1 \\\n    --hash=sha256:ff\n")
    said = collect(measured)

    # what A saved and loaded is all that is left
    assert said[1] == "kept 2 saves and 2 loads"


def test_outcomes_of_other_machines_with_the_same_lock_stay(measured):
    store = measured.opened()
    ledger = measured.ledger(store)
    elsewhere = Identity("3.11.2", measured.lock(A).digest, "Other-x86")
    case = ledger.plan.cells[0].case
    record = {"kind": "save", "key": ledger.keys.save(elsewhere, case), "status": "na"}
    store.append([elsewhere.record(A), record | {"reason": "r"}])
    store.close()

    assert collect(measured)[1] == "kept 5 saves and 8 loads"


def test_controls_stay(small, store, machine):
    small.with_control()
    small.run(store)
    store.close()

    assert collect(small)[1] == "kept 6 saves and 10 loads"


def test_files_that_outcomes_name_stay(measured):
    store = measured.opened()
    ledger = measured.ledger(store)
    known = ledger.save(A, ledger.plan.cells[0].case)
    record = dict(known) | {"key": ledger.save_key(A, ledger.plan.cells[0].case)}
    names = ("noise", "kept_train", "resumed")
    for name in names:
        measured.write(f".crossload/store/outputs/{name}.npz", "")
        record[name] = name
    measured.write(".crossload/store/states/fitted.json", "")
    store.append([record | {"state": "fitted"}])
    store.close()
    collect(measured)

    outputs = measured.project.work / "store" / "outputs"
    assert all((outputs / f"{name}.npz").exists() for name in names)
    assert (measured.project.work / "store" / "states" / "fitted.json").exists()


def test_a_store_in_use_is_left_alone(measured):
    store = measured.opened()
    try:
        with pytest.raises(StoreError, match="another run is using the store"):
            collect(measured)
    finally:
        store.close()
    assert counts(measured) == (4, 8, 4)
