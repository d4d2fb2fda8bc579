"""The index of the reports folder: one line for each matrix."""

from __future__ import annotations

import json

import pytest
from helpers import view_of

from crossload.report.index import HEADINGS, write_index
from crossload.report.summary import SCHEMA_VERSION, schema_text, summary
from crossload.verdict import Verdict


def publish(folder, name, *verdicts, **more):
    """Publish the summary of a view of 24 cells."""
    known = summary(view_of(*verdicts)) | {"since": "2026-11-22", "date": "2026-11-22"} | more
    (folder / name).mkdir(parents=True)
    (folder / name / "summary.json").write_text(json.dumps(known))


def lines_of(folder, name):
    """Give the cells of the line of a matrix."""
    lines = (folder / "README.md").read_text().splitlines()
    (line,) = [line for line in lines if f"({name}/README.md)" in line]
    return [part.strip() for part in line.strip("|").split("|")]


def test_a_matrix_is_a_line_of_counts(tmp_path):
    publish(tmp_path, "m", Verdict.IDENTICAL, Verdict.DRIFT, Verdict.NOT_AVAILABLE, platform="L x")
    paths = write_index(tmp_path)

    assert [path.name for path in paths] == ["README.md", "index.html", "summary.schema.json"]
    found = dict(zip(HEADINGS, lines_of(tmp_path, "m"), strict=True))
    assert found["matrix"] == "[t](m/README.md)"
    assert found["measured"] == "2026-11-22, L x"
    assert (found["cells"], found["passed"], found["failed"]) == ("24", "8", "8")
    assert (found["silent drifts"], found["n/a"], found["not measured"]) == ("8", "8", "0")
    assert found["without a known cause"] == "8"
    assert found["controls"] == "0 of 0 caught"
    page = (tmp_path / "index.html").read_text()
    assert 'href="m/index.html"' in page
    assert (tmp_path / "summary.schema.json").read_text() == schema_text()


def test_matrices_that_took_several_days_say_so(tmp_path):
    publish(tmp_path, "m", Verdict.IDENTICAL, since="2026-11-20", platform="L x")
    write_index(tmp_path)

    assert lines_of(tmp_path, "m")[1] == "2026-11-20 to 2026-11-22, L x"


def test_titles_are_text_and_no_markup(tmp_path):
    publish(tmp_path, "a", Verdict.IDENTICAL, title="a | <b>title</b>")
    publish(tmp_path, "b", Verdict.NOT_RUN)
    write_index(tmp_path)

    text = (tmp_path / "README.md").read_text()
    assert "a \\| " in text
    assert "<b>title" not in text
    assert "<b>title" not in (tmp_path / "index.html").read_text()
    assert text.index("(a/README.md)") < text.index("(b/README.md)")


def test_reports_of_an_older_version_are_left_out(tmp_path):
    publish(tmp_path, "old", Verdict.IDENTICAL, schema=SCHEMA_VERSION - 1)
    publish(tmp_path, "new", Verdict.IDENTICAL)
    write_index(tmp_path)

    assert "(old/" not in (tmp_path / "README.md").read_text()
    assert lines_of(tmp_path, "new")


def test_an_index_of_nothing_explains_what_will_be_there(tmp_path):
    write_index(tmp_path)

    assert "| column" in (tmp_path / "README.md").read_text()


@pytest.mark.parametrize("text", ["", "{", "[1]", "\x00", f'{{"schema": {SCHEMA_VERSION}}}'])
def test_a_summary_that_is_damaged_is_left_out_with_a_line(tmp_path, text):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "summary.json").write_text(text)
    said = []
    write_index(tmp_path, said.append)

    assert "m/README.md" not in (tmp_path / "README.md").read_text()
    assert said == ["m/summary.json is damaged: the index is without m until it is run"]
