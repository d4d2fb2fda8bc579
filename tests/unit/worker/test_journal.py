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
