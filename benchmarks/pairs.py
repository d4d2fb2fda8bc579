"""Compare crossload with the noxfile that people write first: a session for every pair of versions.

    python benchmarks/pairs.py sklearn                 all pairs
    python benchmarks/pairs.py tensorflow --pairs 4    fresh environments for 4 pairs, scaled up
    python benchmarks/pairs.py sklearn --reused-only   no fresh environments at all

Run it from the root of the repository, in an environment with crossload, ``nox[uv]`` and nothing
else.  Both sides do the same recipes in the same formats on the same data, with the packages of the
committed locks:

fresh       ``naive/noxfile.py``, with an environment made anew for each pair by venv and pip
reused      the same, with environments that stand (one a version, not counted) and two new
            Pythons a pair
crossload   ``crossload run`` with environments that stand and without any outcome; its tables and
            reports are counted

CPU seconds are those of all child processes (getrusage), so other work on the machine moves them
little; wall seconds it does move.  Nothing is asserted.  Everything is made in a temporary folder,
which is removed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path

import pandas as pd
from tabulate import tabulate

from crossload import worker
from crossload.engine import data as datasets
from crossload.environments import Interpreters, Lock, Project, read_lock
from crossload.environments.lock_file import candidates
from crossload.plan import Plan, load_catalog, load_specs, make_plan
from crossload.system import cores

NAIVE = Path(__file__).resolve().parent / "naive"
SEED = 20_261_122
THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
"""Variables that limit the threads of libraries; crossload sets them to 1 in its processes."""
COMPILED = shutil.ignore_patterns("__pycache__")
SAME = ("identical", "equivalent")
Pairs = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Benchmark:
    """The part of a matrix that is measured."""

    axis: str
    versions: tuple[str, ...]
    file: str
    recipes: tuple[str, ...]
    formats: tuple[str, ...]


BENCHMARKS = {
    "sklearn": Benchmark(
        axis="scikit-learn",
        versions=("1.2.2", "1.5.2", "1.7.2", "1.9.1"),
        file="recipes/sklearn_models.py",
        recipes=(
            "ridge", "logistic-regression", "sgd-classifier", "discriminant", "tree-classifier",
            "random-forest", "forest-regressor", "extra-trees", "ada-boost", "gradient-boosting",
            "hist-boosting", "svc", "svr", "neighbours", "gaussian-bayes", "mlp-classifier",
            "k-means", "pca", "standard-scaler", "isolation-forest",
        ),
        formats=("pickle", "joblib"),
    ),
    "tensorflow": Benchmark(
        axis="tensorflow",
        versions=("2.15.1", "2.18.1", "2.21.0"),
        file="recipes/keras_models.py",
        recipes=("mlp", "compiled", "cnn", "lstm", "embedding"),
        formats=("keras", "h5", "weights-h5", "checkpoint", "json-weights"),
    ),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """The cost of a command in seconds: of all its processes together, and by the clock."""

    cpu: float
    wall: float

    def scaled(self, factor: float) -> Cost:
        """Multiply both."""
        return Cost(cpu=self.cpu * factor, wall=self.wall * factor)


def spend(
    command: list[str], log: Path, environment: dict[str, str], *, may_fail: bool = False
) -> Cost:
    """Run a command to its end.  Raises `SystemExit` with the end of its log if it fails."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with log.open("ab") as stream:
        done = subprocess.run(command, stdout=stream, stderr=stream, env=environment, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode and not may_fail:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:])
        msg = f"{' '.join(command)}\nended with {done.returncode}:\n{tail}"
        raise SystemExit(msg)
    return Cost(cpu=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall=wall)


