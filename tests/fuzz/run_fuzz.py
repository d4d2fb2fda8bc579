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
from typing import Any, NamedTuple

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

BATCH = 40
"""Streams whose loads share a child."""

ROOM = 256 << 20
"""Bytes of memory that loads of a child may take."""

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


class Loads:
    """Loads of streams in this process, which is a child, that report what they do.

    Parameters
    ----------
    report
        Writing end of a pipe: a JSON line an event.
    """

    def __init__(self, report: int) -> None:
        self.sink = os.fdopen(report, "w")
        self.watching = True
        self.path = ""

    def say(self, kind: str, what: str) -> None:
        """Report one event."""
        self.watching = False
        self.sink.write(json.dumps([kind, what[:200]]) + "\n")
        self.sink.flush()
        self.watching = True

    def hook(self, event: str, args: Any) -> None:
        """Report an audit event that loading a model does not cause."""
        if not self.watching:
            return
        if event == "pickle.find_class":
            self.say("name", f"{args[0]} {args[1]}")
        elif event == "import":
            if str(args[0]).split(".")[0] not in PACKAGES:
                self.say("event", f"import {args[0]}")
        elif event.startswith(LOUD) and not in_import():
            # printing an ignored exception reads and compiles lines of this file
            if (event == "open" and str(args[0]) == self.path) or __file__ in str(args):
                return
            self.say("event", f"{event} {str(args)[:120]}")

    def prepare(self) -> None:
        """Limit this process, silence it, and listen to what happens in it."""
        module = types.ModuleType(hostile_streams.MARKER)
        module.__dict__["run"] = lambda *_, **__: self.say("event", "payload")
        sys.modules[hostile_streams.MARKER] = module
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        for limit, most in (
            (resource.RLIMIT_FSIZE, 1 << 20),
            # streams that ask for gigabytes cost seconds each
            (resource.RLIMIT_AS, pages * resource.getpagesize() + ROOM),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(limit, (most, most))
        warnings.simplefilter("ignore")
        quiet = os.open(os.devnull, os.O_RDWR)
        for each in (0, 1, 2):
            os.dup2(quiet, each)
        sys.addaudithook(self.hook)

    def load(self, path: str, loader: str) -> None:
        """Load one stream."""
        self.path = path
        # both signals end the process
        signal.alarm(10)
        signal.setitimer(signal.ITIMER_PROF, 5)
        try:
            if loader == "joblib":
                joblib.load(path)
            else:
                with open(path, "rb") as file:
                    (pickle.load if loader == "C" else pickle._load)(file)
        except BaseException as error:
            self.say("failed", type(error).__name__)
        else:
            self.say("loaded", "")


Load = tuple[Path, str]
"""A stream and the way in which it is loaded."""


def watch(loads: list[Load]) -> list[list[list[str]]]:
    """Load streams in one child; give the events of each up to the one that ended the child."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            os.chdir(loads[0][0].parent)
            place = Loads(writing)
            place.prepare()
            for path, loader in loads:
                place.say("begin", "")
                place.load(str(path), loader)
        finally:
            os._exit(0)
    os.close(writing)
    found: list[list[list[str]]] = []
    with os.fdopen(reading) as source:
        for line in source:
            if line.endswith("]\n"):
                event = json.loads(line)
                if event[0] == "begin":
                    found.append([])
                else:
                    found[-1].append(event)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        ended = signal.Signals(os.WTERMSIG(status))
        is_limit = ended in (signal.SIGALRM, signal.SIGPROF, signal.SIGKILL, signal.SIGXFSZ)
        found[-1].append(["limit" if is_limit else "event", f"ended by {ended.name}"])
    return found


def watch_all(loads: list[Load]) -> dict[Load, list[list[str]]]:
    """Load many streams; those that do anything, or end the child, once more by themselves.

    A fork of a process with these libraries costs more than a load. What a stream leaves behind
    may be felt by the next, so that only what it does by itself counts.
    """
    found: dict[Load, list[list[str]]] = {}
    rest = list(loads)
    while rest:
        events = watch(rest)
        for load, each in zip(rest, events, strict=False):
            loud = any(kind in ("event", "limit") for kind, _ in each)
            # a child that left without a word: the last one is the culprit
            found[load] = watch([load])[0] if loud or not each else each
        rest = rest[len(events) :]
    return found


def said(path: Path) -> tuple[str, set[str]]:
    """Give the verdict of ``inspect`` on a file and the names that it lists."""
    try:
        found = inspect_file(path)
    except NotAModel:
        return "refused", set()
    names = {f"{each.module} {each.name}" for each in found.names}
    ratings = {each.danger for each in found.names}
    return ("known" if ratings <= {Danger.KNOWN} else "flagged"), names


class Trial(NamedTuple):
    """One stream and what inspect says of it."""

    seed: int
    kind: str
    path: Path
    verdict: str
    names: set[str]


def tried(seed: int, path: Path) -> Trial:
    """Make the stream of a seed, and inspect it."""
    chance = random.Random(seed)
    kind = chance.choice(list(hostile_streams.KINDS))
    path.write_bytes(hostile_streams.KINDS[kind](chance))
    try:
        verdict, names = said(path)
    except Exception as error:  # a crash of the reader is a finding of its own
        verdict, names = "crashed", set()
        print(f"seed {seed}, {kind}: inspect raised {type(error).__name__}: {error}")
    return Trial(seed, kind, path, verdict, names)


def count(
    trial: Trial, happened: dict[str, list[list[str]]], row: Counter[str], keep: Path
) -> None:
    """Compare what inspect says of a stream with what its loads did, and count it."""
    seed, kind, path, verdict, names = trial
    row["streams"] += 1
    row[verdict] += 1
    row["loaded"] += any(e[0] == "loaded" for events in happened.values() for e in events)
    bad = {
        loader: [what for kind_of, what in events if kind_of == "event"]
        for loader, events in happened.items()
    }
    bad = {loader: events for loader, events in bad.items() if events}
    row["executed"] += bool(bad)
    resolved = {what for e in happened.values() for kind_of, what in e if kind_of == "name"}
    row["known, other names"] += verdict == "known" and bool(
        {each for each in resolved if not each.startswith(("__builtin__", "copy_reg"))} - names
    )
    if (bad and verdict in ("known", "crashed")) or verdict == "crashed":
        row["misses"] += 1
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{seed}.pkl").write_bytes(path.read_bytes())
        note = f"seed {seed}, {kind}: inspect: {verdict}, {sorted(names)}; {bad}"
        (keep / f"{seed}.md").write_text(note + "\n")
        print("MISS", note[:600], flush=True)
    elif kind == "honest" and verdict != "known":
        row["false alarms"] += 1
        print(f"FALSE ALARM seed {seed}: {verdict}")


def run(streams: int, seed: int, keep: Path, seconds: float) -> int:
    """Try streams, print the table by kind, and give the number of misses and false alarms."""
    table: dict[str, Counter[str]] = {kind: Counter() for kind in hostile_streams.KINDS}
    hostile_streams.known_names()
    began = time.monotonic()
    done = 0
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "canary.txt").write_text("canary")
        while done < streams and time.monotonic() < began + seconds:
            numbers = range(seed + done, seed + min(streams, done + BATCH))
            trials = [tried(n, Path(folder) / f"{n - seed - done}.pkl") for n in numbers]
            done += len(trials)
            found = watch_all([(each.path, loader) for each in trials for loader in LOADERS])
            for each in trials:
                happened = {loader: found[each.path, loader] for loader in LOADERS}
                count(each, happened, table[each.kind], keep)
            if sys.stderr.isatty():
                print(f"\r{done} of {streams}", end="", file=sys.stderr, flush=True)
    columns = ("streams", "loaded", "executed", "known", "flagged", "refused", "crashed",
               "known, other names", "misses", "false alarms")  # fmt: skip
    print("kind".ljust(10), *columns, sep=" | ")
    total = sum(table.values(), Counter())
    for kind, row in {**table, "all": total}.items():
        print(kind.ljust(10), *(str(row[c]).rjust(len(c)) for c in columns), sep=" | ")
    print(
        f"{done / (time.monotonic() - began):.0f} streams/s; next seed: {seed + done}", flush=True
    )
    return total["misses"] + total["false alarms"]


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--keep", type=Path, default=Path(".crossload/fuzz"))
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    return 1 if run(chosen.streams, chosen.seed, chosen.keep.resolve(), chosen.seconds) else 0


if __name__ == "__main__":
    sys.exit(main())
