"""The supervisor of children: the words for their end."""

from __future__ import annotations

import json
import os

from crossload.worker import supervise


def test_causes_are_told_in_words():
    assert supervise._cause_text("crash", -11) == "the process died of SIGSEGV"
    assert supervise._cause_text("crash", 3) == "the process ended by itself with exit code 3"
    assert supervise._cause_text("timeout", 5) == "no end after 5 s"


def test_the_last_words_are_the_last_lines_that_say_something():
    log = "I <time> cpu.cc:12] found\nfirst\nterminate called\n\n  what():  bad_alloc\nAborted\n"

    assert supervise.last_words(log) == "terminate called | what(): bad_alloc | Aborted"
    assert supervise.last_words("\n I <time> x\n") == ""
    assert len(supervise.last_words("x" * 5000)) == 300


class Died:
    """A child that printed and died before anybody looked."""

    pid = 0

    def poll(self):
        return -6


def test_a_crash_has_the_words_of_its_own_item_in_its_reason(tmp_path):
    job = {
        "op": "load",
        "items": [{"key": "a"}, {"key": "b"}],
        "journal": str(tmp_path / "journal"),
        "marks": str(tmp_path / "marks"),
        "log": str(tmp_path / "log"),
        "limits": {"seconds": 5, "memory_mb": 100},
        "scrub": [["/srv/env", "<environment>"]],
    }
    (tmp_path / "log").write_text("words of a\nfree(): invalid size in /srv/env/x.so\n")

    def start(indexes):
        with open(job["marks"], "ab") as stream:
            stream.write(b"0 1 0\n1 1 11\n" if indexes == [0, 1] else b"0 1 0\n")
        return Died()

    supervise.Supervisor(job, start, os.getppid()).run([[0, 1]])
    records = [json.loads(line) for line in (tmp_path / "journal").read_text().splitlines()]

    assert records[0]["key"] == "b"
    assert records[0]["status"] == "crash"
    assert records[0]["error"]["message"] == (
        "the process died of SIGABRT; its last words: free(): invalid size in <environment>/x.so"
    )