def make_project(root: Path, project: Project, name: str) -> Plan:
    """Write a project whose only matrix has the benchmark's versions, recipes and formats.

    It has no controls and no expectations, which the naive side does not have either.
    """
    chosen, matrix = BENCHMARKS[name], Project(root).matrix
    raw = tomllib.loads((matrix / f"{name}.toml").read_text(encoding="utf-8"))
    if lacking := set(chosen.versions) - set(raw["axis"][chosen.axis]["versions"]):
        msg = f"matrix/{name}.toml no longer has {', '.join(sorted(lacking))}: "
        msg += f"choose other versions in {Path(__file__).name}"
        raise SystemExit(msg)
    shutil.copytree(matrix / "recipes", project.matrix / "recipes", ignore=COMPILED)
    shutil.copytree(matrix / "locks", project.locks)
    head = {"title": f"Benchmark of {name}", "recipes": [chosen.file], "formats": chosen.formats}
    axis = raw["axis"][chosen.axis] | {"versions": chosen.versions}
    include = ", ".join(f"{{ recipe = {json.dumps(recipe)} }}" for recipe in chosen.recipes)
    tables = {
        "[matrix]": head,
        f"[axis.{json.dumps(chosen.axis)}]": axis,
        "[limits]": raw.get("limits", {}),
    }
    lines = [f"[select]\ninclude = [{include}]"]
    for header, table in tables.items():
        # text, numbers and lists of text look alike in JSON and in TOML
        lines += [header, *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
    (project.matrix / f"{name}.toml").write_text("\n".join(lines), encoding="utf-8")
    spec = load_specs(project.matrix, [name])[0]
    return make_plan(spec, load_catalog(spec))


def locks_of(plan: Plan, project: Project) -> dict[str, Lock]:
    """Read the committed lock of every environment."""
    found = {}
    for environment in plan.environments:
        locks = [lock for path in candidates(environment.id, project) if (lock := read_lock(path))]
        if not locks or locks[0].inputs != environment.inputs_digest:
            msg = f"{environment.id} has no lock for this platform that is up to date: nox -s lock"
            raise SystemExit(msg)
        found[environment.id] = locks[0]
    return found


def make_naive(
    folder: Path, plan: Plan, locks: dict[str, Lock], project: Project, pairs: Pairs
) -> None:
    """Write the naive side: noxfile and script, the packages of each version, and the plan."""
    shutil.copytree(NAIVE, folder, ignore=COMPILED)
    # both sides save, load and predict with the same code: only what surrounds it is compared
    shutil.copytree(Path(worker.__path__[0]), folder / "worker", ignore=COMPILED)
    for each, lock in locks.items():
        pins = "".join(f"{package}=={version}\n" for package, version in lock.versions().items())
        (folder / f"{each}.txt").write_text(pins, encoding="utf-8")
    cases: dict[str, list[str]] = {}
    for case in dict.fromkeys(cell.case for cell in plan.cells):
        cases.setdefault(case.recipe, []).append(case.format)
    data = datasets.prepare(plan.data_names, project.work / "data")
    todo = {
        "pythons": {each: lock.python for each, lock in locks.items()},
        "pairs": pairs,
        "recipes": str(plan.spec.recipes[0].resolve()),
        "cases": cases,
        "data": {name: str(place) for name, (_, place) in data.items()},
    }
    (folder / "plan.json").write_text(json.dumps(todo), encoding="utf-8")


def environment_for(pythons: list[str], *, one_thread: bool) -> dict[str, str]:
    """Give the caller's environment, with these interpreters first on PATH.

    Variables that would keep Python from writing byte code, or that point to the environment of
    this script, are left out.
    """
    dropped = ("PYTHON", "VIRTUAL_ENV", "NOX")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    folders = dict.fromkeys(str(Path(path).parent) for path in pythons)
    path = os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)])
    return kept | {"PATH": path} | (dict.fromkeys(THREADS, "1") if one_thread else {})


def agreement(
    project: Project, naive: Path, name: str, kind: str, pairs: list[tuple[str, str]]
) -> str:
    """Say in how many cells of these pairs both sides find that models still predict the same."""
    table = pd.read_parquet(project.reports / name / "outcomes.parquet").astype(str)
    rows = table[table["verdict"].isin(SAME)][["writer", "reader", "recipe", "format"]]
    ours = {
        (writer, reader, f"{recipe}/{fmt}")
        for writer, reader, recipe, fmt in rows.itertuples(index=False)
        if (writer, reader) in pairs
    }
    theirs, lost = set(), 0
    for writer, reader in pairs:
        path = naive / "out" / kind / f"{writer}--{reader}" / "load.json"
        lost += not path.exists()
        names = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        theirs |= {(writer, reader, each) for each in names}
    cells = len(pairs) * table[["recipe", "format"]].drop_duplicates().shape[0]
    text = f"{kind}: of {cells} cells in {len(pairs)} pairs the same answers in {len(theirs)}, "
    text += f"crossload {len(ours)}, both {len(ours & theirs)}"
    return f"{text}; {lost} PAIRS ENDED WITHOUT A RESULT" if lost else text


