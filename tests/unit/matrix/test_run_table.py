"""The table of a run, and what changed between two of them."""

from __future__ import annotations

from helpers import view_of

from crossload.matrix.run_table import KEYS, changes, verdicts_of
from crossload.verdict import Verdict


def test_a_run_is_a_table_of_categories():
    table = verdicts_of(view_of(Verdict.IDENTICAL, Verdict.DRIFT))

    assert list(table.columns) == [*KEYS, "verdict"]
    assert {str(kind) for kind in table.dtypes} == {"category"}
    assert table["verdict"].value_counts()[["identical", "drift"]].to_dict() == {
        "identical": 12,
        "drift": 12,
    }


def test_equal_runs_have_no_changes():
    table = verdicts_of(view_of(Verdict.IDENTICAL))

    assert changes(table, table).text == "no cell changed"


def test_many_changes_are_counted_and_a_few_named():
    old, new = verdicts_of(view_of(Verdict.IDENTICAL)), verdicts_of(view_of(Verdict.DRIFT))
    found = changes(old, new)

    lines = list(found.lines(3))
    assert lines[0] == "newly drifting: 24 cells"
    assert lines[1] == "  forest/pickle sklearn-1.0 -> sklearn-1.0: identical, now drift"
    assert len(lines) == 1 + 3 + 1
    assert lines[-1] == "  ... and 21 more"


def test_a_cell_that_the_old_run_did_not_have_was_unknown():
    new = verdicts_of(view_of(Verdict.IDENTICAL))
    found = changes(new.head(23), new)

    assert found.text.splitlines()[1].endswith(": unknown, now identical")
