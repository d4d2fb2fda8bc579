"""Runs batches of items in children and survives whatever they do: crash, exit, hang, grow, print.

A child works through its batch and marks the begin of each item in a file; its outcomes go to the journal, one JSON
line each.  When the child dies, hangs or outgrows its limit, the item in flight is the culprit: its outcome is written
here, and a new child goes on behind it.  The parent itself never loads, predicts or computes.
"""

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

EXIT_DISK = 73
"""Exit code of a child that could not write an outcome (sysexits' EX_CANTCREAT)."""

_SHORTEST, _LONGEST = 0.001, 0.02


class Journal(object):
    """The file of outcomes: a line is written whole, by one write, so that a kill leaves at most one line cut short."""

    def __init__(self, path: str) -> None:
        self.path = path

    def add(self, record: Dict[str, Any]) -> None:
        line = (json.dumps(record, sort_keys=True) + "\n").encode("utf-8")
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            while line:
                line = line[os.write(handle, line) :]
        finally:
            os.close(handle)

    def repair(self) -> None:
        """Cut a line that a killed child left unfinished."""
        if not os.path.exists(self.path):
            return
        with open(self.path, "rb+") as stream:
            text = stream.read()
            if text and not text.endswith(b"\n"):
                stream.truncate(text.rfind(b"\n") + 1)

    def keys(self) -> List[str]:
        """Keys of the outcomes written so far."""
        if not os.path.exists(self.path):
            return []
        with open(self.path, "rb") as stream:
            return [
                json.loads(line.decode("utf-8")).get("key", "")
                for line in stream
                if line.endswith(b"\n")
            ]


class Marks(object):
    """The file in which a child says which item it works on."""

    def __init__(self, path: str) -> None:
        self.path = path
        open(path, "wb").close()

    def begin(self, index: int) -> None:
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.write(handle, ("%d %d\n" % (index, os.getpid())).encode("ascii"))
        os.close(handle)

    def read(self) -> Tuple[int, int, int]:
        """(number of marks, index of the item last begun or -1, process that works on it or 0)."""
        with open(self.path, "rb") as stream:
            lines = stream.read().split(b"\n")[:-1]
        if not lines:
            return 0, -1, 0
        index, pid = lines[-1].split()
        return len(lines), int(index), int(pid)


class Child(object):
    """A running child, forked or spawned."""

    def __init__(self, pid: int, process: Optional[Any] = None) -> None:
        self.pid = pid
        self.process = process

    def poll(self) -> Optional[int]:
        """Exit code (negative: signal), or None while it runs."""
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
            self.process.kill()
        else:
            for kill, target in ((os.killpg, self.pid), (os.kill, self.pid)):
                try:
                    kill(target, signal.SIGKILL)
                except OSError:
                    continue  # gone already, or not yet the leader of its group
        while self.poll() is None:
            time.sleep(_SHORTEST)


def fork(work: Callable[[], None], log: str) -> Child:
    """Fork a child that does ``work`` with its output in a log file, and never returns."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Child(pid)
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        work()
        code = 0
    except SystemExit as wanted:
        code = wanted.code if isinstance(wanted.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def spawn(arguments: List[str], log: str) -> Child:
    """Start a fresh interpreter instead, where there is no fork."""
    with open(log, "wb") as stream:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and files
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=os.name != "nt",
        )
    return Child(process.pid, process)


def resident_mb(pid: int) -> int:
    """Resident memory of a process in MB; 0 where the system does not tell."""
    try:
        with open("/proc/%d/statm" % pid) as stream:
            return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
    except (OSError, IndexError, ValueError):
        pass
    if os.name == "nt" or os.path.isdir("/proc/self"):
        return 0
    try:  # macOS and BSD have ps
        found = subprocess.check_output(["ps", "-o", "rss=", "-p", str(pid)])  # noqa: S603, S607
        return int(found.strip() or b"0") >> 10
    except (OSError, ValueError, subprocess.CalledProcessError):
        return 0


class Supervisor(object):
    """Works through batches of one job."""

    def __init__(
        self, job: Dict[str, Any], start: Callable[[List[int]], Child], parent: int
    ) -> None:
        self.job = job
        self.start = start
        self.parent = parent
        self.journal = Journal(job["journal"])
        self.marks = Marks(job["marks"])
        self.seconds = float(job["limits"]["seconds"])
        self.memory = int(job["limits"]["memory_mb"])

    def run(self, batches: List[List[int]]) -> None:
        for batch in batches:
            rest = list(batch)
            while rest:
                rest = self._run_child(rest)

    def _run_child(self, indexes: List[int]) -> List[int]:
        """Run one child; give the items that it left for the next."""
        before = self.marks.read()[0]
        child = self.start(indexes)
        cause, detail = self._watch(child, before)
        if cause == "exit" and detail == EXIT_DISK:
            raise SystemExit(EXIT_DISK)
        self.journal.repair()
        marks, index, _ = self.marks.read()
        if cause == "exit" and detail == 0:
            done = set(self.journal.keys())
            missing = [i for i in indexes if self.job["items"][i]["key"] not in done]
            if not missing:
                return []
            # a child that left early with code 0 (os._exit(0) in a library) is a crash of the item in flight
            cause = "crash"
        culprit = index if marks > before else indexes[0]
        self._blame(culprit, "crash" if cause == "exit" else cause, detail)
        done = set(self.journal.keys())
        return [i for i in indexes if self.job["items"][i]["key"] not in done]

    def _watch(self, child: Child, marks_before: int) -> Tuple[str, int]:
        try:
            return self._wait(child, marks_before)
        except BaseException:
            child.kill()  # whatever ends the supervisor ends its child: nothing is left behind
            raise

    def _wait(self, child: Child, marks_before: int) -> Tuple[str, int]:
        seen, since, pause, checks = marks_before, time.time(), _SHORTEST, 0
        while True:
            code = child.poll()
            if code is not None:
                return "exit", code
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST)
            checks += 1
            if os.name != "nt" and os.getppid() != self.parent:
                raise SystemExit(0)  # the driver is gone
            marks, _, pid = self.marks.read() if checks % 2 == 0 else (seen, 0, 0)
            if marks != seen:
                seen, since = marks, time.time()
            if time.time() - since > self.seconds:
                child.kill()
                return "timeout", int(self.seconds)
            if checks % 2 == 0 and resident_mb(pid or child.pid) > self.memory:
                child.kill()
                return "memory", self.memory

    def _blame(self, index: int, cause: str, detail: int) -> None:
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
        try:
            with open(self.job["log"], "rb") as stream:
                stream.seek(0, os.SEEK_END)
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
        except ValueError:
            name = "signal %d" % -detail
        return "the process died of " + name
    return "the process ended by itself with exit code %d" % detail
