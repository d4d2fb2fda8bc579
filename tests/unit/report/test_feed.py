"""The feed of regressions: one entry for each run that made it worse."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from helpers import view_of

from crossload.environments import Project
from crossload.matrix.history import History
from crossload.verdict import Verdict


def when(minute):
    return datetime(2026, 11, 22, 10, minute, tzinfo=UTC)


def test_the_feed_has_an_entry_for_each_run_that_made_it_worse(tmp_path):
    history = History(Project(tmp_path), "m")
    empty = ET.fromstring(history.feed("A title"))
    atom = "{http://www.w3.org/2005/Atom}"
    assert empty.findall(f"{atom}entry") == []
    history.append(view_of(Verdict.IDENTICAL), when(1))
    history.append(view_of(Verdict.DRIFT, Verdict.LOAD_ERROR), when(2))
    history.append(view_of(Verdict.IDENTICAL, Verdict.LOAD_ERROR), when(3))
    history.append(view_of(Verdict.CRASH, Verdict.IDENTICAL), when(4))

    feed = ET.fromstring(history.feed("A title"))

    entries = feed.findall(f"{atom}entry")
    assert [each.find(f"{atom}title").text for each in entries] == [
        "m: 12 new failures",
        "m: 12 newly drifting, 12 new failures",
    ]
    assert [each.find(f"{atom}updated").text for each in entries] == [
        "2026-11-22T10:04:00Z",
        "2026-11-22T10:02:00Z",
    ]
    assert feed.find(f"{atom}updated").text == "2026-11-22T10:04:00Z"
    assert "identical, now crash" in entries[0].find(f"{atom}content").text
    assert len({each.find(f"{atom}id").text for each in [feed, *entries]}) == 3
    assert history.feed("A title") == history.feed("A title")
