"""Disturbs runs at random moments, finishes them, and compares with a run that nobody disturbed.

Run it with ``nox -s chaos -- --trials N --minutes M``. What each trial was is decided by its seed;
results are kept, so that a session that was stopped goes on where it was (``--resume``).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import chaos_services
import chaos_table
import disturbances
from chaos_project import Project, environment
from disturbances import NotPossible, Trial, to_driver, to_role

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]

KINDS: dict[str, Callable[[Trial], None]] = {
    "driver killed": to_driver(signal.SIGKILL),
    "driver stopped and continued": to_driver(signal.SIGSTOP),
    "driver interrupted": to_driver(signal.SIGINT),
    "driver terminated": to_driver(signal.SIGTERM),
    "server killed": to_role("server", signal.SIGKILL),
    "server stopped": to_role("server", signal.SIGSTOP),
    "child killed": to_role("child", signal.SIGKILL),
    "child stopped": to_role("child", signal.SIGSTOP),
    "children killed, three times": to_role("child", signal.SIGKILL, times=3),
    "isolated child killed": to_role("isolated", signal.SIGKILL),
    "whole group killed": disturbances.kill_group,
    "any three processes killed": disturbances.kill_anything,
    "full disk": disturbances.full_disk,
    "no inodes": disturbances.no_inodes,
    "limit of file sizes": disturbances.small_files,
    "damaged environment": disturbances.damaged_environment,
    "environment damaged in a run": disturbances.damaged_environment_in_a_run,
    "damaged files": disturbances.damaged_files,
    "files damaged in a run": disturbances.damaged_files_in_a_run,
    "two runs and gc": disturbances.two_runs_and_gc,
    "Dask worker killed": chaos_services.dask("worker"),
    "Dask scheduler killed": chaos_services.dask("scheduler"),
    "store behind a failing network": chaos_services.failing_store,
}
"""Disturbances by the words of the table. The last one is given its server."""

DESTROYS = ("damaged", "files damaged", "environment damaged")
"""Beginnings of kinds that destroy what was measured, so that it has to be measured again."""

ALLOWED = {0, 6, 8, 9, 130, 143, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT}
"""Exit codes of disturbed commands: finished, or told why not; others are faults."""


@dataclass
class Result:
    """What a trial showed."""

    seed: int
    kind: str
    fate: str
    """``survived``, ``lost``, ``wrong``, ``stuck``, ``traceback``, ``exit code``, ``left behind``,
    or ``not possible`` where this machine cannot do it."""
    twice: int
    """Loads that were done more often than in the run that nobody disturbed."""
    destroys: bool
    seconds: float
    notes: list[str]


def finish(trial: Trial) -> tuple[str, list[str]]:
    """Finish the work of a trial, which nobody disturbs any more; give its fate and why."""
    project = trial.project
    for ended in trial.ended:
        if ended.code is None:
            return "stuck", [ended.output[-2000:]]
        if "Traceback" in ended.output:
            return "traceback", [ended.output[-4000:]]
        if ended.code not in ALLOWED:
            return "exit code", [f"exit code {ended.code}", ended.output[-2000:]]
    end = time.monotonic() + 10
    while left := project.processes():
        if time.monotonic() > end:
            return "left behind", [f"{len(left)} processes after the command had ended"]
        time.sleep(0.1)
    calm = project.run(*trial.run)
    if calm.code is None:
        return "stuck", [calm.output[-2000:]]
    if "Traceback" in calm.output:
        return "traceback", [calm.output[-4000:]]
    if calm.code:
        return "lost", [f"exit code {calm.code}", calm.output[-2000:]]
    return "", []


def compared(reference: list[str], table: list[str]) -> tuple[str, list[str]]:
    """Compare the tables of verdicts of two runs."""
    if table == reference:
        return "survived", []
    different = [f"- {row}" for row in reference if row not in set(table)]
    different += [f"+ {row}" for row in table if row not in set(reference)]
    fate = "lost" if len(table) < len(reference) else "wrong"
    return fate, different[:20]


@dataclass
class Session:
    """The project that was measured without disturbance, and what trials are made from."""

    scratch: Path
    base: Project
    table: list[str]
    loads: Counter[str]
    kinds: dict[str, Callable[[Trial], None]]

    def try_one(self, seed: int, kind: str) -> Result:
        """Make a project, disturb it, finish it, compare."""
        start = time.monotonic()
        folder = self.scratch / f"trial-{seed}"
        project = Project(folder, environment(self.scratch))
        project.borrow(self.base, own="environment" in kind)
        trial = Trial(project, random.Random(seed))
        twice = 0
        try:
            self.kinds[kind](trial)
            fate, why = finish(trial)
            if not fate:
                fate, why = compared(self.table, project.table())
                more = project.loads() - self.loads
                twice = sum(more.values())
                trial.note(f"loaded once more: {', '.join(sorted(more.elements())[:20])}")
        except NotPossible as error:
            fate, why = "not possible", [str(error)]
        finally:
            for pid in project.processes():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        codes = ", ".join(str(ended.code) for ended in trial.ended)
        result = Result(
            seed=seed,
            kind=kind,
            fate=fate,
            twice=twice,
            destroys=kind.startswith(DESTROYS),
            seconds=round(time.monotonic() - start, 1),
            notes=[*trial.notes, f"exit codes {codes}", *why],
        )
        if fate in ("survived", "not possible"):
            shutil.rmtree(folder, ignore_errors=True)
        return result


def prepare(scratch: Path, kinds: dict[str, Callable[[Trial], None]]) -> Session:
    """Build the environments, and measure once without disturbance."""
    base = Project(scratch / "undisturbed", environment(scratch))
    (base.root / ".nox" / "bytecode").mkdir(parents=True)
    done = base.run("run", "some")
    if done.code:
        sys.exit(f"the undisturbed run ended with exit code {done.code}\n{done.output}")
    again = base.loads()
    if not again:
        sys.exit("no load was counted: the log of the models does not work")
    return Session(scratch, base, base.table(), again, kinds)


def known(path: Path) -> list[Result]:
    """Read the results of trials that were done already; a last line that is cut does not count."""
    lines = path.read_text().splitlines() if path.exists() else []
    found = []
    for line in lines:
        with suppress(ValueError):
            found.append(Result(**json.loads(line)))
    return found


def options() -> argparse.ArgumentParser:
    """Give the options of this command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, default=30, help="how many (default: 30)")
    parser.add_argument("--minutes", type=float, default=0, help="begin no trial after that time")
    parser.add_argument("--seed", type=int, default=0, help="of the first trial (default: 0)")
    parser.add_argument("--kind", action="append", help=f"only these: {', '.join(KINDS)}")
    parser.add_argument("--resume", action="store_true", help="keep the trials that were done")
    parser.add_argument(
        "--results",
        type=Path,
        default=ROOT / ".nox" / "chaos-trials.jsonl",
        help="where results are kept, a line a trial",
    )
    parser.add_argument("--output", type=Path, help="write the table to a Markdown file, too")
    return parser


