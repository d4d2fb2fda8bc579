"""The run of one matrix: what is missing is measured, and everything is judged and published."""

from __future__ import annotations

import os
import re
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
from builders_engine import A, B
from builders_matrix import CAUGHT, FAILED, STOP

from crossload.errors import (
    EnvironmentPinsError,
    EnvironmentUnavailable,
    HarnessFault,
    Incomplete,
    RecipeError,
    StrictFailure,
)
from crossload.plan import Selection
from crossload.system import PARENT
from crossload.worker.outputs import digests

PIECES = ("README.md", "index.html", "outcomes.parquet", "summary.json", "regressions.atom")


def kinds(errors):
    return [type(error) for error in errors]


def test_a_matrix_is_measured_judged_and_published(small, store, machine):
    _, errors = small.run(store)

    assert errors == []
    assert small.summary()["counts"]["identical"] == small.summary()["planned"] == 8
    said = r"small: 4 saves and 8 loads in \d+s; report: reports/small/$"
    assert re.search(said, small.said[-1])
    reports = small.project.reports
    assert all((reports / "small" / name).exists() for name in PIECES)
    assert "two versions" in (reports / "README.md").read_text()
    assert len(list((reports / "small" / "history").iterdir())) == 1
    table = (small.project.work / "tables" / "small.csv").read_text().splitlines()
    assert len(table) == 1 + 8
    assert [executor.closed for executor in machine.executors] == [1]


def test_a_run_that_changes_nothing_shows_the_tables_again(small, store, machine):
    small.run(store)
    first = small.said[-1].rsplit("\n", 1)[0]
    measured = list(machine.jobs)
    run, errors = small.run(store)

    assert errors == []
    assert machine.jobs == measured
    assert small.said[-2:] == [
        first,
        "small: nothing to measure: all outcomes are known,"
        " and nothing that they depend on changed",
    ]
    assert run.last_report.read()["complete"] is True


def test_a_report_that_was_deleted_is_written_anew(small, store, machine):
    small.run(store)
    (small.project.reports / "small" / "README.md").unlink()
    small.run(store)

    assert "nothing to measure, tables judged and written anew" in small.said[-1]
    assert (small.project.reports / "small" / "README.md").exists()


def test_a_part_never_takes_the_place_of_the_whole(small, store, machine):
    small.run(store)
    whole = (small.project.reports / "small" / "summary.json").read_bytes()
    small.run(store, selection=Selection(only=(A,)))

    assert (small.project.reports / "small" / "summary.json").read_bytes() == whole
    assert small.summary(".crossload/reports")["planned"] == 2
    assert small.said[-1].endswith("report: .crossload/reports/small/")
    assert not (small.project.work / "reports" / "README.md").exists()


def test_strict_says_what_has_no_cause(small, store, machine):
    machine.answers["load", B, "forest"] = FAILED
    machine.predicts["load", A, "ridge"] = [5, 5, 5]
    _, lenient = small.run(store)
    _, strict = small.run(store, strict=True)

    assert lenient == []
    assert kinds(strict) == [StrictFailure]
    assert "4 failures have no known cause" in str(strict[0])
    assert "verdicts are not those published" not in str(strict[0])
    counts = small.summary()["counts"]
    assert (counts["load-error"], counts["drift"], counts["identical"]) == (2, 2, 4)
    assert small.summary()["causes"] == {"explained": 0, "unexplained": 4, "by_cause": {}}


def test_strict_compares_with_the_published_table_and_leaves_it(small, store, machine):
    small.run(store)
    published = (small.project.reports / "small" / "summary.json").read_bytes()
    machine.answers["load", B, "forest"] = FAILED
    store.forget_outcomes()
    _, errors = small.run(store, strict=True)

    assert "2 verdicts are not those published" in str(errors[0])
    said = "\n".join(small.said)
    assert f"forest/pickle {A} -> {B}: identical, now load-error" in said
    assert (small.project.reports / "small" / "summary.json").read_bytes() == published
    assert small.summary(".crossload/reports")["counts"]["load-error"] == 2

    # without --strict the table takes what was found
    small.run(store)
    assert small.summary()["counts"]["load-error"] == 2


