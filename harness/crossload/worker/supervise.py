"""Runs batches of items in children and survives whatever they do: crash, exit, hang, grow, print.

A child works through its batch and marks the begin of each item in a file; its outcomes go to the
journal, one JSON line each.  When the child dies, hangs or outgrows its limit, the item in flight
is the culprit: its outcome is written here, and a new child goes on behind it.  The parent itself
never loads, predicts or computes.
"""

import os
import signal
import subprocess
import sys
import time
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

from .errors import Mended, Stopped
from .journal import Journal, Marks
from .machine import (
    DISK_ERRORS,
    OUTSIDE,
    SIZE_LIMIT,
    die_with_parent,
    end_orphans,
    is_of_disk,
    is_stopped,
)

EXIT_AGAIN = 75
"""Exit code of a child that has removed damaged byte code: its item is to be measured again."""

EXIT_DISK = 73
"""Exit code of a child that could not write an outcome (sysexits' EX_CANTCREAT)."""

# Seconds between two looks at a child.  A load of scikit-learn takes about 6 ms: with the longest
# pause from the start, a small batch would mostly be waited for.
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.001, 0.02

_MOST_MENDED = 100
"""Times that a job goes on after damaged byte code; each time there is a file less of it."""

_ENDING = []  # type: List[int]
"""Signal that is to end this process, if one has come."""


def end_child(error: BaseException) -> None:
    """End a child whose outcome says nothing of the model; raise any other error again.

    Raises
    ------
    SystemExit
        With `EXIT_AGAIN`, or `EXIT_DISK` where outcomes cannot be written.
    """
    if isinstance(error, Mended):
        sys.exit(EXIT_AGAIN)
    if not (isinstance(error, Stopped) or is_of_disk(error)):
        raise error
    sys.stderr.write("outcomes cannot be written: %s\n" % error)
    # not a crash of the item: the supervisor must not try to write that either
    sys.exit(EXIT_DISK)


def end_on_signal(number: int, _frame: Any) -> None:
    """End this process by an exception, which lets `Supervisor` kill its child; a signal handler.

    The number is noted too, because the exception may be lost: signals are handled between any two
    instructions, also in callbacks whose exceptions Python ignores, such as those of logging around
    a fork (https://docs.python.org/3/library/os.html#os.register_at_fork). A run that was stopped
    just then waited for its slowest model.
    """
    _ENDING.append(number)
    sys.exit(128 + number)


class Child(object):
    """A running child, forked or spawned."""

    def __init__(self, pid: int, process: Optional[Any] = None) -> None:
        self.pid = pid
        self.process = process
        """The Popen object of a spawned child; None for a forked one."""

    def poll(self) -> Optional[int]:
        """Give the exit code (negative: signal), or None while the child runs."""
        if self.process is not None:
            code: Optional[int] = self.process.poll()
            return code
        done, status = os.waitpid(self.pid, os.WNOHANG)
        if not done:
            return None
        return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)

    def kill(self) -> None:
        """Kill the child and all that it started."""
        if self.process is not None and os.name == "nt":
            # there are no process groups of this kind: what the child started is left to itself
            self.process.kill()
        else:
            # SIGKILL, because hung native code runs no handler of Python.  The group first, as long
            # as its leader is there to name it; then the child itself, which between fork and
            # setsid has no group of its own yet.
            for kill, target in ((os.killpg, self.pid), (os.kill, self.pid)):
                try:
                    kill(target, signal.SIGKILL)
                except OSError:
                    continue  # gone already, or not yet the leader of its group
        # reap it: its number must not be given to another process while it is still in use here
        while self.poll() is None:
            time.sleep(_SHORTEST_PAUSE)


def forks(job: Dict[str, Any]) -> bool:
    """Tell whether children are forks: Windows has none; tests ask for the other way."""
    return hasattr(os, "fork") and not job.get("no_fork")


def fork(work: Callable[[], None], log: str) -> Child:
    """Fork a child that does ``work`` with its output in a log file, and never returns.

    Parameters
    ----------
    work
        Called in the child. A SystemExit ends the child with its code; any other exception is
        printed to the log, and ends it with 1.
    log
        Path of the log file, which is emptied.
    """
    # the child has a copy of these buffers, and would write what is in them a second time
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Child(pid)
    code = 1
    try:
        # leader of a group of its own, so that one kill reaches all that a library starts
        os.setsid()
        # killed, the supervisor kills nobody: the kernel does
        die_with_parent()
        # the handler of the parent would end it by SystemExit, which libraries may catch
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # models have deleted the folder that they ran in
        os.makedirs(os.path.dirname(log), exist_ok=True)
        # file descriptors, not sys.stdout: compiled code prints past Python
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        # stdin is the parent's list of jobs: a library that asks a question must not read from it
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        work()
        code = 0
    except SystemExit as wanted:
        code = wanted.code if isinstance(wanted.code, int) else 1
    except BaseException as error:
        import traceback

        # also where the log cannot be opened: that is no crash of the item
        code = EXIT_DISK if is_of_disk(error) else 1
        try:
            traceback.print_exc()
        except OSError as broken:
            code = EXIT_DISK if broken.errno in DISK_ERRORS else 1
    finally:
        # Not sys.exit: the stack above is the parent's loop, and exit handlers that libraries have
        # registered there may wait for threads that no fork has.
        os._exit(code)


def die_alike(status: int) -> None:
    """Die as a fork of this child died, by the status that ``os.waitpid`` gave.

    The supervisor then knows the culprit by its mark, and goes on behind it.
    """
    if os.WIFSIGNALED(status):
        os.kill(os.getpid(), os.WTERMSIG(status))
        # the signal need not be delivered before the call returns, and may be ignored here
        time.sleep(5)
    os._exit(os.WEXITSTATUS(status) or 1)


def spawn(arguments: List[str], log: str) -> Child:
    """Start a fresh interpreter instead, where there is no fork."""
    with open(log, "wb") as stream:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and files
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            # as setsid does in `fork`
            start_new_session=os.name != "nt",
        )
    return Child(process.pid, process)


def resident_mb(pid: int) -> int:
    """Measure the resident memory of a process in MB; 0 where the system does not tell.

    The limit is watched from outside: RLIMIT_AS would limit address space, of which libraries
    reserve more than they use.
    """
    try:
        with open("/proc/%d/statm" % pid) as stream:
            return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
    except (OSError, IndexError, ValueError):
        pass
    # a Linux whose process has just ended comes here too, and needs no ps
    if os.name == "nt" or os.path.isdir("/proc/self"):
        return 0
    try:  # macOS and BSD have ps
        found = subprocess.check_output(["ps", "-o", "rss=", "-p", str(pid)])  # noqa: S603, S607
        return int(found.strip() or b"0") >> 10
    except (OSError, ValueError, subprocess.CalledProcessError):
        return 0


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
                    "message": _cause_text(cause, detail),
                    "traceback": self._log_tail(),
                },
            }
        )

    def _log_tail(self) -> str:
        """Give the last words of a child, without paths of this machine."""
        try:
            with open(self.job["log"], "rb") as stream:
                stream.seek(0, os.SEEK_END)
                # the end alone: a library in a loop can print gigabytes before the limit
                stream.seek(max(0, stream.tell() - 1500))
                text = stream.read().decode("utf-8", "replace")
        except OSError:
            return ""
        for path, word in self.job.get("scrub", []):
            text = text.replace(path, word)
        return text


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
