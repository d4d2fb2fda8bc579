"""What is done to a run of a trial: one function a kind, each leaves the disturbance behind it."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import chaos_processes

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from chaos_project import Ended, Project


class NotPossible(Exception):
    """This machine, or this user, cannot do that."""


@dataclass
class Trial:
    """One trial: a project that nobody has measured yet, and what is done to it."""

    project: Project
    rng: random.Random
    run: tuple[str, ...] = ("run", "some")
    """The command that is disturbed, and that finishes the work afterwards."""
    notes: list[str] = field(default_factory=list)
    """What was done, for whoever looks into a failed trial."""
    ended: list[Ended] = field(default_factory=list)
    """How the disturbed commands ended."""
    started: int = 0

    def note(self, text: str) -> None:
        """Write down what was done."""
        self.notes.append(text)

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Start the command; at the end wait for it, and keep how it ended."""
        output = self.project.root / f"disturbed-{self.started}.txt"
        self.started += 1
        process = self.project.start(*self.run, output=output)
        try:
            yield process
        finally:
            self.ended.append(self.project.finish(process, output))

    def sleep(self, process: subprocess.Popen[bytes], most: float = 6.0) -> bool:
        """Wait for a random time; tell whether the command still runs."""
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=self.rng.uniform(0.2, most))
        return process.poll() is None


def send(trial: Trial, pid: int, number: signal.Signals, whom: str) -> None:
    """Send a signal to a process, if there still is one."""
    try:
        os.kill(pid, number)
        trial.note(f"{number.name} to {whom}")
    except ProcessLookupError:
        trial.note(f"{whom} had ended")


# --- processes that are killed or stopped ---


def to_driver(number: signal.Signals) -> Callable[[Trial], None]:
    """Give a disturbance: a signal to the command itself."""

    def disturb(trial: Trial) -> None:
        with trial.running() as driver:
            if trial.sleep(driver):
                send(trial, driver.pid, number, "the driver")
                if number == signal.SIGSTOP:
                    time.sleep(trial.rng.uniform(0.1, 3))
                    send(trial, driver.pid, signal.SIGCONT, "the driver")

    return disturb


def to_role(role: str, number: signal.Signals, times: int = 1) -> Callable[[Trial], None]:
    """Give a disturbance: a signal to processes that the command has started."""

    def disturb(trial: Trial) -> None:
        with trial.running() as driver:
            for _ in range(times):
                pid = chaos_processes.wait_for(role, trial.project, driver, trial.rng)
                if pid is not None:
                    send(trial, pid, number, f"a process ({role})")

    return disturb


def kill_group(trial: Trial) -> None:
    """Kill the driver and everything that it has started, at once."""
    with trial.running() as driver:
        if trial.sleep(driver):
            send(trial, driver.pid, signal.SIGSTOP, "the driver")
            for pid in [*trial.project.processes(), driver.pid]:
                send(trial, pid, signal.SIGKILL, "one of the group")


def kill_anything(trial: Trial) -> None:
    """Kill three processes, whichever they are."""
    with trial.running() as driver:
        for _ in range(3):
            if trial.sleep(driver, 2) and (found := trial.project.processes()):
                send(trial, trial.rng.choice(found), signal.SIGKILL, "any process")


# --- no room ---


@contextmanager
def small_disk(trial: Trial, options: str) -> Iterator[Path]:
    """Put the folder of outcomes on a file system of its own; afterwards it has room again."""
    place = trial.project.root / ".crossload"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    try:
        done = subprocess.run(words, capture_output=True, check=False)
    except OSError as error:
        raise NotPossible(str(error)) from error
    if done.returncode:
        place.rmdir()
        raise NotPossible("file systems are mounted by root only")
    try:
        yield place
    finally:
        # what is there goes on as a folder like any other, because the trial is finished later
        kept = place.with_name("kept")
        shutil.copytree(place, kept, symlinks=True)
        subprocess.run(["umount", "-l", str(place)], check=True)
        place.rmdir()
        kept.rename(place)


def full_disk(trial: Trial) -> None:
    """Fill the disk in the middle of a run, and perhaps empty it again before its end."""
    with small_disk(trial, "size=24m") as place:
        filling = place / "filling"
        with trial.running() as driver:
            trial.sleep(driver)
            room = trial.rng.choice([0, 1, 4, 16, 64]) * 1024
            with filling.open("wb", buffering=0) as stream, suppress(OSError):
                while stream.write(bytes(4096)):
                    continue
            os.truncate(filling, max(0, filling.stat().st_size - room))
            trial.note(f"full, but for {room} bytes")
            if trial.rng.random() < 0.3:
                trial.sleep(driver, 3)
                filling.unlink()
                trial.note("emptied while it ran")
        filling.unlink(missing_ok=True)


def no_inodes(trial: Trial) -> None:
    """Let no more files be made, in the middle of a run."""
    with small_disk(trial, "size=64m,nr_inodes=3000") as place:
        filling = place / "filling"
        filling.mkdir()
        with trial.running() as driver:
            trial.sleep(driver)
            made = 0
            with suppress(OSError):
                while True:
                    (filling / str(made)).touch()
                    made += 1
            for number in range(min(made, trial.rng.choice([0, 1, 3, 10]))):
                (filling / str(number)).unlink()
            trial.note("no more files")
        shutil.rmtree(filling)