def run(
    name: str, root: Path, work: Path, *, sample: int, reused_only: bool, one_thread: bool
) -> None:
    """Measure all ways, and print what they cost."""
    project, naive, log = Project(work / "project"), work / "naive", work / "log.txt"
    plan = make_project(root, project, name)
    locks = locks_of(plan, project)
    ids = [environment.id for environment in plan.environments]
    every = [(writer, reader) for writer in ids for reader in ids]
    drawn = sorted(random.Random(SEED).sample(every, min(sample, len(every))) if sample else every)
    pairs = {"reused": every} | ({} if reused_only else {"fresh": drawn})
    make_naive(naive, plan, locks, project, {"fresh": [], **pairs})
    interpreters = Interpreters().installed()
    if missing := {lock.python for lock in locks.values()} - set(interpreters):
        msg = f"Python {', '.join(sorted(missing))} is not installed here"
        raise SystemExit(msg)
    used = {lock.python: interpreters[lock.python] for lock in locks.values()}
    child = environment_for([each.path for each in used.values()], one_thread=one_thread)

    def nox(session: str, *, may_fail: bool = False) -> Cost:
        command = [sys.executable, "-m", "nox", "-f", str(naive / "noxfile.py"), "-s", session]
        return spend(command, log, child, may_fail=may_fail)

    crossload = [sys.executable, "-m", "crossload", "--root", str(project.root), "run", name]
    plain = environment_for([], one_thread=False)
    say(f"crossload: first run, which builds {len(ids)} environments")
    first = spend(crossload, log, plain)
    shutil.rmtree(project.work / "store")
    say("crossload: measured run")
    costs = {"crossload": spend(crossload, log, plain)}
    if not (project.work / "store").exists():
        # a run that finds the last report up to date does not look at the store at all
        msg = "crossload showed its last tables and measured nothing: "
        msg += "this script must find another way to drop outcomes"
        raise SystemExit(msg)
    say(f"reused: making {len(ids)} environments with venv and pip")
    made = nox("environments")
    for kind, chosen in pairs.items():
        say(f"{kind}: {len(chosen)} pairs")
        # a pair whose process crashes fails its session; nox goes on, and the pair is named below
        costs[kind] = nox(kind, may_fail=True)

    cases = len(plan.cells) // len(every)
    print(f"\n{name}: {len(plan.cells)} cells = {len(every)} pairs x {cases} cases", end=" ")
    print(f"({', '.join(ids)})")
    rows = rows_of(costs, pairs, len(every))
    table = tabulate(rows, headers=HEADERS, tablefmt="github", disable_numparse=True)
    print(table, end="\n\n")
    for kind, chosen in pairs.items():
        if len(chosen) < len(every):
            cost = costs[kind]
            drawn_pairs = ", ".join(f"{writer} to {reader}" for writer, reader in chosen)
            print(f"{kind}: measured {cost.cpu:.1f} s CPU and {cost.wall:.1f} s wall,", end=" ")
            print("then scaled up")
            print(f"  from pairs drawn with a fixed seed: {drawn_pairs}")
        print(agreement(project, naive, name, kind, chosen))
    print(f"not in the table: crossload's first run {first.cpu:.1f} s CPU", end=" ")
    print(f"(with uv's cache as it was found), the environments of reused {made.cpu:.1f} s CPU")
    threads = "one, as crossload has" if one_thread else "as libraries choose"
    print(f"threads of the naive side: {threads}; cores: {cores()}")
    pips = [f"{pip_of(each.path)} (Python {minor})" for minor, each in used.items()]
    print(f"nox {installed('nox')}, uv {installed('uv')}, pip {', '.join(pips)}")


def pip_of(python: str) -> str:
    """Give the version of pip that an interpreter puts into new environments."""
    said = subprocess.check_output([python, "-m", "ensurepip", "--version"], text=True)
    return said.split()[1]


HEADERS = (
    "way",
    "pairs measured",
    "CPU s",
    "wall s",
    "CPU s a pair",
    "CPU / crossload",
    "wall / crossload",
)


def rows_of(costs: dict[str, Cost], pairs: Pairs, every: int) -> list[list[str]]:
    """Give a row for each way; all figures are for all pairs."""
    ours = costs["crossload"]
    rows = []
    for kind in ("fresh", "reused", "crossload"):
        if kind not in costs:
            continue
        measured = len(pairs[kind]) if kind in pairs else every
        cost = costs[kind].scaled(every / measured)
        note = f"{measured} of {every}" + (", scaled" if measured < every else "")
        ratios = [f"{cost.cpu / ours.cpu:.1f}", f"{cost.wall / ours.wall:.1f}"]
        rows.append(
            [kind, note, f"{cost.cpu:.1f}", f"{cost.wall:.1f}", f"{cost.cpu / every:.2f}", *ratios]
        )
    return rows


def say(text: str) -> None:
    """Print the progress, with the time of day."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("matrix", choices=list(BENCHMARKS))
    drawn = "fresh: measure N pairs drawn by lot, scale up"
    parser.add_argument("--pairs", type=int, default=0, metavar="N", help=drawn)
    without = "do not measure fresh environments"
    parser.add_argument("--reused-only", action="store_true", help=without)
    free = "naive side: let libraries choose their threads"
    parser.add_argument("--free-threads", action="store_true", help=free)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crossload-pairs-", ignore_cleanup_errors=True) as work:
        run(
            chosen.matrix,
            Path.cwd(),
            Path(work),
            sample=chosen.pairs,
            reused_only=chosen.reused_only,
            one_thread=not chosen.free_threads,
        )


if __name__ == "__main__":
    main()
