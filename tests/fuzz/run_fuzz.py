"""Loads hostile streams in throw-away children and compares with what ``inspect`` says of them.

A miss is a stream whose loading ran the payload, crashed, or did something dangerous, although
``inspect`` called all of its names known.  Run it with ``nox -s fuzz -- --streams N --seed S``.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import random
import resource
import signal
import sys
import tempfile
import time
import types
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import hostile_streams
import joblib

from crossload.inspection import NotAModel, inspect_file
from crossload.inspection.facts import Danger

LOADERS = ("C", "Python", "joblib")
LOUD = (
    "open", "exec", "compile", "os.", "subprocess.", "socket.", "ctypes.", "marshal.", "shutil.",
    "tempfile.", "glob.", "pty.", "webbrowser.", "urllib.", "code.__new__", "function.__new__",
)  # fmt: skip
"""Beginnings of audit events that loading a model does not cause, outside of imports."""

PACKAGES = {"numpy", "scipy", "sklearn", "pandas", "joblib", *sys.stdlib_module_names}
"""What honest models import."""


def in_import() -> bool:
    """Tell whether the event that is looked at comes from an import of a module."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def load(path: str, loader: str, report: int) -> None:
    """Load a stream in this process, which is a child, and write its events to a pipe."""
    sink = os.fdopen(report, "w")
    watching = [True]

    def say(kind: str, what: str) -> None:
        watching[0] = False
        sink.write(json.dumps([kind, what[:200]]) + "\n")
        sink.flush()
        watching[0] = True

    def hook(event: str, args: Any) -> None:
        if not watching[0]:
            return
        if event == "pickle.find_class":
            say("name", f"{args[0]} {args[1]}")
        elif event == "import":
            if str(args[0]).split(".")[0] not in PACKAGES:
                say("event", f"import {args[0]}")
        elif event.startswith(LOUD) and not in_import():
            # printing an ignored exception reads and compiles lines of this file
            if (event == "open" and str(args[0]) == path) or __file__ in str(args):
                return
            say("event", f"{event} {str(args)[:120]}")

    module = types.ModuleType(hostile_streams.MARKER)
    module.__dict__["run"] = lambda *_, **__: say("event", "payload")
    sys.modules[hostile_streams.MARKER] = module
    for limit, most in (
        (resource.RLIMIT_CPU, 5),
        (resource.RLIMIT_FSIZE, 1 << 20),
        (resource.RLIMIT_AS, 4 << 30),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    signal.alarm(10)
    warnings.simplefilter("ignore")
    quiet = os.open(os.devnull, os.O_RDWR)
    for each in (0, 1, 2):
        os.dup2(quiet, each)
    sys.addaudithook(hook)
    try:
        if loader == "joblib":
            joblib.load(path)
        else:
            with open(path, "rb") as file:
                (pickle.load if loader == "C" else pickle._load)(file)
    except BaseException as error:
        say("failed", type(error).__name__)
    else:
        say("loaded", "")


def watch(path: Path, loader: str) -> list[list[str]]:
    """Load a stream in a child and give its events; the last says how it ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            os.chdir(path.parent)
            load(str(path), loader, writing)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as source:
        events = [json.loads(line) for line in source if line.endswith("]\n")]
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        ended = signal.Signals(os.WTERMSIG(status))
        is_limit = ended in (signal.SIGALRM, signal.SIGXCPU, signal.SIGKILL, signal.SIGXFSZ)
        events.append(["limit" if is_limit else "event", f"ended by {ended.name}"])
    return events


def said(path: Path) -> tuple[str, set[str]]:
    """Give the verdict of ``inspect`` on a file and the names that it lists."""
    try:
        found = inspect_file(path)
    except NotAModel:
        return "refused", set()
    names = {f"{each.module} {each.name}" for each in found.names}
    ratings = {each.danger for each in found.names}
    return ("known" if ratings <= {Danger.KNOWN} else "flagged"), names


def run(streams: int, seed: int, keep: Path, seconds: float) -> int:
    """Try streams, print the table by kind, and give the number of misses."""
    table: dict[str, Counter[str]] = {kind: Counter() for kind in hostile_streams.KINDS}
    hostile_streams.known_names()
    end = time.monotonic() + seconds
    done = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stream.pkl"
        (Path(folder) / "canary.txt").write_text("canary")
        for number in range(seed, seed + streams):
            if time.monotonic() > end:
                break
            chance = random.Random(number)
            kind = chance.choice(list(hostile_streams.KINDS))
            data = hostile_streams.KINDS[kind](chance)
            path.write_bytes(data)
            row = table[kind]
            done += 1
            row["streams"] += 1
            try:
                verdict, names = said(path)
            except Exception as error:  # a crash of the reader is a finding of its own
                verdict, names = "crashed", set()
                print(f"seed {number}, {kind}: inspect raised {type(error).__name__}: {error}")
            row[verdict] += 1
            row["false alarms"] += kind == "honest" and verdict != "known"
            happened = {loader: watch(path, loader) for loader in LOADERS}
            row["loaded"] += any(e[0] == "loaded" for events in happened.values() for e in events)
            bad = {
                loader: [what for kind_of, what in events if kind_of == "event"]
                for loader, events in happened.items()
            }
            bad = {loader: events for loader, events in bad.items() if events}
            row["executed"] += bool(bad)
            resolved = {what for e in happened.values() for kind_of, what in e if kind_of == "name"}
            row["known, other names"] += verdict == "known" and bool(
                {each for each in resolved if not each.startswith(("__builtin__", "copy_reg"))}
                - names
            )
            if (bad and verdict in ("known", "crashed")) or verdict == "crashed":
                row["misses"] += 1
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{number}.pkl").write_bytes(data)
                note = f"seed {number}, {kind}: inspect: {verdict}, {sorted(names)}; {bad}"
                (keep / f"{number}.md").write_text(note + "\n")
                print("MISS", note[:600], flush=True)
            elif row["false alarms"] and kind == "honest" and verdict != "known":
                print(f"FALSE ALARM seed {number}: {verdict}")
    columns = ("streams", "loaded", "executed", "known", "flagged", "refused", "crashed",
               "known, other names", "misses", "false alarms")  # fmt: skip
    print("kind".ljust(10), *columns, sep=" | ")
    total = sum(table.values(), Counter())
    for kind, row in {**table, "all": total}.items():
        print(kind.ljust(10), *(str(row[c]).rjust(len(c)) for c in columns), sep=" | ")
    print(f"next seed: {seed + done}", flush=True)
    return total["misses"] + total["false alarms"]


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--keep", type=Path, default=Path(".crossload/fuzz"))
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    return 1 if run(chosen.streams, chosen.seed, chosen.keep.resolve(), chosen.seconds) else 0


if __name__ == "__main__":
    sys.exit(main())
