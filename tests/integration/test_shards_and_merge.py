"""Shards that are joined, stores in other folders, and what is refused of both."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from small_matrix import SMALL, copy_of, copy_with_outcomes, table


@pytest.fixture(scope="module")
def base(small_measured):
    """Give the project whose small matrix is measured once; tests work with copies of it."""
    return small_measured


@pytest.fixture
def measured(base, tmp_path_factory):
    """Give a copy of it that has its outcomes too."""
    return copy_with_outcomes(base, tmp_path_factory)


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
    # a table with gaps does not take the place of a published one
    assert not (joined.root / "reports" / "small").exists()


def test_a_matrix_of_which_nothing_is_known_is_left_alone(measured, tmp_path_factory):
    other = SMALL.replace("forests", "other forests").replace('"1.2.2", "1.3.2"]', '"1.4.2"]')
    measured.matrix("other", other)
    there = measured.root / "reports" / "other"
    there.mkdir()
    (there / "README.md").write_text("published")

    said = measured.crossload("merge", str(measured.root)).stdout

    assert "other: no outcome of it is known" in said
    assert (there / "README.md").read_text() == "published"
    empty = copy_of(measured, tmp_path_factory)
    assert "nothing is known of any matrix" in empty.crossload("report", code=3).stderr


def test_the_plan_is_a_github_matrix(base):
    done = base.crossload("plan", "small", "--shards", "2", "--format", "github")
    found = json.loads(done.stdout)

    assert [each["shard"] for each in found["include"]] == ["1/2", "2/2"]
    assert {each["matrices"] for each in found["include"]} == {"small"}


def test_a_shard_that_is_not_one_is_refused(base):
    said = base.crossload("run", "small", "--shard", "3/2", code=2).stderr

    assert "expected NUMBER/COUNT" in said


def test_merging_a_url_is_refused(base):
    assert "merge joins folders" in base.crossload("merge", "file:///tmp/x", code=2).stderr


def test_merging_a_folder_without_a_store_is_refused(base, tmp_path):
    assert "no store here" in base.crossload("merge", str(tmp_path), code=3).stderr


def test_an_option_of_another_command_is_told(base):
    said = base.crossload("gc", "--store", "x", code=2).stderr

    assert "it is an option of merge, report, run" in said


@pytest.mark.parametrize("text", ["s3:/foo", "file:/tmp/x", "file://tmp/x"])
def test_what_is_nearly_a_url_is_refused(base, text):
    assert "a URL of" in base.crossload("run", "small", "--store", text, code=2).stderr


def test_a_store_that_is_no_folder_is_named(base, tmp_path):
    path = tmp_path / "file"
    path.touch()

    said = base.crossload("run", "small", "--store", str(path), code=6).stderr

    assert f"{path} is not a folder" in said


def test_a_store_can_be_another_folder(base, tmp_path_factory):
    other = copy_of(base, tmp_path_factory)
    place = tmp_path_factory.mktemp("elsewhere") / "store"

    other.crossload("run", "small", "--store", str(place))

    assert list(place.glob("journals/*.jsonl"))
    assert not (other.root / ".crossload" / "store").exists()
    assert table(other) == table(base)


def test_who_reads_no_further_sees_no_traceback(base):
    command = " ".join(base.command("plan", "small", "--shards", "4", "--format", "json"))
    found = subprocess.run(
        f"{command} | head -c 1", shell=True, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in found.stderr
