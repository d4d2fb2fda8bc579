"""Run command lines of crossload in forks of a process that has imported everything.

Imports are what a command line costs most.  Usage: ``python command_server.py``; each line on stdin
is a request as JSON, each line on stdout an answer: the process that does it, then its exit code.
The process itself computes nothing: libraries with threads of their own would not survive the fork.
Tests about starting, signals and terminals start processes of their own instead.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback

IMPORTED = (
    "crossload.api.models",
    "crossload.cli.main",
    "crossload.matrix.commands",
    "crossload.matrix.evaluate",
    "crossload.matrix.run",
    "crossload.models.commands",
    "crossload.report.files",
    "fsspec",
    "joblib",
    "pyarrow.parquet",
    "sklearn.datasets",
    "sklearn.metrics",
    "sklearn.preprocessing",
)


def serve() -> list[str] | None:
    """Answer requests until the input ends.

    In a fork the function returns, with the arguments of the command line that the fork is to run.
    """
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        pid = os.fork()
        if not pid:
            become(request)
            return request["arguments"]
        answer(pid)
        _, status = os.waitpid(pid, 0)
        answer(os.waitstatus_to_exitcode(status))
    return None


def answer(number: int) -> None:
    """Print a number for the tests to read."""
    print(number, flush=True)


def become(request: dict) -> None:
    """Take the environment, the folder and the files that a new process would have got."""
    os.setsid()  # a group of its own, that can be ended with all that it started
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["folder"])
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for number, path in ((1, request["stdout"]), (2, request["stderr"])):
        os.dup2(os.open(path, flags, 0o644), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    # the streams that this process has inherited belong to requests and answers
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    sys.argv = ["crossload", *request["arguments"]]


if __name__ == "__main__":
    for name in IMPORTED:
        importlib.import_module(name)
    given = serve()
    if given is not None:
        code = 1
        try:
            from crossload.cli.main import main

            code = main(given)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.exit(code)
