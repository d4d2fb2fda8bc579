"""The commands about matrices: what their options mean, and what they print."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers import view_of

from crossload.cli import matrix_commands
from crossload.config import json_schema
from crossload.environments import Project
from crossload.matrix import commands, gc, unexplained, upkeep
from crossload.matrix.options import Options
from crossload.plan import Selection
from crossload.report import write_reports
from crossload.verdict import Verdict


@pytest.fixture
def calls(monkeypatch):
    """Give the calls of functions that are replaced: all about running, and upkeep."""
    found = []

    def replace(module, name, result=None):
        def call(*arguments, **named):
            found.append((name, arguments, named))
            return result

        monkeypatch.setattr(module, name, call)

    for name in ("run", "merge", "report"):
        replace(commands, name)
    replace(gc, "collect")
    for name in ("refresh_locks", "propose_versions"):
        replace(upkeep, name)
    for name in ("list_causes", "propose_causes"):
        replace(unexplained, name)
    return found


def test_options_of_a_run_are_passed_on(crossload, calls, tmp_path):
    arguments = "--only e* --writer w --reader r --case c --format pickle --jobs 2 --strict --fresh"
    arguments += " --budget 1h --frontier --store s3://b --executor dask --scheduler tcp://h:1"
    done = crossload("run", "small", *arguments.split(), "--no-fork", "--shard", "1/2")

    assert done.code == 0
    ((name, (project, options), named),) = calls
    assert (name, project) == ("run", Project(tmp_path))
    assert named == {"say": matrix_commands.say}
    assert options == Options(
        matrices=("small",),
        selection=Selection(
            only=("e*",), writers=("w",), readers=("r",), cases=("c",), formats=("pickle",)
        ),
        jobs=2,
        strict=True,
        fresh=True,
        budget=3600.0,
        frontier=True,
        store="s3://b",
        executor="dask",
        scheduler="tcp://h:1",
        no_fork=True,
        shard="1/2",
    )


def test_a_run_without_options_is_the_plain_one(crossload, calls):
    crossload("run")
    crossload("run", "--dry-run", "--explain")

    assert [call[1][1] for call in calls] == [Options(), Options(dry_run=True, explain=True)]


@pytest.mark.parametrize("arguments", [["--executor", "dask"], ["--scheduler", "tcp://host:8786"]])
def test_a_cluster_needs_its_scheduler(crossload, calls, arguments):
    done = crossload("run", *arguments)

    assert (done.code, calls) == (2, [])
    assert "--executor dask and --scheduler ADDRESS go together" in done.err


def test_a_dry_run_prints_the_plan(crossload, small):
    done = crossload("run", "--dry-run", "--only", "sklearn-1.1")

    assert done.code == 0
    assert done.out.startswith("small: two versions\n  2 of 8 cells, 0 controls")


def test_a_mistake_in_a_matrix_file_is_named(crossload, small):
    small.write("matrix/small.toml", "[matrix]\n")
    done = crossload("run", "--dry-run")

    assert done.code == 2
    assert "matrix/small.toml" in done.err


def test_the_shards_of_a_plan_are_printed(crossload, small):
    found = json.loads(crossload("plan", "--shards", "2", "--format", "github").out)

    assert [row["shard"] for row in found["include"]] == ["1/2", "2/2"]
    text = crossload("plan", "small", "--case", "forest").out.splitlines()
    assert text[0].split()[:3] == ["shard", "matrices", "writers"]
    assert text[-1].split()[:2] == ["1/1", "small"]


def test_folders_are_merged(crossload, calls, tmp_path):
    crossload("merge", "one", "two", "--matrix", "small", "--strict", "--store", "elsewhere")

    ((name, (project, options, folders), _),) = calls
    assert (name, project, folders) == ("merge", Project(tmp_path), [Path("one"), Path("two")])
    assert options == Options(matrices=("small",), strict=True, store="elsewhere")


def test_a_url_is_no_folder_to_merge(crossload, calls):
    done = crossload("merge", "s3://bucket/name")

    assert (done.code, calls) == (2, [])
    assert done.err == (
        "ERROR s3://bucket/name: merge joins folders\n"
        "TIP a store behind a URL is joined by using it: --store s3://bucket/name\n"
    )


def test_reports_are_written_or_compared(crossload, calls, tmp_path):
    crossload("report", "small", "--store", "s")
    crossload("report", "--since", "last")

    assert [call[1] for call in calls] == [
        (Project(tmp_path), Options(matrices=("small",), store="s"), ""),
        (Project(tmp_path), Options(), "last"),
    ]


@pytest.fixture
def published(small):
    """Give the small project with a report of 24 cells."""
    folder = small.project.reports / "small"
    write_reports(view_of(Verdict.IDENTICAL, Verdict.DRIFT), folder, {})
    return small


def test_outcomes_are_exported_to_standard_output(crossload, published):
    done = crossload("export", "small", "--as", "csv")

    assert done.code == 0
    assert len(done.out.splitlines()) == 1 + 24


def test_outcomes_are_exported_to_a_file(crossload, published, tmp_path):
    path = tmp_path / "table.md"
    done = crossload(
        "export", "small", "--as", "markdown", "--output", str(path), "--case", "forest/*"
    )

    assert (done.code, done.out) == (0, f"wrote {path}\n")
    assert path.read_text().startswith("|")


@pytest.mark.parametrize(
    ("output", "why"), [(".", "is a folder"), ("nowhere/x.csv", "there is no folder")]
)
def test_an_output_that_cannot_be_is_refused(crossload, published, tmp_path, output, why):
    done = crossload("export", "small", "--as", "csv", "--output", str(tmp_path / output))

    assert done.code == 2
    assert why in done.err


def test_an_output_that_may_not_be_written_is_refused(crossload, published, monkeypatch, tmp_path):
    def refuse(folder, texts):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("crossload.report.files.write_texts", refuse)
    done = crossload("export", "small", "--as", "csv", "--output", str(tmp_path / "x.csv"))

    assert done.code == 2
    assert done.err.splitlines() == [
        f"ERROR --output {tmp_path / 'x.csv'}: Permission denied",
        "TIP name a file that may be written",
    ]


def test_an_export_needs_a_report(crossload, small):
    done = crossload("export", "small", "--as", "csv")

    assert done.code == 3
    assert "no table of outcomes here" in done.err


@pytest.mark.parametrize(
    ("arguments", "name", "passed", "named"),
    [
        (["gc"], "collect", (), {"dry_run": False}),
        (["gc", "--dry-run"], "collect", (), {"dry_run": True}),
        (["lock", "small", "--only", "e"], "refresh_locks", (["small"], ["e"]), {}),
        (["versions"], "propose_versions", ([],), {}),
        (["causes", "propose", "small"], "propose_causes", (["small"],), {}),
        (["causes", "list"], "list_causes", ([],), {}),
    ],
)
def test_upkeep_is_called(crossload, calls, tmp_path, arguments, name, passed, named):
    assert crossload(*arguments).code == 0

    assert calls == [(name, (Project(tmp_path), *passed), named | {"say": matrix_commands.say})]


def test_an_environment_is_the_path_of_its_interpreter_alone(crossload, monkeypatch):
    def build_one(project, env_id, *, say, verify):
        say(f"building {env_id}")
        return SimpleNamespace(python=project.environment(env_id) / "bin" / "python")

    monkeypatch.setattr(upkeep, "build_one", build_one)
    done = crossload("env", "sklearn-1.0")

    assert done.out.endswith("/.nox/env-sklearn-1.0/bin/python\n")
    assert len(done.out.splitlines()) == 1
    assert done.err == "building sklearn-1.0\n"


def test_schemas_are_printed(crossload):
    assert json.loads(crossload("schema").out) == json.loads(json.dumps(json_schema()))
    summary = json.loads(crossload("schema", "summary").out)

    assert summary["$schema"].startswith("https://json-schema.org/")
    assert "counts" in summary["properties"]
