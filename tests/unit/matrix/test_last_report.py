"""The last report of a matrix: when it may be shown again, and what is wrong with it."""

from __future__ import annotations

import pytest
from builders_engine import A

from crossload.errors import EnvironmentUnavailable, HarnessFault, StrictFailure
from crossload.matrix.last_report import LastReport, errors_of_last_report, print_last_report
from crossload.plan import Selection

WHOLE = ("outcomes.parquet", "README.md", "index.html", "summary.json")


@pytest.fixture
def report(small):
    return LastReport(small.project, small.plan())


def publish(small, report):
    for name in WHOLE:
        small.write(f"reports/small/{name}", "")
    report.write(report.read() | {"text": "tables", "files": report.digests()})


def test_what_is_written_is_read(report):
    assert report.read() == {}
    report.write({"text": "tables"})

    assert report.read() == {"text": "tables"}


@pytest.mark.parametrize("text", ["", "{", "[1]", "\x00"])
def test_a_damaged_file_is_as_none(report, text):
    report.write({})
    report.path.write_text(text)

    assert report.read() == {}


def test_a_part_has_files_of_its_own(small):
    whole = LastReport(small.project, small.plan())
    part = LastReport(small.project, small.plan(Selection(only=(A,))))
    partial = LastReport(small.project, small.plan(), part=True)

    assert whole.folder == small.project.reports / "small"
    assert part.folder == partial.folder == small.project.work / "reports" / "small"
    assert part.path == partial.path != whole.path


def test_the_table_of_verdicts_is_written_as_a_whole(small, report):
    report.write_table(iter(["a,b\n", "1,2\n"]))

    folder = small.project.work / "tables"
    assert [path.name for path in folder.iterdir()] == ["small.csv"]
    assert (folder / "small.csv").read_text() == "a,b\n1,2\n"


def test_a_report_is_whole_with_all_its_files(small, report):
    assert not report.has_report
    publish(small, report)
    assert report.has_report
    (report.folder / "index.html").unlink()

    assert not report.has_report


def test_a_report_is_current_until_anything_changes(small, report):
    folder = small.project.work / "store"
    publish(small, report)
    assert not report.is_current(folder)
    report.write(report.read() | {"quick": report.digest_of_files(folder)})

    assert report.is_current(folder)
    (report.folder / "README.md").unlink()
    assert not report.is_current(folder)


CHANGES = {
    "journal": ".crossload/store/journals/1-x.jsonl",
    "artifact": ".crossload/store/artifacts/0000",
    "outputs": ".crossload/store/outputs/0000.npz",
    "state": ".crossload/store/states/0000.json",
    "matrix file": "matrix/small.toml",
    "recipe": "matrix/recipes/few.py",
    "cause": "matrix/causes/mine.toml",
}


@pytest.mark.parametrize("path", CHANGES.values(), ids=CHANGES)
def test_every_file_that_a_run_reads_counts(small, report, path):
    folder = small.project.work / "store"
    before = report.digest_of_files(folder)
    small.write(path, "something else")

    # of another run: one that goes on has read them when it began
    assert LastReport(small.project, report.plan).digest_of_files(folder) != before


def test_selectors_count(small, report):
    folder = small.project.work / "store"
    part = LastReport(small.project, small.plan(Selection(only=(A,))))

    assert part.digest_of_files(folder) != report.digest_of_files(folder) != ""


def test_an_environment_that_does_not_stand_leaves_it_open(small, report):
    small.project.environment(A).rename(small.root / "gone")

    assert report.digest_of_files(small.project.work / "store") == ""


def test_outcomes_of_other_plans_do_not_count(small, store, machine, report):
    small.run(store)
    ledger = small.ledger(store)
    before = report.digest_of_outcomes(ledger)
    store.reader.record({"kind": "load", "key": "f" * 32, "status": "ok"}, "1-x.jsonl")
    assert report.digest_of_outcomes(ledger) == before

    ledger.failures[A] = "no network"
    assert report.digest_of_outcomes(ledger) != before


def test_the_tables_are_printed_again(small, report):
    report.write({"text": "the tables"})
    print_last_report(report, small.plan(), small.said.append)

    assert small.said[0] == "the tables"
    assert "nothing to measure" in small.said[1]


FINE = {"measured": 8, "complete": True, "unexplained": 0, "missed": [], "differs": 0, "causes": []}


@pytest.mark.parametrize(
    ("known", "strict", "expected"),
    [
        ({}, True, []),
        ({"unexplained": 2, "differs": 3}, False, []),
        (
            {"unexplained": 2},
            True,
            [(StrictFailure, "small: --strict: 2 failures have no known cause")],
        ),
        (
            {"differs": 3, "unexplained": 1},
            True,
            [
                (
                    StrictFailure,
                    "small: --strict: 3 verdicts are not those published; 1 failures have no known"
                    " cause",
                )
            ],
        ),
        (
            {"complete": False},
            True,
            [(StrictFailure, "small: --strict: not every cell was measured")],
        ),
        ({"complete": False}, False, []),
        (
            {"measured": 0},
            False,
            [(EnvironmentUnavailable, "small: not one of 8 cells could be measured")],
        ),
        ({"measured": 0, "out_of_time": True}, False, []),
        (
            {"missed": ["m: drift"]},
            False,
            [(HarnessFault, "small: 1 controls were missed:\nm: drift")],
        ),
    ],
)
def test_what_is_wrong_with_the_tables_is_an_error(
    small, report, monkeypatch, known, strict, expected
):
    monkeypatch.setattr("crossload.matrix.baseline.shipped_causes", lambda: small.root / "none")
    report.write(FINE | known)
    found = errors_of_last_report(report, small.plan(), strict=strict)

    assert [(type(error), str(error)) for error in found] == expected


def test_ten_of_many_missed_controls_are_named(small, report):
    report.write(FINE | {"missed": [f"control {number}" for number in range(12)]})
    (found,) = errors_of_last_report(report, small.plan(), strict=False)

    assert str(found).splitlines()[-1] == "control 9"
    assert "12 controls were missed" in str(found)
