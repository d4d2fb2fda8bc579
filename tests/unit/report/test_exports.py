"""Exports for programs: CSV, JUnit XML, badges, annotations, and the command that writes them."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from helpers import HOSTILE, view_of

import crossload
from crossload.cli.main import main
from crossload.report.exports import EXPORTS, failures, report_to_github, to_annotations, to_junit
from crossload.report.parquet import write_outcomes
from crossload.verdict import Verdict


@pytest.fixture
def folder(tmp_path):
    write_outcomes(
        view_of(Verdict.IDENTICAL, Verdict.DRIFT, Verdict.NOT_RUN, reason=HOSTILE),
        tmp_path / "outcomes.parquet",
    )
    return tmp_path


@pytest.mark.parametrize("layout", list(EXPORTS))
def test_every_export_is_the_same_twice_and_survives_hostile_texts(folder, layout):
    table = crossload.outcomes(folder)

    text = EXPORTS[layout]("m", table)

    assert text == EXPORTS[layout]("m", table)
    assert "</script>]]><b>" not in text or layout in ("csv", "github")
    text.encode()


def test_junit_counts_failures_and_skips_what_was_not_measured(folder):
    table = crossload.outcomes(folder)
    top = ET.fromstring(to_junit("m", table))

    assert len(top.findall(".//testcase")) == len(table)
    assert (
        len(top.findall(".//failure"))
        == (table["verdict"] == "drift").sum()
        == len(failures(table))
    )
    assert len(top.findall(".//skipped")) == (table["verdict"] == "not-run").sum()
    assert sum(int(suite.get("failures")) for suite in top) == len(failures(table))


def test_known_failures_are_no_failures(folder):
    table = crossload.outcomes(folder).assign(
        known="a reason", cause="moved", explained="explained"
    )
    top = ET.fromstring(to_junit("m", table))

    assert top.findall(".//failure") == []
    assert "known: a reason (moved)" in {each.get("message") for each in top.findall(".//skipped")}


def test_no_text_becomes_a_command_of_github(folder):
    lines = to_annotations("m", crossload.outcomes(folder)).splitlines()

    assert lines
    assert all(line.startswith("::warning title=m%3A drift") for line in lines)


def test_github_is_told_only_where_it_is(folder, tmp_path):
    (folder / "README.md").write_text("the report")
    said = []
    report_to_github({}, "m", folder, said.append)
    assert said == []

    summary = tmp_path / "summary.md"
    report_to_github(
        {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}, "m", folder, said.append
    )

    assert len(said) == 1
    assert "the report" in summary.read_text()


def test_the_badge_counts_what_the_newest_version_loads(folder):
    found = json.loads(EXPORTS["badge-json"]("m", crossload.outcomes(folder)))

    loaded = crossload.outcomes(folder).query("reader == 'sklearn-1.1' and writer == 'sklearn-1.0'")
    measured = loaded[loaded["passes"].notna()]
    assert found["label"] == "loads in sklearn-1.1"
    assert found["message"] == f"{int((measured['passes'] == True).sum())}/{len(measured)}"  # noqa: E712
    ET.fromstring(EXPORTS["badge"]("m", crossload.outcomes(folder)))


@pytest.fixture
def published(folder, tmp_path):
    (tmp_path / "matrix" / "recipes").mkdir(parents=True)
    (tmp_path / "matrix" / "recipes" / "r.py").write_text("RECIPES = {}\n")
    (tmp_path / "matrix" / "m.toml").write_text(
        '[matrix]\ntitle = "t"\nrecipes = ["recipes/r.py"]\nformats = ["joblib"]\n'
        '[axis.joblib]\nversions = ["1.0"]\n'
    )
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "m").symlink_to(folder)
    return ["--root", str(tmp_path), "export", "m"]


@pytest.mark.parametrize("layout", ["markdown", "rst", "html", "csv"])
def test_exports_are_written_or_printed(published, tmp_path, capsys, layout):
    assert main([*published, "--as", layout]) == 0
    printed = capsys.readouterr().out
    assert main([*published, "--as", layout, "--output", str(tmp_path / "out.txt")]) == 0

    assert (tmp_path / "out.txt").read_text() == printed
    assert printed


def test_an_output_that_cannot_be_is_told_and_leaves_nothing(published, tmp_path, capsys):
    before = sorted(tmp_path.rglob("*"))
    for output, why in (
        (tmp_path, "is a folder"),
        (tmp_path / "nope" / "x.md", "there is no folder"),
    ):
        assert main([*published, "--as", "markdown", "--output", str(output)]) == 2
        assert why in capsys.readouterr().err
    assert main([*published, "--as", "csv", "--family", "trees"]) == 3
    assert "--as csv has all outcomes" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before
