"""A pinned interpreter that has imported its libraries and takes jobs: the driver's end of ``worker/serve.py``."""

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
from crossload.errors import EnvironmentUnavailable, HarnessFault
from crossload.store.layout import disk_error
from crossload.worker.environ import variables
from crossload.worker.supervise import EXIT_DISK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crossload.config import Limits
    from crossload.environments import Built
    from crossload.store.store import Store

HELLO_SECONDS = 300.0
"""The first import of a new environment writes its byte code: up to 12 s here, more on slow disks."""

DISTRIBUTIONS = {"sklearn": "scikit-learn", "tensorflow": "tensorflow"}
"""Distributions of modules that are not named like them; the lock may have ``tensorflow-cpu`` for ``tensorflow``."""


class Server:
    """One process of a pinned interpreter.  Not for several threads at once."""

    def __init__(
        self,
        built: Built,
        store: Store,
        control: Mapping[str, Any],
        *,
        entry: str = "serve.py",
        words: Mapping[str, str] | None = None,
    ) -> None:
        """Start it; ``control`` is what the entry point of the worker wants to know, ``words`` stand for more paths in texts."""
        self.built = built
        self.store = store
        self.folder = Path(tempfile.mkdtemp(prefix=f"{built.environment.id}-", dir=store.scratch))
        locked = built.lock.versions()
        if "tensorflow-cpu" in locked:
            locked["tensorflow"] = locked["tensorflow-cpu"]
        self.scrub = _scrub_words(built, store, self.folder, words or {})
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
        self._process = subprocess.Popen(
            [str(built.python), "-s", str(serve), str(control_path)],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            env=child_environment(self.folder, os.environ),
            cwd=self.folder,
            start_new_session=True,
        )
        self._jobs = 0
        self.facts: dict[str, Any] = {}
        """What the process said of itself when it was ready."""

    def hello(self, stopped: Callable[[], bool]) -> None:
        """Wait until everything is imported.  Raises `EnvironmentUnavailable` with the reason if that fails."""
        path, end = self.folder / "hello.jsonl", time.monotonic() + HELLO_SECONDS
        while True:
            gone = self._process.poll() is not None
            if path.exists() and (text := path.read_text(encoding="utf-8")).endswith("\n"):
                break
            if stopped():
                raise Stopped
            if gone or time.monotonic() > end:
                reason = self._log_tail() or (
                    "its interpreter ended" if gone else "its imports do not end"
                )
                msg = f"{self.built.environment.id}: {reason}"
                raise EnvironmentUnavailable(msg)
            time.sleep(0.02)
        facts = json.loads(text)
        if facts["status"] != "ok":
            error = facts["error"]
            msg = (
                f"{self.built.environment.id}: cannot be used: {error['type']}: {error['message']}"
            )
            if error["type"] == "AssertionError":
                raise HarnessFault(
                    msg, hint=f"delete the folder {self.built.folder.name} in .nox and run again"
                )
            raise EnvironmentUnavailable(msg)
        self.facts = facts

    def run(
        self,
        op: str,
        items: Sequence[dict[str, Any]],
        limits: Limits,
        *,
        stopped: Callable[[], bool],
        seen: Callable[[dict[str, Any], str], None],
        isolate: bool = False,
        no_fork: bool = False,
    ) -> Path:
        """Do one job; ``seen`` gets every outcome as soon as it is on disk; gives the journal.

        Raises `StoreError` where outcomes cannot be written and `HarnessFault` where the process itself dies.
        """
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
        self._follow(journal, stopped, seen)
        shutil.rmtree(place, ignore_errors=True)
        return journal

    def _follow(
        self,
        journal: Path,
        stopped: Callable[[], bool],
        seen: Callable[[dict[str, Any], str], None],
    ) -> None:
        offset, rest = 0, b""
        while True:
            gone = self._process.poll()
            if journal.exists():
                with journal.open("rb") as stream:
                    stream.seek(offset)
                    found = stream.read()
                offset += len(found)
                *lines, rest = (rest + found).split(b"\n")
                for line in lines:
                    record = json.loads(line)
                    if record["kind"] == "end":
                        return
                    if record["kind"] != "journal":
                        seen(record, journal.name)
            if stopped():
                raise Stopped
            if gone is not None:
                self._raise_gone(gone)
            time.sleep(0.02)

    def _raise_gone(self, code: int) -> None:
        text = self._log_tail()
        if code == EXIT_DISK:
            raise disk_error(OSError(errno.ENOSPC, text or os.strerror(errno.ENOSPC)))
        msg = f"{self.built.environment.id}: the process that supervises its cells ended with code {code}: {text}"
        raise HarnessFault(msg)

    def _log_tail(self) -> str:
        self._log.flush()
        text = (
            (self.folder / "server.log")
            .read_text(encoding="utf-8", errors="replace")[-600:]
            .strip()
        )
        for path, word in self.scrub:
            text = text.replace(path, word)
        return text

    def close(self, *, kill: bool = False) -> None:
        """End the process and drop its folder; ``kill`` does not wait for what it does."""
        if self._process.stdin is not None:
            try:
                self._process.stdin.close()
            except OSError:
                kill = True
        for number in [signal.SIGTERM] if kill else [None, signal.SIGTERM]:
            if number is not None:
                self._process.send_signal(number)
            try:
                self._process.wait(timeout=10)
                break
            except subprocess.TimeoutExpired:
                continue
        else:
            self._process.kill()
            self._process.wait()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def child_environment(scratch: Path, environ: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    """The whole environment of a pinned process: nothing of the caller's but what the system needs to run at all."""
    kept = {
        name: environ[name]
        for name in ("SYSTEMROOT", "COMSPEC", "PATHEXT", "WINDIR")
        if name in environ
    }
    return (
        kept
        | variables()
        | {
            "KERAS_HOME": str(scratch / "keras"),
            "PATH": os.defpath,
            "HOME": str(scratch),
            "USERPROFILE": str(scratch),
            "TMPDIR": str(scratch),
            "TEMP": str(scratch),
            "TMP": str(scratch),
        }
    )


def recipe_control(
    recipes: Sequence[str], formats: Sequence[str], data: Mapping[str, tuple[str, Path]]
) -> dict[str, Any]:
    """What a process that measures recipes is to know."""
    places = {name: str(place) for name, (_, place) in data.items()}
    return {"recipes": list(recipes), "formats": list(formats), "data": places}


def _scrub_words(
    built: Built, store: Store, scratch: Path, more: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Paths of this machine and the words that stand for them in recorded texts, longest first."""
    words = {
        str(Path(worker.__path__[0])): "<crossload>",
        str(built.folder): "<environment>",
        str(store.blobs.artifacts): "<artifacts>",
        str(scratch): "<scratch>",
        str(Path(os.path.realpath(built.python)).parent.parent): "<python>",
        str(store.root.parent.parent): "<project>",
        str(Path.home()): "<home>",
        **more,
    }
    return sorted(
        ((path, word) for path, word in words.items() if len(path) > 3),
        key=lambda each: -len(each[0]),
    )
