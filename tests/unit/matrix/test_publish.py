"""What is published: no table with gaps of this machine, and digests that others can compare."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from builders_engine import A, B
from builders_matrix import FAILED, SmallProject

from crossload.errors import EnvironmentUnavailable, Incomplete, InterpreterMissing, MachineFault

FULL = MachineFault(f"{B}: uv cannot build it:\nNo space left on device (os error 28)")
WORDS = [
    "failed to hardlink file: No space left on device (os error 28)",
    "uv was ended by signal 9",
    "uv pip: no end after 900 s",
    "error sending request for url (https://x/simple/)",
    "OSError: [Errno 122] Disk quota exceeded",
    "Too many open files (os error 24)",
    "ImportError: libx.so: failed to map segment: Cannot allocate memory",
]


def published(small):
    return {path.name: path.read_bytes() for path in (small.root / "reports" / "small").glob("*.*")}


def without(small, env_id):
    """Let an environment stand no more."""
    small.project.environment(env_id).rename(small.root / f"gone-{env_id}")


@pytest.mark.parametrize("error", [FULL, *(EnvironmentUnavailable(f"{B}: {w}") for w in WORDS)])
def test_a_table_with_gaps_of_this_machine_replaces_no_published_one(small, store, machine, error):
    small.run(store)
    before = published(small)
    without(small, B)
    machine.builds[B] = error
    machine.answers["load", A, "ridge"] = FAILED
    _, errors = small.run(store, fresh=True)
    store.forget_outcomes()
    _, errors = small.run(store)

    assert [type(each) for each in errors] == [Incomplete]
    assert errors[0].exit_code == 9
    assert B in str(errors[0])
    assert "run the same command again" in errors[0].hint
    assert published(small) == before
    assert small.summary(".crossload/reports")["complete"] is False
    assert small.said[-1].endswith("report: .crossload/reports/small/")


def test_such_a_gap_is_no_outcome_and_is_filled_by_the_next_run(small, store, machine):
    without(small, B)
    machine.builds[B] = FULL
    _, errors = small.run(store)
    assert [type(each) for each in errors] == [Incomplete]
    assert not (small.root / "reports" / "small").exists()
    assert not any("failure" in known.facts for known in _environments(store))

    small.build(B)
    _, errors = small.run(store)
    assert errors == []
    assert small.summary()["complete"] is True


def _environments(store):
    return store.reader.by_kind["environment"].values()


def test_what_packages_are_to_blame_for_is_an_outcome(small, store, machine):
    without(small, B)
    machine.builds[B] = EnvironmentUnavailable(f"{B}: numpy has no wheel, and setup.py fails")
    _, errors = small.run(store)

    assert errors == []
    assert small.summary()["counts"]["no-env"] == 6


def test_an_interpreter_that_is_missing_leaves_more_complete_reports_alone(small, store, machine):
    without(small, B)
    machine.builds[B] = InterpreterMissing(f"{B}: needs Python 3.99, which is not installed here")
    _, errors = small.run(store)
    assert errors == []
    assert small.summary()["counts"]["no-env"] == 6

    path = small.root / "reports" / "small" / "summary.json"
    known = json.loads(path.read_text())
    known["environments"] = [each | {"failure": ""} for each in known["environments"]]
    path.write_text(json.dumps(known))
    _, errors = small.run(store)
    assert [type(each) for each in errors] == [Incomplete]
    assert json.loads(path.read_text()) == known


def test_runs_with_other_noise_have_one_digest_of_verdicts(small, tmp_path, machine):
    def summary_with(seed):
        project = SmallProject(tmp_path / f"seed{seed}").build()
        noise = np.random.default_rng(seed).uniform(1e-9, 9e-9, 3)
        for reader in (A, B):
            machine.predicts["load", reader, "ridge"] = np.array([0.0, 1.0, 1.0]) + noise
        sha = hashlib.sha256(str(seed).encode()).hexdigest()
        message = f"no format in <artifacts>/{sha}/model.pkl of <scratch>/tmpab{seed}cdefg"
        machine.answers["load", B, "forest"] = FAILED | {
            "error": {"type": "ValueError", "message": message, "traceback": "t"}
        }
        store = project.opened()
        project.run(store)
        store.close()
        return project.summary()

    machine.predicts.update({("save", each, "ridge"): [0.0, 1.0, 1.0] for each in (A, B)})
    one, two = summary_with(1), summary_with(2)

    assert (one["counts"]["equivalent"], one["counts"]["load-error"]) == (4, 2)
    assert one["verdicts_sha256"] == two["verdicts_sha256"]
    assert one["numbers_sha256"] != two["numbers_sha256"]
    assert one["failures"][0]["text"] == two["failures"][0]["text"]
    table = (tmp_path / "seed1" / ".crossload" / "tables" / "small.csv").read_text()
    assert "<artifacts>/<digest>/model.pkl of <scratch>/<temporary>" in table
