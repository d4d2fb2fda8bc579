"""The files that processes of a job share."""

from __future__ import annotations

from crossload.worker.journal import Journal, Marks


def test_a_line_that_was_cut_short_is_cut_off(tmp_path):
    journal = Journal(str(tmp_path / "j"))
    journal.add({"key": "a"})
    with open(journal.path, "ab") as stream:
        stream.write(b'{"key": "b", "sta')
    journal.repair()
    journal.add({"key": "c"})

    assert journal.keys() == ["a", "c"]


def test_marks_tell_the_item_in_flight(tmp_path):
    marks = Marks(str(tmp_path / "m"))
    assert marks.read() == (0, -1, 0)
    marks.begin(3)
    marks.begin(7)

    count, index, pid = marks.read()

    assert (count, index) == (2, 7)
    assert pid > 0


def test_what_is_not_there_has_no_keys_and_needs_no_repair(tmp_path):
    journal = Journal(str(tmp_path / "j"))
    journal.repair()

    assert journal.keys() == []
    assert not (tmp_path / "j").exists()


def test_whole_lines_stay_when_a_journal_is_repaired(tmp_path):
    journal = Journal(str(tmp_path / "j"))
    journal.add({"key": "a"})
    journal.add({"reason": "a line without a key"})
    journal.repair()

    assert journal.keys() == ["a", ""]


def test_a_line_that_is_being_written_has_no_key_yet(tmp_path):
    (tmp_path / "j").write_bytes(b'{"key": "a"}\n{"key": "b"}')

    assert Journal(str(tmp_path / "j")).keys() == ["a"]


def test_marks_of_a_job_that_has_begun_are_not_emptied(tmp_path):
    Marks(str(tmp_path / "m")).begin(3)

    assert Marks.existing(str(tmp_path / "m")).read()[:2] == (1, 3)
    assert Marks(str(tmp_path / "m")).read()[:2] == (0, -1)