def test_a_file_that_changed_while_a_run_went_on_is_read_by_the_next(small, store, machine):
    machine.answers["load", B, "forest"] = FAILED

    def write(_environment, _op):
        small.write(
            "matrix/causes/mine.toml",
            '[[cause]]\nid = "new"\nverdict = "load-error"\nsays = "no such field"\nwhy = "w"\n',
        )

    machine.before_job = write
    small.run(store)
    assert small.summary()["causes"]["explained"] == 0
    small.run(store)

    assert small.summary()["causes"] == {"explained": 2, "unexplained": 0, "by_cause": {"new": 2}}


def test_strict_names_causes_that_explain_nothing(small, store, machine):
    cause = '[[cause]]\nid = "new"\nverdict = "drift"\nsays = "never"\nwhy = "w"\n'
    seen = cause.replace("new", "seen") + 'elsewhere = "in a model of somebody"\n'
    small.write("matrix/causes/mine.toml", cause + seen)
    _, errors = small.run(store, strict=True)

    assert str(errors[0]) == "small: --strict: causes that explain no cell: new"

    # another published report may need it
    (small.project.reports / "other").mkdir()
    small.write("reports/other/summary.json", '{"causes": {"by_cause": {"new": 3}}}')
    small.run(store)
    _, errors = small.run(store, strict=True)
    assert errors == []


def test_the_matrix_goes_on_without_an_environment(small, store, machine):
    small.project.environment(B).rename(small.root / "gone")
    machine.builds[B] = EnvironmentPinsError(f"{B}: no such release")
    _, errors = small.run(store)

    assert errors == [machine.builds[B]]
    counts = small.summary()["counts"]
    assert (counts["identical"], counts["no-env"]) == (2, 6)
    failures = {each["id"]: each["failure"] for each in small.summary()["environments"]}
    assert failures == {A: "", B: "no such release"}


def test_a_matrix_without_any_environment_is_an_error(small, store, machine):
    for env_id in (A, B):
        small.project.environment(env_id).rename(small.root / env_id)
        machine.builds[env_id] = EnvironmentUnavailable("no network")
    _, errors = small.run(store)

    assert kinds(errors) == [EnvironmentUnavailable]
    assert "not one of 8 cells could be measured" in str(errors[0])
    assert "nothing could be measured" in small.said[-1]


def test_a_budget_that_is_used_up_leaves_the_published_report(small, store, machine):
    _, errors = small.run(store, budget=0.0)

    assert errors == []
    assert machine.jobs == []
    assert "the time was up with 8 cells not measured" in small.said[-1]
    assert small.summary(".crossload/reports")["counts"]["not-run"] == 8
    assert not (small.project.reports / "small").exists()


def test_a_budget_that_suffices_measures_everything(small, store, machine):
    small.run(store, budget=60.0)

    assert small.summary()["counts"]["identical"] == 8


def test_a_frontier_measures_less_and_says_what_it_inferred(small, store, machine):
    versions = [f'"1.{number}"' for number in range(12)]
    text = (small.root / "matrix" / "small.toml").read_text()
    text = text.replace('"1.0", "1.1"', ", ".join(versions))
    small.write("matrix/small.toml", text)
    for number in range(12):
        machine.predicts["load", f"sklearn-1.{number}", "forest"] = [0, 1, 1 if number < 6 else 0]
    _, errors = small.run(store, frontier=True)

    found = small.summary(".crossload/reports")
    assert errors == []
    assert found["counts"]["inferred"] == found["inferred"]["cells"] > 0
    assert sum(found["counts"].values()) == 12 * 12 * 2
    assert not (small.project.reports / "small").exists()


@pytest.mark.parametrize(("fresh", "how"), [(False, ""), (True, " without --fresh")])
def test_a_run_that_is_stopped_says_what_is_kept(small, store, machine, capsys, fresh, how):
    machine.answers["load", B, "forest"] = STOP

    with pytest.raises(KeyboardInterrupt):
        small.run(store, fresh=fresh, jobs=1)
    shown = capsys.readouterr().err
    assert "measurements of this run are kept" in shown
    assert f"the same command{how} goes on from there" in shown
    assert machine.executors[0].closed


