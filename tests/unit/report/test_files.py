"""The files of a report: written whole, and twice the same."""

from __future__ import annotations

from builders_report import VERDICTS, view_of

from crossload.report import (
    write_reports,
)


def test_reports_are_written_whole_and_twice_the_same(tmp_path):
    view = view_of(*VERDICTS)
    names = ["README.md", "index.html", "summary.json", "outcomes.parquet"]

    assert [path.name for path in write_reports(view, tmp_path)] == names
    first = {name: (tmp_path / name).read_bytes() for name in names}
    write_reports(view, tmp_path)

    assert {name: (tmp_path / name).read_bytes() for name in names} == first
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
