"""Command lines of crossload for the tests: in forks of a process, or started anew."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

SERVER = Path(__file__).resolve().parent / "command_server.py"


class CommandServer:
    """A process that runs one command line after the other, each in a fork (`command_server`)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            [sys.executable, str(SERVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(
        self, arguments: list[str], environment: dict[str, str], folder: str, seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end.

        Raises TimeoutExpired after ``seconds``, when all processes of the command are ended.
        """
        place = Path(tempfile.mkdtemp(dir=self.folder))
        request = {
            "arguments": arguments,
            "environment": environment,
            "folder": folder,
            "stdout": str(place / "stdout"),
            "stderr": str(place / "stderr"),
        }
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        late = threading.Event()

        def end() -> None:
            late.set()
            with contextlib.suppress(ProcessLookupError):  # it ended by itself just now
                os.killpg(pid, signal.SIGKILL)

        timer = threading.Timer(seconds, end)
        timer.start()
        code = int(self._process.stdout.readline())
        timer.cancel()
        texts = [(place / name).read_text(encoding="utf-8") for name in ("stdout", "stderr")]
        if late.is_set():
            raise subprocess.TimeoutExpired(arguments, seconds, *texts)
        return subprocess.CompletedProcess(arguments, code, *texts)

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=20)


_server: list[CommandServer] = []


def use(server: CommandServer | None) -> None:
    """Let `run_crossload` use a server from now on, or none."""
    _server[:] = [] if server is None else [server]


def run_crossload(
    arguments: list[str], *, seconds: float, environment: dict[str, str], folder: str | Path = "."
) -> subprocess.CompletedProcess[str]:
    """Run a command line of crossload to the end, with the whole environment that is given."""
    if _server:
        return _server[0].run(arguments, environment, str(Path(folder).resolve()), seconds)
    return subprocess.run(
        [sys.executable, "-m", "crossload", *arguments],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env=environment,
        cwd=folder,
    )
