"""The summary for programs: JSON that follows its schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builders_report import view_of

from crossload.report.summary import schema_text, summary
from crossload.verdict import Verdict


def test_the_summary_is_json_without_infinities():
    text = json.dumps(summary(view_of(Verdict.DRIFT)), allow_nan=False)

    assert json.loads(text)["counts"]["drift"] == len(view_of(Verdict.DRIFT).rows)


def test_the_published_summaries_follow_their_schema():
    jsonschema = pytest.importorskip("jsonschema")
    reports = Path(__file__).resolve().parents[3] / "reports"
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    found = list(reports.glob("*/summary.json"))
    assert found
    assert (reports / "summary.schema.json").read_text() == schema_text()
    for path in found:
        jsonschema.validate(json.loads(path.read_text()), schema)
