"""Runs batches of items in children and survives whatever they do: crash, exit, hang, grow, print.

A child works through its batch and marks the begin of each item in a file; its outcomes go to the
journal, one JSON line each.  When the child dies, hangs or outgrows its limit, the item in flight
is the culprit: its outcome is written here, and a new child goes on behind it.  The parent itself
never loads, predicts or computes.
"""

import os
import signal
import sys
import time
from typing import Any, Callable, Dict, List, Set, Tuple

from .children import EXIT_AGAIN, EXIT_DISK, Child, resident_mb
from .errors import scrub
from .journal import Journal, Marks
from .machine import OUTSIDE, SIZE_LIMIT, end_orphans, is_stopped
from .texts import shortened

# Seconds between two looks at a child.  A load of scikit-learn takes about 6 ms: with the longest
# pause from the start, a small batch would mostly be waited for.
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.001, 0.02

_MOST_MENDED = 100
"""Times that a job goes on after damaged byte code; each time there is a file less of it."""

_ENDING = []  # type: List[int]
"""Signal that is to end this process, if one has come."""


def end_on_signal(number: int, _frame: Any) -> None:
    """End this process by an exception, which lets `Supervisor` kill its child; a signal handler.

    The number is noted too, because the exception may be lost: signals are handled between any two
    instructions, also in callbacks whose exceptions Python ignores, such as those of logging around
    a fork (https://docs.python.org/3/library/os.html#os.register_at_fork). A run that was stopped
    just then waited for its slowest model.
    """
    _ENDING.append(number)
    sys.exit(128 + number)


