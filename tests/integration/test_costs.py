"""Cost grows with what changed: what is measured again after each kind of change, and by whom."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from small import FEW, SMALL, copy_of, small_project, wait_for_outcomes

ALL_SAVES, ALL_LOADS = 12, 24


@pytest.fixture(scope="module")
def base(project):
    """A project whose small matrix was measured once; tests work with copies of it."""
    small_project(project)
    project.crossload("run", "small")
    return project


@pytest.fixture
def measured(base, tmp_path_factory):
    """The same with its outcomes."""
    other = copy_of(base, tmp_path_factory)
    shutil.copytree(base.root / ".crossload", other.root / ".crossload")
    shutil.copytree(base.root / "reports", other.root / "reports")
    return other


def done(project, *arguments):
    """(saves, loads) of a run, repeats aside."""
    before = Counter((record["kind"], record["key"]) for record in project.journal())
    project.crossload("run", "small", *arguments)
    after = Counter(
        (record["kind"], record["key"]) for record in project.journal() if not record.get("confirm")
    )
    grown = Counter(kind for kind, key in after if after[kind, key] > before[kind, key])
    return grown["save"], grown["load"]


def table(project, *, part=False):
    return (
        project.root / ".crossload" / "tables" / f"small{'-part' if part else ''}.csv"
    ).read_bytes()


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

    assert (
        "0 to measure" not in measured.crossload("run", "small", "--explain").stdout
    )  # its lines moved
    change(recipe_file(measured), "  # a few\n    ", "")
    change(recipe_file(measured), "def slow", "# slow on purpose\ndef slow")
    assert done(measured) == (0, 0)
    assert table(measured) == before


def test_a_tolerance_measures_nothing_and_judges_anew(measured):
    with (measured.root / "matrix" / "small.toml").open("a") as stream:
        stream.write("[tolerance]\nmetric = 0.5\n")
    found = measured.crossload("run", "small")

    assert "judged and written anew" in found.stdout
    assert len(measured.journal()) == len({record["key"] for record in measured.journal()}) + sum(
        bool(record.get("confirm")) for record in measured.journal()
    )


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
    # 2N + 1 pairs of N = 2, 6 cases each; where two writers gave the same bytes, one load answers both
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


@pytest.mark.parametrize("count", [2, 3])
def test_shards_joined_give_the_table_of_one_run(base, tmp_path_factory, count):
    places = []
    for number in range(1, count + 1):
        shard = copy_of(base, tmp_path_factory)
        shard.crossload("run", "small", "--shard", f"{number}/{count}")
        assert not (shard.root / "reports" / "small").exists()
        places.append(str(shard.root / ".crossload"))
    joined = copy_of(base, tmp_path_factory)
    shutil.rmtree(joined.root / ".nox")  # whoever joins needs no environment

    said = joined.crossload("merge", *reversed(places)).stdout

    assert "judged and written anew" in said
    assert table(joined) == table(base)
    assert joined.summary("small")["complete"]
    assert joined.summary("small")["verdicts_sha256"] == base.summary("small")["verdicts_sha256"]
    assert joined.summary("small")["environments"] == base.summary("small")["environments"]


def test_a_shard_that_is_missing_leaves_a_gap_that_is_told(base, tmp_path_factory):
    shard = copy_of(base, tmp_path_factory)
    shard.crossload("run", "small", "--shard", "1/2")
    joined = copy_of(base, tmp_path_factory)

    found = joined.crossload("merge", "--strict", str(shard.root), code=1)

    assert "not every cell was measured" in found.stderr
    assert "NOT MEASURED in this run" in found.stdout
    assert not (
        joined.root / "reports" / "small"
    ).exists()  # a table with gaps takes nobody's place


def test_a_matrix_of_which_nothing_is_known_is_left_alone(measured, tmp_path_factory):
    measured.matrix(
        "other", SMALL.replace("forests", "other forests").replace('"1.2.2", "1.3.2"]', '"1.4.2"]')
    )
    there = measured.root / "reports" / "other"
    there.mkdir()
    (there / "README.md").write_text("published")

    said = measured.crossload("merge", str(measured.root)).stdout

    assert "other: no outcome of it is known" in said
    assert (there / "README.md").read_text() == "published"
    empty = copy_of(measured, tmp_path_factory)
    assert "nothing is known of any matrix" in empty.crossload("report", code=3).stderr


def test_the_plan_is_a_github_matrix(base):
    found = json.loads(
        base.crossload("plan", "small", "--shards", "2", "--format", "github").stdout
    )

    assert [each["shard"] for each in found["include"]] == ["1/2", "2/2"]
    assert {each["matrices"] for each in found["include"]} == {"small"}


def test_a_shard_that_is_not_one_is_refused(base):
    assert (
        "expected NUMBER/COUNT" in base.crossload("run", "small", "--shard", "3/2", code=2).stderr
    )


def test_merging_a_url_is_refused(base):
    assert "merge joins folders" in base.crossload("merge", "file:///tmp/x", code=2).stderr


def test_an_option_of_another_command_is_told(base):
    assert (
        "it is an option of merge, report, run"
        in base.crossload("gc", "--store", "x", code=2).stderr
    )


@pytest.mark.parametrize("text", ["s3:/foo", "file:/tmp/x", "file://tmp/x"])
def test_what_is_nearly_a_url_is_refused(base, text):
    assert "a URL of" in base.crossload("run", "small", "--store", text, code=2).stderr


def test_a_store_that_is_no_folder_is_named(base, tmp_path):
    (tmp_path / "file").touch()
    assert (
        f"{tmp_path / 'file'} is not a folder"
        in base.crossload("run", "small", "--store", str(tmp_path / "file"), code=6).stderr
    )


def test_who_reads_no_further_sees_no_traceback(base):
    command = " ".join(base.command("plan", "small", "--shards", "4", "--format", "json"))
    found = subprocess.run(
        f"{command} | head -c 1", shell=True, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in found.stderr


def test_a_run_ends_with_the_process_that_it_was_started_for(base, tmp_path_factory):
    other = copy_of(base, tmp_path_factory, FEW.replace("PAUSE = 0.0", "PAUSE = 20.0"))
    script = "import subprocess, sys, os; subprocess.run(sys.argv[1:], env=os.environ | {'CROSSLOAD_PARENT': str(os.getpid())})"
    parent = subprocess.Popen(
        [sys.executable, "-c", script, *other.command("run", "small")], start_new_session=True
    )
    wait_for_outcomes(other, 2)
    parent.kill()
    parent.wait()
    end = time.monotonic() + 20
    while other.processes():
        assert time.monotonic() < end, "processes are left"
        time.sleep(0.1)


def test_merging_a_folder_without_a_store_is_refused(base, tmp_path):
    assert "no store here" in base.crossload("merge", str(tmp_path), code=3).stderr


def test_a_store_can_be_another_folder(base, tmp_path_factory):
    other = copy_of(base, tmp_path_factory)
    place = tmp_path_factory.mktemp("elsewhere") / "store"

    other.crossload("run", "small", "--store", str(place))

    assert list(place.glob("journals/*.jsonl"))
    assert not (other.root / ".crossload" / "store").exists()
    assert table(other) == table(base)


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
