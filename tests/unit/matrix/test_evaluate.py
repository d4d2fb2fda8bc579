"""The evaluation of a plan: its cells judged, with the facts that reports show."""

from __future__ import annotations

import json

import pytest
from builders_engine import A, B
from builders_matrix import CAUGHT, FAILED
from helpers import RUN

from crossload.errors import ConfigError
from crossload.matrix.baseline import causes_of
from crossload.matrix.evaluate import Evaluation, recipe_mistakes
from crossload.plan.frontier import Inference
from crossload.verdict import Explained, Verdict

WARNING = {"category": "FutureWarning", "text": "gone in 2.0\ud800"}


def evaluation_of(small, store, **options):
    plan = small.plan()
    ledger = small.ledger(store, **options)
    return Evaluation(small.project, plan, ledger, causes_of(small.project))


def rows_of(view):
    return {(row.cell.case.recipe, row.cell.writer, row.cell.reader): row for row in view.rows}


def test_a_view_has_the_facts_of_environments_and_days(small, store, machine):
    small.run(store)
    view = evaluation_of(small, store).view(RUN)

    first, second = view.environments
    assert (first.id, first.python, first.versions) == (A, "3.11.9", {"scikit-learn": "1.0"})
    assert (first.as_of, first.axis, first.failure) == ("2024-01-01", "scikit-learn", "")
    assert second.id == B
    assert (view.run.since, view.run.date) == (view.run.date, view.run.date) != ("", "")
    assert [row.judgement.verdict for row in view.rows] == [Verdict.IDENTICAL] * 8


def test_a_view_of_nothing_has_no_days_and_only_gaps(small, store):
    view = evaluation_of(small, store).view(RUN)

    assert (view.run.since, view.run.date) == ("", "")
    assert {row.judgement.verdict for row in view.rows} == {Verdict.NOT_RUN}
    assert view.costs == {"writers": {}, "recipes": {}}


def test_an_environment_without_identity_is_known_by_its_lock(small, store):
    small.project.environment(B).rename(small.root / "gone")
    path = small.project.locks / f"{B}.txt"
    path.write_text(path.read_text().replace("# inputs", "# left-out: skops (x)\n# inputs"))
    (small.project.locks / f"{A}.txt").unlink()
    first, second = evaluation_of(small, store).view(RUN).environments

    assert (first.python, first.versions, first.as_of) == ("", {}, "")
    assert (second.python, second.versions) == ("3.11", {"scikit-learn": "1.1"})
    # what was left out is said of an environment that was used
    assert second.left_out == ()


def test_extras_that_were_left_out_are_a_fact(small, store):
    path = small.project.locks / f"{B}.txt"
    path.write_text(path.read_text().replace("# inputs", "# left-out: skops (x)\n# inputs"))

    assert evaluation_of(small, store).view(RUN).environments[1].left_out == ("skops (x)",)


def test_cells_of_an_environment_that_is_missing_say_why(small, store):
    failure = {"kind": "environment", "key": "f" * 32, "id": B, "failure": "no wheels\nuv says: x"}
    store.append([failure])
    rows = rows_of(evaluation_of(small, store, foreign=True).view(RUN))

    missing = rows["forest", A, B].judgement
    assert (missing.verdict, missing.reason) == (Verdict.NO_ENVIRONMENT, f"{B}: no wheels")
    assert rows["forest", B, A].judgement.reason == f"{B}: no wheels"
    assert rows["forest", A, A].judgement.verdict is Verdict.NOT_RUN


def test_a_save_that_failed_is_the_reason_whatever_became_of_the_reader(small, store, machine):
    machine.answers["save", A, "forest"] = FAILED | {"stage": "save"}
    small.run(store)
    evaluation = evaluation_of(small, store)
    evaluation.ledger.failures[B] = "gone"
    rows = rows_of(evaluation.view(RUN))

    assert rows["forest", A, B].judgement.verdict is Verdict.SAVE_ERROR
    assert rows["forest", A, B].traceback == "Traceback: x"
    assert rows["forest", A, B].artifact == ""


def test_cells_have_the_facts_of_their_records(small, store, machine):
    machine.answers["load", B, "forest"] = {"kept": None, "warnings": [WARNING]}
    machine.answers["load", A, "forest"] = [
        FAILED | {"status": "crash"},
        FAILED | {"status": "crash"},
    ]
    small.run(store)
    rows = rows_of(evaluation_of(small, store).view(RUN))

    assert rows["forest", A, B].warnings == ("FutureWarning: gone in 2.0?",)
    assert len(rows["forest", A, B].artifact) == 64
    assert rows["ridge", A, B].warnings == ()
    crashed = rows["forest", B, A]
    assert (crashed.judgement.verdict, crashed.confirmed) == (Verdict.CRASH, True)
    assert not rows["ridge", A, B].confirmed


def test_costs_count_a_save_once_and_every_load(small, store, machine):
    machine.answers["save", A, "forest"] = {"kept": None, "seconds": {"fit": 2.0, "save": 0.5}}
    machine.answers["load", B, "forest"] = {"kept": None, "seconds": {"load": 1.0}}
    small.run(store)
    costs = evaluation_of(small, store).view(RUN).costs

    assert costs == {
        "writers": {A: 3.5, B: 1.0},
        "recipes": {"forest": 4.5, "ridge": 0.0},
    }


