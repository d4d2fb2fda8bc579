"""The commands about matrices: what they print, write and raise."""

from __future__ import annotations

import json

import pytest
from builders_engine import A, B
from builders_matrix import FAILED, MATRIX

from crossload.errors import (
    ConfigError,
    EnvironmentPinsError,
    HarnessFault,
    SelectionError,
    StrictFailure,
)
from crossload.matrix import commands
from crossload.matrix.options import Options
from crossload.plan import Selection


@pytest.fixture
def run(small, machine):
    """Give a function that runs all matrices; it gives the lines of this run."""

    def call(**options):
        begun = len(small.said)
        commands.run(small.project, Options(**options), say=small.said.append)
        return small.said[begun:]

    return call


def second_matrix(small):
    small.write("matrix/other.toml", MATRIX.replace("two versions", "other"))


def test_every_matrix_is_run_and_the_time_said(small, machine, run):
    second_matrix(small)
    said = run(jobs=2)

    other, small_too, time = said
    assert "\nother: 4 saves and 8 loads in " in other
    assert other.endswith("report: reports/other/")
    # both mean the same cells, which are measured once
    assert "\nsmall: nothing to measure, tables judged and written anew" in small_too
    assert small_too.endswith("report: reports/small/")
    assert time.startswith("all: ")
    assert "CPU on 2 cores" in time


def test_a_run_without_changes_reads_no_outcome(small, machine, run):
    first = run()
    executors = len(machine.executors)
    second = run()

    assert len(machine.executors) == executors == 1
    assert second[0] == first[0].rsplit("\n", 1)[0]
    assert "nothing to measure" in second[1]


def test_a_report_with_gaps_is_not_repeated(small, machine, run):
    small.project.environment(B).rename(small.root / "gone")
    machine.builds[B] = EnvironmentPinsError("no such release")
    with pytest.raises(EnvironmentPinsError):
        run()
    with pytest.raises(EnvironmentPinsError):
        run()

    assert len(machine.executors) == 2


@pytest.mark.parametrize("option", ["fresh", "frontier"])
def test_options_that_mean_measuring_do_not_show_the_last_tables(small, machine, run, option):
    run()
    run(**{option: True})

    assert len(machine.executors) == 2


def test_fresh_measures_what_is_known(small, machine, run):
    run()
    measured = len(machine.jobs)
    run(fresh=True)

    assert len(machine.jobs) == 2 * measured


def test_what_was_wrong_with_repeated_tables_is_still_an_error(small, machine, run):
    machine.answers["load", B, "forest"] = FAILED
    run()

    with pytest.raises(StrictFailure, match="2 failures have no known cause"):
        run(strict=True)
    assert len(machine.executors) == 1


def test_the_worst_error_is_raised_in_the_end(small, machine, run):
    small.with_control()
    small.project.environment(B).rename(small.root / "gone")
    machine.builds[B] = EnvironmentPinsError("no such release")

    # a missed control (7) counts more than pins (5) and cells that were not measured (1)
    with pytest.raises(HarnessFault):
        run(strict=True)
    assert small.said[-1].startswith("all: ")


def test_matrices_share_a_budget(small, machine, run):
    second_matrix(small)
    run(budget=60.0)

    first, second = (executor.settings.seconds for executor in machine.executors)
    assert 20 < first <= 30  # half of it
    assert 40 < second <= 60  # and what the first one left


def test_a_dry_run_describes_the_plan(small, machine, run):
    (said,) = run(dry_run=True)

    assert said.splitlines() == [
        "small: two versions",
        "  8 of 8 cells, 0 controls; cases: 2, writers: 2, readers: 2",
        f"  saves with: {A}, {B}",
        f"  loads in:   {A}, {B}",
        "  cases:",
        "    forest: pickle",
        "    ridge: pickle",
    ]
    assert machine.executors == []
    assert not small.project.work.exists()


def test_explaining_says_what_would_be_measured(small, machine, run):
    (before,) = run(explain=True)
    run()
    (after,) = run(explain=True)
    (fresh,) = run(explain=True, fresh=True)

    assert before.startswith("small: 8 cells (controls included): 0 known, 8 to measure\n")
    assert after == "small: 8 cells (controls included): 8 known, 0 to measure"
    assert "0 known, 8 to measure" in fresh
    assert len(machine.executors) == 1


def test_a_shard_measures_its_part(small, machine, run):
    run(shard="1/2")
    part = small.summary(".crossload/reports")["planned"]
    run(shard="2/2")

    assert part + small.summary(".crossload/reports")["planned"] == 8
    assert not small.project.reports.exists()


def test_a_shard_without_a_part_has_nothing_to_do(small, machine, run):
    assert run(shard="99/99") == ["nothing falls to shard 99/99: there are fewer parts than shards"]
    assert machine.executors == []