class Supervisor(object):
    """Works through the batches of one job.

    Parameters
    ----------
    job
        The job: operation, items, limits, and the paths of journal, marks and log.
    start
        Starts a child that works through the items with these indexes.
    parent
        The process that this one must not outlive.
    """

    def __init__(
        self, job: Dict[str, Any], start: Callable[[List[int]], Child], parent: int
    ) -> None:
        self.job = job
        self.start = start
        self.parent = parent
        self.journal = Journal(job["journal"])
        self.marks = Marks(job["marks"])
        self.ended_from_outside: Set[int] = set()
        self.mended = 0
        """Items whose child was ended from outside: another begins before they are blamed."""
        self.seconds = float(job["limits"]["seconds"])
        self.memory = int(job["limits"]["memory_mb"])

    def run(self, batches: List[List[int]]) -> None:
        """Work through all batches: afterwards each of their items has an outcome.

        Parameters
        ----------
        batches
            Indexes of items; those of a batch share a child as long as it lives.

        Raises
        ------
        SystemExit
            An outcome could not be written (`EXIT_DISK`), or the driver is gone (0).
        """
        for batch in batches:
            rest = list(batch)
            while rest:
                rest = self._run_child(rest)

    def _run_child(self, indexes: List[int]) -> List[int]:
        """Run one child; give the items that it left for the next."""
        before = self.marks.read()[0]
        child = self.start(indexes)
        cause, detail = self._watch(child, before)
        # what it started and left behind would go on, beside what is measured next
        end_orphans()
        if cause == "exit" and (detail == EXIT_DISK or -detail == SIZE_LIMIT):
            raise SystemExit(EXIT_DISK)
        self.journal.repair()
        marks, index, _ = self.marks.read()
        if cause == "exit" and detail == 0:
            done = set(self.journal.keys())
            missing = [i for i in indexes if self.job["items"][i]["key"] not in done]
            if not missing:
                return []
            # a child that left early with code 0 (os._exit(0) in a library) is a crash of the item
            # in flight
            cause = "crash"
        # without a new mark it died before its first item, which else would be tried for ever
        culprit = index if marks > before else indexes[0]
        # somebody, or a machine that is short of memory, ended it: that is no fact of the model
        # unless it happens again
        outside = cause == "stopped" or (cause == "exit" and -detail in OUTSIDE)
        mended = cause == "exit" and detail == EXIT_AGAIN and self._may_mend()
        first = outside and culprit not in self.ended_from_outside
        if outside:
            self.ended_from_outside.add(culprit)
        if mended or first:
            done = set(self.journal.keys())
            return [i for i in indexes if self.job["items"][i]["key"] not in done]
        cause = {"exit": "crash", "stopped": "timeout"}.get(cause, cause)
        self._blame(culprit, cause, detail)
        done = set(self.journal.keys())
        return [i for i in indexes if self.job["items"][i]["key"] not in done]

    def _may_mend(self) -> bool:
        """Tell whether a child may end once more because of damaged byte code."""
        # beyond that it is the doing of a model
        self.mended += 1
        return self.mended <= _MOST_MENDED

    def _watch(self, child: Child, marks_before: int) -> Tuple[str, int]:
        try:
            return self._wait(child, marks_before)
        except BaseException:
            child.kill()  # whatever ends the supervisor ends its child: nothing is left behind
            raise

    def _wait(self, child: Child, marks_before: int) -> Tuple[str, int]:
        """Wait for a child; give the cause of its end with an exit code, seconds, or MB."""
        seen, since, pause, checks = marks_before, time.time(), _SHORTEST_PAUSE, 0
        while True:
            code = child.poll()
            if code is not None:
                return "exit", code
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            checks += 1
            if _ENDING:
                raise SystemExit(128 + _ENDING[0])
            # a driver that was killed says no goodbye; the orphan has another parent then, except
            # on Windows, where the number stays
            if os.name != "nt" and os.getppid() != self.parent:
                raise SystemExit(0)
            # the files are read every other time, so that the parent leaves the core to the child
            marks, _, pid = self.marks.read() if checks % 2 == 0 else (seen, 0, 0)
            if marks != seen:
                # the limit is one item's, not the batch's
                seen, since = marks, time.time()
            if time.time() - since > self.seconds:
                halted = is_stopped(pid or child.pid) or is_stopped(child.pid)
                child.kill()
                return "stopped" if halted else "timeout", int(self.seconds)
            if checks % 2 == 0 and resident_mb(pid or child.pid) > self.memory:
                child.kill()
                return "memory", self.memory

    def _blame(self, index: int, cause: str, detail: int) -> None:
        """Write the outcome of an item whose child could not."""
        item = self.job["items"][index]
        message = _cause_text(cause, detail)
        words = self._last_words() if cause == "crash" else ""
        self.journal.add(
            {
                "kind": self.job["op"],
                "key": item["key"],
                "status": cause,
                "stage": "unknown",
                "seconds": {},
                "warnings": [],
                "confirm": bool(self.job.get("isolate")),
                "error": {
                    "type": cause,
                    "message": message + ("; its last words: " + words if words else ""),
                    "traceback": self._log_tail(),
                },
            }
        )

    def _last_words(self) -> str:
        """Give the last lines that a child printed since it began its item, in one line."""
        return last_words(self._log_tail(self.marks.printed_before()))

    def _log_tail(self, since: int = 0) -> str:
        """Give the end of what a child printed, without what differs from run to run."""
        try:
            with open(self.job["log"], "rb") as stream:
                stream.seek(0, os.SEEK_END)
                # the end alone: a library in a loop can print gigabytes before the limit
                stream.seek(max(0, since, stream.tell() - 1500))
                text = stream.read().decode("utf-8", "replace")
        except OSError:
            return ""
        return scrub(text, self.job)


def last_words(text: str) -> str:
    """Choose the lines of the end of a log that say why a process died.

    Parameters
    ----------
    text
        The end of what the process printed.

    Returns
    -------
    str
        The last three lines in one, 300 characters at most; empty where nothing was printed.
    """
    lines = [" ".join(line.split()) for line in text.splitlines()]
    # TensorFlow says in many lines which processor it found: https://abseil.io/docs/cpp/guides/logging
    lines = [line for line in lines if line and not line.startswith("I <time>")]
    return shortened(" | ".join(lines[-3:]), 300)


def _cause_text(cause: str, detail: int) -> str:
    if cause == "timeout":
        return "no end after %d s" % detail
    if cause == "memory":
        return "more than %d MB of memory" % detail
    if detail < 0:
        try:
            name = signal.Signals(-detail).name
        except ValueError:  # a real-time signal
            name = "signal %d" % -detail
        return "the process died of " + name
    return "the process ended by itself with exit code %d" % detail