def test_a_view_that_is_asked_for_again_is_the_same(small, store, machine):
    machine.answers["save", A, "forest"] = {"kept": None, "seconds": {"fit": 2.0}}
    small.run(store)
    evaluation = evaluation_of(small, store)

    assert evaluation.view(RUN).costs == evaluation.view(RUN).costs


@pytest.mark.parametrize("damage", ["{", '{"stamp": "x"}', "[]", '{"stamp": "x", "metrics": {}}'])
def test_metrics_that_cannot_be_believed_are_computed_anew(small, store, machine, damage):
    small.run(store)
    path = small.project.work / "metrics" / "small.json"
    good = path.read_text()
    assert json.loads(good)["metrics"]
    path.write_text(damage)
    view = evaluation_of(small, store).view(RUN)

    assert {row.judgement.verdict for row in view.rows} == {Verdict.IDENTICAL}
    assert path.read_text() == good


def test_tokens_are_given_for_cells_with_an_outcome(small, store, machine):
    machine.answers["load", B, "forest"] = FAILED
    small.run(store)
    evaluation = evaluation_of(small, store)
    for path in store.blobs.outputs.glob("*.npz"):
        path.write_bytes(b"")
    cells = small.plan().selected
    assert set(evaluation.tokens(cells)) == set(cells)

    # without the metrics of before the outputs are read, which are damaged: they are unknown
    (small.project.work / "metrics" / "small.json").unlink()
    found = evaluation_of(small, store).tokens(cells)
    assert {(cell.writer, cell.reader) for cell in found} == {(A, B), (B, B)}
    assert set(found.values()) == {("load-error", "ValueError: no such field")}


def test_cells_that_are_inferred_are_judged_so_unless_they_were_measured(small, store, machine):
    small.run(store)
    known = evaluation_of(small, store)
    known.inferred = dict.fromkeys(
        small.plan().selected, Inference(verdict="drift", witnesses=(A, B))
    )
    assert {row.judgement.verdict for row in known.view(RUN).rows} == {Verdict.IDENTICAL}

    store.forget_outcomes()
    (judged,) = {id(row.judgement): row.judgement for row in known.view(RUN).rows}.values()
    assert (judged.verdict, judged.inferred) == (Verdict.INFERRED, "drift")
    assert judged.reason == f"drift, as in {A} and {B}"


def test_controls_are_judged_in_the_environment_that_wrote_them(small, store, machine):
    small.with_control()
    machine.answers["load", A, "damaged"] = CAUGHT
    small.run(store)
    evaluation = evaluation_of(small, store)
    first, second = evaluation.view(RUN).controls

    assert (first.cell.writer, first.cell.reader) == (A, A)
    assert first.judgement.verdict is Verdict.LOAD_ERROR
    assert (first.expected, first.says) == ("load-error", "pickle data was truncated")
    assert second.judgement.verdict is Verdict.IDENTICAL
    store.forget_outcomes()
    evaluation.ledger.failures[A] = "no network"
    judged = [each.judgement for each in evaluation.view(RUN).controls]
    assert [each.verdict for each in judged] == [Verdict.NO_ENVIRONMENT, Verdict.NOT_RUN]
    assert judged[0].reason == "no network"


def test_a_recipe_that_broke_the_contract_is_named_once(small, store, machine):
    error = {"type": "ContractError", "message": "forest: outputs is no list"}
    broken = {"status": "error", "stage": "build", "kept": None, "error": error}
    machine.answers["save", A, "forest"] = machine.answers["save", B, "forest"] = broken
    machine.answers["save", A, "ridge"] = FAILED
    small.run(store)

    assert recipe_mistakes(small.ledger(store)) == ["forest: outputs is no list"]


CAUSE = """
[[cause]]
id      = "no-field"
verdict = "load-error"
says    = "no such field"
holds   = "Forest"
why     = "the field is gone"
"""


def test_failures_have_the_causes_of_the_project(small, store, machine):
    small.write("matrix/causes/mine.toml", CAUSE)
    machine.answers["save", A, "forest"] = {"holds": ["mine.Forest"]}
    machine.answers["load", B, "forest"] = FAILED
    small.run(store)
    view = evaluation_of(small, store).view(RUN)
    found = {key: row.finding for key, row in rows_of(view).items()}

    assert found["forest", A, B].cause.why == "the field is gone"
    # of another class, as far as anybody knows
    assert found["forest", B, B].explained is Explained.NO
    assert found["ridge", A, B].explained is Explained.NONE
    # each case in two formats
    assert (view.explained, view.unexplained) == (1, 1)
    assert [(cause.id, count) for cause, count in view.causes] == [("no-field", 1)]


def test_mistakes_in_causes_are_named(small):
    small.write("matrix/causes/mine.toml", "[[cause]]\n")

    with pytest.raises(ConfigError, match=r"matrix/causes/mine\.toml"):
        causes_of(small.project)