def small_files(trial: Trial) -> None:
    """Let no process write a file beyond a size."""
    most = trial.rng.choice([512, 2048, 8192, 32768, 131072])
    trial.note(f"files of at most {most} bytes")
    with trial.running() as driver:
        resource.prlimit(driver.pid, resource.RLIMIT_FSIZE, (most, most))


# --- things on disk that are damaged ---


def damage(trial: Trial, path: Path) -> None:
    """Damage one file: cut, emptied, overwritten, a bit flipped, gone, or a folder in its place."""
    how = trial.rng.choice(["cut", "empty", "garbage", "bit", "gone", "folder"])
    data = path.read_bytes()
    if how == "gone":
        path.unlink()
    elif how == "folder":
        path.unlink()
        path.mkdir()
    else:
        if how == "cut":
            data = data[: trial.rng.randrange(len(data) + 1)]
        elif how == "empty":
            data = b""
        elif how == "garbage":
            data = trial.rng.randbytes(max(16, len(data)))
        elif data:
            place = trial.rng.randrange(len(data))
            data = b"%b%c%b" % (
                data[:place],
                data[place] ^ (1 << trial.rng.randrange(8)),
                data[place + 1 :],
            )
        path.unlink()  # another file may be linked to the same bytes
        path.write_bytes(data)
    trial.note(f"{how}: {path.relative_to(trial.project.root)}")


def files_of(trial: Trial) -> dict[str, list[Path]]:
    """Give the files in the folder of outcomes by the folder that they are in and their kind."""
    top = trial.project.root / ".crossload"
    found: dict[str, list[Path]] = {}
    for path in sorted(top.rglob("*")):
        if path.is_file() and not path.is_symlink():
            kind = "/".join(path.relative_to(top).parent.parts[:2]) + path.suffix
            found.setdefault(kind, []).append(path)
    return found


def damage_files(trial: Trial) -> None:
    """Damage up to four files of any kind in the folder of outcomes."""
    for _ in range(trial.rng.randint(1, 4)):
        kinds = files_of(trial)
        if kinds:
            path = trial.rng.choice(kinds[trial.rng.choice(sorted(kinds))])
            with suppress(FileNotFoundError):  # a run that goes on may take it away
                damage(trial, path)


def damaged_files(trial: Trial) -> None:
    """Damage files after a run that was ended or not."""
    with trial.running() as driver:
        if trial.rng.random() < 0.5 and trial.sleep(driver):
            send(trial, driver.pid, signal.SIGINT, "the driver")
    damage_files(trial)


def damaged_files_in_a_run(trial: Trial) -> None:
    """Damage files while a run goes on."""
    with trial.running() as driver:
        if trial.sleep(driver):
            damage_files(trial)


def damage_environment(trial: Trial) -> None:
    """Damage an environment: a package gone, a module cut or edited, metadata gone."""
    folders = sorted((trial.project.root / ".nox").glob("env-*/lib/python*/site-packages"))
    packages = trial.rng.choice(folders)
    package = packages / trial.rng.choice(["joblib", "numpy"])
    how = trial.rng.choice(["package", "module", "cut", "edited", "metadata", "interpreter"])
    modules = sorted(package.rglob("*.py"))
    module = trial.rng.choice(modules) if modules else package
    if how == "package":
        shutil.rmtree(package, ignore_errors=True)
    elif how == "metadata":
        for folder in packages.glob(f"{package.name}-*.dist-info"):
            shutil.rmtree(folder)
    elif how == "interpreter":
        (packages.parents[2] / "bin" / "python").unlink(missing_ok=True)
    elif module.exists():
        text = module.read_bytes()
        module.unlink()
        if how == "cut":
            module.write_bytes(text[: len(text) // 2])
        elif how == "edited":
            module.write_bytes(text + b"\nraise RuntimeError('edited')\n")
    trial.note(f"{how}: {module.relative_to(packages.parents[2])}")


def damaged_environment(trial: Trial) -> None:
    """Damage an environment before a run."""
    damage_environment(trial)
    with trial.running():
        pass


def damaged_environment_in_a_run(trial: Trial) -> None:
    """Damage an environment while a run goes on."""
    with trial.running() as driver:
        if trial.sleep(driver):
            damage_environment(trial)


# --- several at once ---


def two_runs_and_gc(trial: Trial) -> None:
    """Run twice at the same time, and clean up all the time."""
    done = threading.Event()

    def clean_up() -> None:
        while not done.wait(trial.rng.uniform(0, 1)):
            trial.project.run("gc")

    cleaner = threading.Thread(target=clean_up)
    with contextlib.ExitStack() as stack:
        stack.callback(cleaner.join)
        stack.callback(done.set)
        first = stack.enter_context(trial.running())
        cleaner.start()
        trial.sleep(first, 3)
        second = stack.enter_context(trial.running())
        if trial.rng.random() < 0.3 and trial.sleep(second, 3):
            send(trial, second.pid, signal.SIGKILL, "the second run")
        # both end before the cleaner does
        for process in (first, second):
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=120)