@pytest.mark.skipif(os.name == "nt", reason="an orphan keeps its parent there")
def test_a_run_ends_with_the_process_that_it_was_started_for(small, store, machine, monkeypatch):
    monkeypatch.setenv(PARENT, str(os.getpid()))  # nobody is a child of itself
    begun = []

    def work_until_the_end(environment, op):
        begun.append((op, environment.id))
        while not machine.executors[0].closed:
            time.sleep(0.01)

    machine.before_job = work_until_the_end

    with pytest.raises(KeyboardInterrupt):
        small.run(store, jobs=1)
    assert begun == [("save", B)]


def test_cells_that_leak_into_each_other_are_a_fault(small, store, machine):
    machine.answers["load", B, "ridge"] = {
        "kept": None,
        "first": {"status": "error", "outputs": {}},
        "second": {"status": "ok", "outputs": digests({"predict": np.array([0, 1, 1])})},
    }
    _, errors = small.run(store)

    assert kinds(errors) == [HarnessFault]
    assert f"ridge/pickle {A} -> {B}: error, then ok" in str(errors[0])


def test_a_cell_without_two_answers_that_agree_is_missing(small, store, machine):
    machine.answers["load", B, "ridge"] = {
        "kept": None,
        "first": {"status": "error", "outputs": {}},
        "second": {"status": "crash", "outputs": {}},
    }
    _, errors = small.run(store)

    assert kinds(errors) == [Incomplete]


def test_recipes_that_break_the_contract_are_named_once(small, store, machine):
    mistake = {"type": "crossload.worker.contract.ContractError", "message": "forest: no outputs"}
    broken = {"status": "error", "stage": "predict", "kept": None, "error": mistake}
    machine.answers["save", A, "forest"] = machine.answers["save", B, "forest"] = broken
    _, errors = small.run(store)

    assert kinds(errors) == [RecipeError]
    assert str(errors[0]) == "forest: no outputs"
    assert small.summary()["counts"]["save-error"] == 4


def test_controls_that_are_caught_are_counted(small, store, machine):
    small.with_control()
    machine.answers["load", A, "damaged"] = machine.answers["load", B, "damaged"] = CAUGHT
    _, errors = small.run(store)

    assert errors == []
    assert small.summary()["controls"] == {"caught": 2, "measured": 2, "missed": []}


def test_a_control_that_is_missed_is_a_fault(small, store, machine):
    small.with_control()
    machine.answers["load", A, "damaged"] = CAUGHT
    _, errors = small.run(store)

    assert kinds(errors) == [HarnessFault]
    assert "small: 1 controls were missed" in str(errors[0])


def test_without_measuring_what_is_known_is_judged(small, store, machine):
    small.run(store, selection=Selection(only=(A,)))
    run, errors = small.run(store, measure=False)

    assert errors == []
    assert not run.nothing_known
    assert small.said[-1].endswith("judged and written anew; report: .crossload/reports/small/")
    # the diagonal of one of two environments is known: the rest is a gap
    assert small.summary(".crossload/reports")["counts"]["not-run"] == 6


def test_a_matrix_of_which_nothing_is_known_is_left_as_it_is(small, store, machine):
    run, errors = small.run(store, measure=False)

    assert (run.nothing_known, errors) == (True, [])
    assert small.said == ["small: no outcome of it is known: its report is left as it is"]
    assert not small.project.reports.exists()
    assert machine.executors[0].closed


def test_a_cluster_does_the_work_where_one_is_named(small, store, machine, monkeypatch):
    addresses = []

    def connect(address, *parts):
        addresses.append(address)
        return machine(*parts)

    module = SimpleNamespace(DaskExecutor=connect)
    monkeypatch.setitem(sys.modules, "crossload.engine.executors.dask", module)
    small.run(store, executor="dask", scheduler="tcp://host:8786")
    small.run(store, executor="dask", scheduler="tcp://host:8786", measure=False)

    assert addresses == ["tcp://host:8786"]  # judging alone needs none
    assert small.summary()["counts"]["identical"] == 8
