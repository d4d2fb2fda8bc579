"""A pinned interpreter that has imported its libraries and takes jobs.

This is the driver's end of ``worker/serve.py``.  The two talk by files: the driver writes a job
file and names it on stdin, the process answers in a journal.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crossload import worker
from crossload.engine.interfaces import Stopped
from crossload.engine.leftovers import end_processes_of
from crossload.engine.process_setup import child_environment, scrub_words
from crossload.environments.bytecode import FOLDER as BYTECODE
from crossload.environments.bytecode import keep_bytecode
from crossload.errors import EnvironmentUnavailable, HarnessFault
from crossload.store.layout import disk_error
from crossload.worker.children import EXIT_DISK
from crossload.worker.machine import OUTSIDE, is_stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crossload.config import Limits
    from crossload.environments import Built
    from crossload.store.store import Store

HELLO_SECONDS = 300.0
"""The first import of a new environment compiles byte code: 12 s here, more on slow disks."""

STOPPED_SECONDS = 5.0
"""Seconds that a process may be stopped, as by a debugger, before another takes its place."""

_LOST_HINT = "run again: what was measured is kept"

DISTRIBUTIONS = {"sklearn": "scikit-learn", "tensorflow": "tensorflow"}
"""Distributions of modules whose versions are asserted by import."""


class ServerLost(HarnessFault):
    """The process of an environment was ended, or stopped, by something else than its work."""


class Server:
    """One process of a pinned interpreter.  Not for several threads at once.

    Parameters
    ----------
    built
        The environment.
    store
        Where its outcomes go; the process works in a folder below ``store.scratch``.
    control
        What the entry point of the worker wants to know.
    entry
        The file of the worker that is started.
    words
        More words that stand for paths in recorded texts, by path.
    """

    def __init__(
        self,
        built: Built,
        store: Store,
        control: Mapping[str, Any],
        *,
        entry: str = "serve.py",
        words: Mapping[str, str] | None = None,
    ) -> None:
        self.built = built
        self.store = store
        self.folder = Path(tempfile.mkdtemp(prefix=f"{built.environment.id}-", dir=store.scratch))
        # two distributions have the module tensorflow, and a lock has one of them
        locked = built.lock.versions()
        if "tensorflow-cpu" in locked:
            locked["tensorflow"] = locked["tensorflow-cpu"]
        self.scrub = scrub_words(built, store, self.folder, words or {})
        control = {
            **control,
            "hello": str(self.folder / "hello.jsonl"),
            "locked": locked,
            "distributions": DISTRIBUTIONS,
            "scrub": self.scrub,
        }
        control_path = self.folder / "control.json"
        control_path.write_text(json.dumps(control), encoding="utf-8")
        self._log = (self.folder / "server.log").open("wb")
        serve = Path(worker.__path__[0]) / entry
        # The process imports everything once and never computes: after TensorFlow or OpenMP has run
        # anything, forks of it hang (https://github.com/tensorflow/tensorflow/issues/5448,
        # https://github.com/scikit-learn/scikit-learn/issues/19272).
        self._process = subprocess.Popen(
            # -s: no packages of the user's home.  Not -I, which would ignore PYTHONHASHSEED and
            # the other variables that make outcomes reproducible.
            [str(built.python), "-s", str(serve), str(control_path)],
            # its end ends the process, also where the driver was killed
            stdin=subprocess.PIPE,
            # libraries print what they like: answers never go this way
            stdout=self._log,
            stderr=self._log,
            env=child_environment(self.folder, os.environ, built.environment.variables),
            # models that write into the current folder do it here
            cwd=self.folder,
            # Ctrl-C in a terminal goes to all processes of its foreground group: the driver alone
            # is to get it, and ends this one in order
            start_new_session=True,
        )
        self._jobs = 0
        self._next_look, self._stopped_since = 0.0, time.monotonic()
        self.facts: dict[str, Any] = {}
        """Versions and imports, as the process told them when it was ready."""

    def wait_until_ready(self, stopped: Callable[[], bool]) -> None:
        """Wait until everything is imported.

        Parameters
        ----------
        stopped
            Asked now and then; true gives up.

        Raises
        ------
        EnvironmentUnavailable
            The imports fail or do not end; the message has the reason.
        HarnessFault
            What is imported is not what the lock says.
        Stopped
            ``stopped()`` was true.
        """
        path, end = self.folder / "hello.jsonl", time.monotonic() + HELLO_SECONDS
        while True:
            # asked before reading: what it wrote before its end is read in any case
            gone = self._process.poll() is not None
            # a line without its end is being written
            if path.exists() and (text := path.read_text(encoding="utf-8")).endswith("\n"):
                break
            if stopped():
                raise Stopped
            if gone or time.monotonic() > end:
                code = self._process.returncode
                if (code is not None and -code in OUTSIDE) or is_stopped(self._process.pid):
                    msg = f"{self.built.environment.id}: something ended its imports"
                    raise ServerLost(msg, hint=_LOST_HINT)
                if code == EXIT_DISK:
                    self._raise_gone(code)
                reason = self._log_tail() or (
                    "its interpreter ended" if gone else "its imports do not end"
                )
                msg = f"{self.built.environment.id}: {reason}"
                raise EnvironmentUnavailable(msg)
            self._check_stopped()
            time.sleep(0.02)
        facts = json.loads(text)
        if facts["status"] != "ok":
            error = facts["error"]
            msg = (
                f"{self.built.environment.id}: cannot be used: {error['type']}: {error['message']}"
            )
            # versions are asserted by import: another one means that somebody changed the
            # environment after it was built
            if error["type"] == "AssertionError":
                raise HarnessFault(
                    msg, hint=f"delete the folder {self.built.folder.name} in .nox and run again"
                )
            raise EnvironmentUnavailable(msg)
        self.facts = facts
        # now that everything is imported, and before any model is loaded
        keep_bytecode(self.built.folder, self.built.folder.parent / BYTECODE)

    def run(
        self,
        op: str,
        items: Sequence[dict[str, Any]],
        limits: Limits,
        *,
        stopped: Callable[[], bool],
        on_outcome: Callable[[dict[str, Any], str], None],
        isolate: bool = False,
        no_fork: bool = False,
    ) -> Path:
        """Do one job and wait for its end.

        Parameters
        ----------
        op
            ``save`` or ``load``.
        items
            What to save or load, each with the ``key`` of its outcome.
        limits
            Seconds and MB that one item may take.
        stopped
            Asked now and then; true gives up.
        on_outcome
            Gets each outcome, and the name of the journal, as soon as it is on disk.
        isolate
            Do each item in a process of its own.
        no_fork
            Start a fresh interpreter in place of each fork.

        Returns
        -------
        Path
            The journal.

        Raises
        ------
        StoreError
            Outcomes cannot be written.
        HarnessFault
            The process itself died.
        Stopped
            ``stopped()`` was true; the process is to be closed.
        """
        # a folder a job, dropped after it: models may write a lot beside themselves
        self._jobs += 1
        place = self.folder / f"job{self._jobs}"
        place.mkdir()
        journal = self.store.new_journal(self.built.environment.id)
        job = {
            "op": op,
            "items": list(items),
            "journal": str(journal),
            "marks": str(place / "marks"),
            "log": str(place / "log.txt"),
            "scratch": str(place),
            "artifacts": str(self.store.blobs.artifacts),
            "outputs": str(self.store.blobs.outputs),
            "states": str(self.store.blobs.states),
            "limits": {"seconds": limits.seconds, "memory_mb": limits.memory_mb},
            "scrub": self.scrub,
            "isolate": isolate,
            "no_fork": no_fork,
        }
        (place / "job.json").write_text(json.dumps(job), encoding="utf-8")
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{place / 'job.json'}\n".encode())
            self._process.stdin.flush()
        except OSError:
            pass  # the process is gone: following the journal finds that out and says why
        self._follow(journal, stopped, on_outcome)
        shutil.rmtree(place, ignore_errors=True)
        return journal

    def _follow(
        self,
        journal: Path,
        stopped: Callable[[], bool],
        on_outcome: Callable[[dict[str, Any], str], None],
    ) -> None:
        offset, rest = 0, b""
        while True:
            gone = self._process.poll()  # before reading, as above
            if journal.exists():
                with journal.open("rb") as stream:
                    stream.seek(offset)
                    found = stream.read()
                offset += len(found)
                # what comes after the last line break is being written
                *lines, rest = (rest + found).split(b"\n")
                for line in lines:
                    record = json.loads(line)
                    if record["kind"] == "end":
                        return
                    if record["kind"] != "journal":
                        on_outcome(record, journal.name)
            if stopped():
                raise Stopped
            if gone is not None:
                self._raise_gone(gone)
            self._check_stopped()
            # asking again costs less than an item does, and works on every file system
            time.sleep(0.02)

    def _check_stopped(self) -> None:
        """Raise `ServerLost` if the process was stopped by a signal, and nobody lets it go on."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + 1.0
        if not is_stopped(self._process.pid):
            self._stopped_since = now
        elif now - self._stopped_since > STOPPED_SECONDS:
            msg = f"{self.built.environment.id}: something stopped the process that measures"
            raise ServerLost(msg, hint=_LOST_HINT)

    def _raise_gone(self, code: int) -> None:
        text = self._log_tail()
        # it cannot write that it cannot write: its exit code says it
        if code == EXIT_DISK:
            raise disk_error(OSError(errno.ENOSPC, text or os.strerror(errno.ENOSPC)))
        msg = (
            f"{self.built.environment.id}: "
            f"the process that supervises its cells ended with code {code}: {text}"
        )
        raise ServerLost(msg, hint=_LOST_HINT)

    def _log_tail(self) -> str:
        # the end of a traceback; libraries of every age write bytes of any encoding there
        log = self.folder / "server.log"
        self._log.flush()
        text = log.read_text(encoding="utf-8", errors="replace")[-600:].strip()
        for path, word in self.scrub:
            text = text.replace(path, word)
        return text

    def close(self, *, kill: bool = False) -> None:
        """End the process and drop its folder; ``kill`` does not wait for what it does."""
        # Up to three steps, 10 s apart: the end of its input, which it reads between jobs;
        # SIGTERM, at which it ends its children first; SIGKILL, for one that hangs.
        if self._process.stdin is not None:
            try:
                self._process.stdin.close()
            except OSError:
                kill = True
        for number in [signal.SIGTERM] if kill else [None, signal.SIGTERM]:
            if number is not None:
                self._process.send_signal(number)
                # one that is stopped takes no signal but those two
                if hasattr(signal, "SIGCONT"):
                    self._process.send_signal(signal.SIGCONT)
            try:
                self._process.wait(timeout=10)
                break
            except subprocess.TimeoutExpired:
                continue
        else:
            self._process.kill()
            self._process.wait()
        self._log.close()
        end_processes_of(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)