def test_selectors_mean_whichever_matrix_has_it(small):
    second_matrix(small)
    text = (small.root / "matrix" / "other.toml").read_text()
    small.write("matrix/other.toml", text.replace('"1.1"]', '"1.2"]'))
    only = Selection(only=("sklearn-1.2",))

    plans = commands.make_plans(small.project, Options(selection=only))
    assert [plan.spec.name for plan in plans] == ["other"]
    with pytest.raises(SelectionError, match="sklearn-1.2"):
        commands.make_plans(small.project, Options(matrices=("small",), selection=only))
    with pytest.raises(SelectionError, match=r"(?s)other: .*sklearn-9.*\nsmall: .*sklearn-9"):
        commands.make_plans(small.project, Options(selection=Selection(only=("sklearn-9",))))
    with pytest.raises(SelectionError, match="sklearn-1.2"):
        commands.make_plans(small.project, Options(matrices=("small", "other"), selection=only))


def test_what_shards_measured_is_joined_and_published(small, machine, run):
    for number in (1, 2):
        run(shard=f"{number}/2", store=str(small.root / f"shard-{number}"))
    folders = [small.root / "shard-1", small.root / "shard-2"]
    small.said.clear()
    commands.merge(small.project, Options(), folders, say=small.said.append)

    assert [line.split(":")[0] for line in small.said[:2]] == ["joined shard-1", "joined shard-2"]
    assert small.said[-1].endswith("small: judged and written anew; report: reports/small/")
    assert small.summary()["counts"]["identical"] == 8


def test_merging_is_strict_where_that_is_wanted(small, machine, run):
    machine.answers["load", B, "forest"] = FAILED
    run()

    with pytest.raises(StrictFailure):
        commands.merge(small.project, Options(strict=True), [], say=small.said.append)


def test_a_folder_without_a_store_leaves_everything_as_it_was(small, machine, run):
    run(shard="1/2", store=str(small.root / "shard"))
    folders = [small.root / "shard", small.root / "shart"]

    with pytest.raises(SelectionError, match="shart: no store here"):
        commands.merge(small.project, Options(), folders, say=small.said.append)
    assert not (small.project.work / "store").exists()


def test_nothing_known_is_an_error_of_reports(small, machine):
    with pytest.raises(SelectionError, match="nothing is known of any matrix"):
        commands.report(small.project, Options(), "", say=small.said.append)


def test_a_report_is_written_from_what_is_known(small, machine, run):
    run()
    (small.project.reports / "small" / "README.md").unlink()
    commands.report(small.project, Options(), "", say=small.said.append)

    assert (small.project.reports / "small" / "README.md").exists()
    assert len(machine.executors) == 2
    assert machine.executors[1].jobs == []


def test_runs_are_compared(small, machine, run):
    run()
    (first,) = (small.project.reports / "small" / "history").iterdir()
    digest = first.name.split("-")[1]
    first.rename(first.with_name(f"20200101T000000Z-{digest}"))
    machine.answers["load", B, "forest"] = FAILED
    run(fresh=True)
    small.said.clear()
    commands.report(small.project, Options(), "2020", say=small.said.append)

    assert small.said[0] == "small, since 2020:"
    assert small.said[1].splitlines() == [
        "new failures: 2 cells",
        f"  forest/pickle {A} -> {B}: identical, now load-error",
        f"  forest/pickle {B} -> {B}: identical, now load-error",
    ]
    with pytest.raises(SelectionError, match="no run 'x' in the history"):
        commands.report(small.project, Options(), "x", say=small.said.append)


NOTHING = {"family": None, "case": None, "format": None}


def test_published_outcomes_are_exported(small, machine, run):
    run()
    lines = commands.export(small.project, "small", "csv", NOTHING).splitlines()
    badge = json.loads(commands.export(small.project, "small", "badge-json", NOTHING))

    assert len(lines) == 1 + 8
    assert badge["schemaVersion"] == 1


def test_one_table_is_exported_of_chosen_cells(small, machine, run):
    run()
    text = commands.export(small.project, "small", "markdown", NOTHING | {"case": "forest/*"})

    assert "| 1.0" in text
    with pytest.raises(SelectionError, match="rest"):
        commands.export(small.project, "small", "markdown", NOTHING | {"case": "rest/*"})
    with pytest.raises(SelectionError, match="--as csv has all outcomes"):
        commands.export(small.project, "small", "csv", NOTHING | {"family": "few"})


def test_only_what_was_published_can_be_exported(small):
    with pytest.raises(SelectionError, match="no table of outcomes here"):
        commands.export(small.project, "small", "csv", NOTHING)
    with pytest.raises(ConfigError, match="no such matrix"):
        commands.export(small.project, "big", "csv", NOTHING)