def main() -> int:
    """Try, print the table, and give 1 where anything was lost, wrong or stuck."""
    chosen = options().parse_args()
    unknown = sorted(set(chosen.kind or []) - set(KINDS))
    if unknown:
        print(f"no such kind: {', '.join(unknown)}; there are: {', '.join(KINDS)}", file=sys.stderr)
        return 2
    chosen.results.parent.mkdir(exist_ok=True)
    if not chosen.resume:
        chosen.results.unlink(missing_ok=True)
    results = known(chosen.results)
    scratch = Path(tempfile.mkdtemp(prefix="crossload-chaos-"))
    kinds = dict(KINDS)
    store = chaos_services.ObjectStore(scratch)
    kinds["store behind a failing network"] = chaos_services.failing_store(store)
    names = [name for name in kinds if not chosen.kind or name in chosen.kind]
    end = time.monotonic() + chosen.minutes * 60 if chosen.minutes else float("inf")
    seeds = [
        seed
        for seed in range(chosen.seed, chosen.seed + chosen.trials)
        if seed not in {result.seed for result in results}
    ]
    try:
        session = prepare(scratch, kinds)
        print(f"undisturbed: {len(session.table) - 1} cells", flush=True)
        for number, seed in enumerate(seeds, start=1):
            if time.monotonic() > end:
                print("the time is up; --resume goes on", flush=True)
                break
            result = session.try_one(seed, names[seed % len(names)])
            results.append(result)
            with chosen.results.open("a") as stream:
                stream.write(json.dumps(asdict(result)) + "\n")
            print(
                f"{number}/{len(seeds)} seed {seed} {result.kind}: {result.fate}, "
                f"{result.twice} twice, {result.seconds:.0f} s",
                flush=True,
            )
            if result.fate not in ("survived", "not possible"):
                print("  " + "\n  ".join(result.notes)[:3000], flush=True)
    except KeyboardInterrupt:
        print("stopped; --resume goes on", flush=True)
    finally:
        store.close()
        kept = [path.name for path in scratch.glob("trial-*")]
        if kept:
            print(f"folders of failed trials: {scratch} ({', '.join(kept)})")
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    text = chaos_table.table(results)
    print(text)
    if chosen.output:
        chosen.output.write_text(chaos_table.page(results, ROOT), encoding="utf-8")
    return int(chaos_table.is_failure(results))


if __name__ == "__main__":
    sys.exit(main())
