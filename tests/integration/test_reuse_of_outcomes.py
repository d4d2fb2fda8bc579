"""Outcomes that are known are not measured again: the cost of a run grows with what changed."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from small_matrix import FEW, copy_of, copy_with_outcomes, table, wait_for_outcomes

ALL_SAVES, ALL_LOADS = 12, 24


@pytest.fixture(scope="module")
def base(small_measured):
    """Give the project whose small matrix is measured once; tests work with copies of it."""
    return small_measured


@pytest.fixture
def measured(base, tmp_path_factory):
    """Give a copy of it that has its outcomes too."""
    return copy_with_outcomes(base, tmp_path_factory)


def done(project, *arguments):
    """Run; give (saves, loads) that it measured, without repeats."""
    before = Counter((record["kind"], record["key"]) for record in project.journal())
    project.crossload("run", "small", *arguments)
    after = Counter(
        (record["kind"], record["key"]) for record in project.journal() if not record.get("confirm")
    )
    grown = Counter(kind for kind, key in after if after[kind, key] > before[kind, key])
    return grown["save"], grown["load"]


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def recipe_file(project):
    return project.root / "matrix" / "recipes" / "few.py"


def test_nothing_changed_and_nothing_is_started_not_even_with_the_network_off(measured):
    assert done(measured) == (0, 0)
    command = ["unshare", "-r", "-n", *measured.command("run", "small")]
    if subprocess.run(["unshare", "-r", "-n", "true"], check=False).returncode:
        pytest.skip("this machine lets nobody take the network away")
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "nothing to measure" in found.stdout


def test_one_recipe_costs_that_recipe(measured):
    change(recipe_file(measured), "n_estimators=5", "n_estimators=6")

    explained = measured.crossload("run", "small", "--explain").stdout

    assert re.search(r"4 +8 +recipe forest changed", explained)
    assert "logistic" not in explained
    assert done(measured) == (4, 8)


def test_a_comment_costs_nothing(measured):
    before = table(measured)
    change(recipe_file(measured), "n_estimators=5", "n_estimators=5  # a few\n    ")

    # the lines of its functions moved
    assert "0 to measure" not in measured.crossload("run", "small", "--explain").stdout
    change(recipe_file(measured), "  # a few\n    ", "")
    change(recipe_file(measured), "def slow", "# slow on purpose\ndef slow")
    assert done(measured) == (0, 0)
    assert table(measured) == before


def test_a_tolerance_measures_nothing_and_judges_anew(measured):
    with (measured.root / "matrix" / "small.toml").open("a") as stream:
        stream.write("[tolerance]\nmetric = 0.5\n")
    found = measured.crossload("run", "small")

    assert "judged and written anew" in found.stdout
    records = measured.journal()
    repeats = sum(bool(record.get("confirm")) for record in records)
    assert len(records) == len({record["key"] for record in records}) + repeats


def test_limits_cost_everything_and_say_so(measured):
    change(measured.root / "matrix" / "small.toml", "seconds = 30", "seconds = 31")

    assert "the limits changed" in measured.crossload("run", "small", "--explain").stdout
    assert done(measured)[0] == ALL_SAVES


def test_another_environment_costs_one_row_and_one_column(measured):
    change(measured.root / "matrix" / "small.toml", '"1.3.2"]', '"1.3.2", "1.4.2"]')

    explained = measured.crossload("run", "small", "--explain").stdout

    assert "environment sklearn-1.4.2 is new" in explained
    assert "54 cells" in explained
    saves, loads = done(measured)
    assert saves == 6
    # 2N + 1 pairs of N = 2, 6 cases each; where two writers gave the same bytes, one load is enough
    assert 6 < loads <= 5 * 6
    pairs = measured.outcomes("small")
    assert len(pairs) == 9 * 6


def test_fresh_ignores_what_was_measured_and_saves_the_same_bytes(measured):
    keys = {record["key"] for record in measured.journal()}
    before = table(measured)

    measured.crossload("run", "small", "--fresh")

    counts = Counter(record["key"] for record in measured.journal() if not record.get("confirm"))
    assert set(counts) == keys  # the same bytes: the same keys of loads
    assert set(counts.values()) == {2}
    assert table(measured) == before


def test_two_runs_share_a_store_and_the_work(base, tmp_path_factory):
    other = copy_of(base, tmp_path_factory, FEW.replace("PAUSE = 0.0", "PAUSE = 3.0"))
    running = [other.start("run", "small"), other.start("run", "small")]
    for each in running:
        _, errors = each.communicate(timeout=120)
        assert each.returncode == 0, errors

    counts = Counter(record["key"] for record in other.journal() if not record.get("confirm"))
    assert set(counts.values()) == {1}
    assert other.summary("small")["complete"]


def test_what_no_matrix_refers_to_is_dropped(measured):
    change(recipe_file(measured), "n_estimators=5", "n_estimators=7")
    measured.crossload("run", "small")
    before = table(measured)
    store = measured.root / ".crossload" / "store"
    artifacts = len(list((store / "artifacts").iterdir()))

    said = measured.crossload("gc", "--dry-run").stdout
    assert "would drop 12 outcomes" in said
    assert len(list((store / "artifacts").iterdir())) == artifacts
    assert "dropped 12 outcomes" in measured.crossload("gc").stdout

    assert len(list((store / "artifacts").iterdir())) < artifacts
    assert done(measured) == (0, 0)
    measured.crossload("run", "small", "--fresh")
    assert table(measured) == before


def test_damaged_outputs_are_set_aside_and_measured_again(measured):
    before = table(measured)
    row = measured.outcomes("small").loc[("logistic", "pickle", "sklearn-1.2.2", "sklearn-1.3.2")]
    assert row["verdict"] == "identical"
    for path in (measured.root / ".crossload" / "store" / "outputs").iterdir():
        path.write_bytes(path.read_bytes()[:100])
    (measured.root / ".crossload" / "shown" / "small.json").unlink()
    shutil.rmtree(measured.root / ".crossload" / "metrics")  # or nobody would read the outputs

    found = measured.crossload("run", "small")

    assert "SET ASIDE outputs/" in found.stdout
    assert "what refers to it is measured again" in found.stderr
    assert table(measured) == before


START = """
import os, subprocess, sys
subprocess.run(sys.argv[1:], env=os.environ | {"CROSSLOAD_PARENT": str(os.getpid())})
"""


def test_a_run_ends_with_the_process_that_it_was_started_for(base, tmp_path_factory):
    other = copy_of(base, tmp_path_factory, FEW.replace("PAUSE = 0.0", "PAUSE = 20.0"))
    command = [sys.executable, "-c", START, *other.command("run", "small")]
    parent = subprocess.Popen(command, start_new_session=True)
    wait_for_outcomes(other, 2)
    parent.kill()
    parent.wait()
    end = time.monotonic() + 20
    while other.processes():
        assert time.monotonic() < end, "processes are left"
        time.sleep(0.1)


def test_a_run_of_limited_size_is_stopped_by_ctrl_c_while_another_goes_on(base, tmp_path_factory):
    other = copy_of(base, tmp_path_factory, FEW.replace("PAUSE = 0.0", "PAUSE = 2.0"))
    first = other.start("run", "small")
    wait_for_outcomes(other, 2)
    second = other.start("run", "small")
    time.sleep(1)
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=30)
    _, errors = second.communicate(timeout=120)

    assert second.returncode == 0, errors
    assert other.summary("small")["complete"]
