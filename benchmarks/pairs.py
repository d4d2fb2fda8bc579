"""What crossload saves against the noxfile that people write first, a session for every pair of writer and reader.

    python benchmarks/pairs.py sklearn                   all pairs
    python benchmarks/pairs.py tensorflow --pairs 4      fresh environments for 4 pairs only, scaled up
    python benchmarks/pairs.py sklearn --reused-only     no fresh environments at all

Run it from the root of the repository, in an environment with crossload, ``nox[uv]`` and nothing else.  Both sides do
the same recipes in the same formats on the same data, with the packages of the committed locks:

fresh       ``naive/noxfile.py``, with an environment made anew for each pair by venv and pip
reused      the same, with environments that stand (one a version, not counted) and two new Pythons a pair
crossload   ``crossload run`` with environments that stand and without any outcome; its tables and reports are counted

CPU seconds are those of all child processes (getrusage), so other work on the machine moves them little; wall seconds
it does move.  Nothing is asserted.  Everything is made in a temporary folder, which is removed.
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
from crossload.environments.locks import candidates
from crossload.plan import Plan, load_catalog, load_specs, make_plan
from crossload.system import cores

NAIVE = Path(__file__).resolve().parent / "naive"
SEED = 20_261_122
THREADS = ("OMP", "OPENBLAS", "MKL", "TF_NUM_INTRAOP", "TF_NUM_INTEROP")
SAME = ("identical", "equivalent")
Pairs = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Benchmark:
    """What is taken of a matrix."""

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
            "ridge", "logistic-regression", "sgd-classifier", "discriminant", "tree-classifier", "random-forest",
            "forest-regressor", "extra-trees", "ada-boost", "gradient-boosting", "hist-boosting", "svc", "svr",
            "neighbours", "gaussian-bayes", "mlp-classifier", "k-means", "pca", "standard-scaler", "isolation-forest",
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
    """What a command cost: seconds, of all its processes together and by the clock."""

    cpu: float
    wall: float

    def scaled(self, factor: float) -> Cost:
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


def make_project(root: Path, project: Path, name: str) -> Plan:
    """Write a project whose only matrix has the benchmark's versions, recipes and formats; no controls, no expectations."""
    chosen, matrix = BENCHMARKS[name], Project(root).matrix
    raw = tomllib.loads((matrix / f"{name}.toml").read_text(encoding="utf-8"))
    if lacking := set(chosen.versions) - set(raw["axis"][chosen.axis]["versions"]):
        msg = f"matrix/{name}.toml no longer has {', '.join(sorted(lacking))}: choose other versions in {Path(__file__).name}"
        raise SystemExit(msg)
    shutil.copytree(
        matrix / "recipes",
        project / "matrix" / "recipes",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copytree(matrix / "locks", project / "matrix" / "locks")
    head = {"title": f"Benchmark of {name}", "recipes": [chosen.file], "formats": chosen.formats}
    axis = raw["axis"][chosen.axis] | {"versions": chosen.versions}
    include = ", ".join(f"{{ recipe = {json.dumps(recipe)} }}" for recipe in chosen.recipes)
    tables = {
        "[matrix]": head,
        f"[axis.{json.dumps(chosen.axis)}]": axis,
        "[limits]": raw.get("limits", {}),
    }
    lines = [f"[select]\ninclude = [{include}]"]
    for (
        header,
        table,
    ) in tables.items():  # text, numbers and lists of text inspect_file alike in JSON and in TOML
        lines += [header, *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
    (project / "matrix" / f"{name}.toml").write_text("\n".join(lines), encoding="utf-8")
    spec = load_specs(project / "matrix", [name])[0]
    return make_plan(spec, load_catalog(spec))


def locks_of(plan: Plan, project: Project) -> dict[str, Lock]:
    """The committed lock of every environment."""
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
    """Write the naive side: its noxfile and script, the packages of each version, and what is to be done."""
    shutil.copytree(NAIVE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(
        Path(worker.__path__[0]), folder / "inside", ignore=shutil.ignore_patterns("__pycache__")
    )
    for each, lock in locks.items():
        (folder / f"{each}.txt").write_text(
            "".join(f"{p}=={v}\n" for p, v in lock.versions().items()), encoding="utf-8"
        )
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
    """The caller's environment, able to write byte code, and with these interpreters first on PATH."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PYTHON", "VIRTUAL_ENV", "NOX"))
    }
    folders = dict.fromkeys(str(Path(path).parent) for path in pythons)
    path = os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)])
    threads = (
        {f"{name}{'' if name.startswith('TF') else '_NUM'}_THREADS": "1" for name in THREADS}
        if one_thread
        else {}
    )
    return kept | {"PATH": path} | threads


def agreement(
    project: Path, naive: Path, name: str, kind: str, pairs: list[tuple[str, str]]
) -> str:
    """In how many cells of these pairs both sides say that the model loads and predicts the same."""
    table = pd.read_parquet(project / "reports" / name / "outcomes.parquet").astype(str)
    rows = table[table["verdict"].isin(SAME)][["writer", "reader", "recipe", "format"]]
    ours = {
        (w, r, f"{recipe}/{fmt}")
        for w, r, recipe, fmt in rows.itertuples(index=False)
        if (w, r) in pairs
    }
    theirs, lost = set(), 0
    for writer, reader in pairs:
        path = naive / "out" / kind / f"{writer}--{reader}" / "load.json"
        lost += not path.exists()
        names = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        theirs |= {(writer, reader, each) for each in names}
    cells = len(pairs) * table[["recipe", "format"]].drop_duplicates().shape[0]
    text = f"{kind}: of {cells} cells in {len(pairs)} pairs the same answers in {len(theirs)}, crossload {len(ours)}"
    return f"{text}, both {len(ours & theirs)}" + (
        f"; {lost} PAIRS ENDED WITHOUT A RESULT" if lost else ""
    )


def run(
    name: str, root: Path, work: Path, *, sample: int, reused_only: bool, one_thread: bool
) -> None:
    """Measure all ways, and print what they cost."""
    project, naive = work / "project", work / "naive"
    project, log = Project(project), work / "log.txt"
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

    crossload = [sys.executable, "-m", "crossload", "--root", str(project), "run", name]
    plain = environment_for([], one_thread=False)
    say(f"crossload: first run, which builds {len(ids)} environments")
    first = spend(crossload, log, plain)
    shutil.rmtree(project.work / "store")
    say("crossload: measured run")
    costs = {"crossload": spend(crossload, log, plain)}
    if not (project.work / "store").exists():
        msg = "crossload showed its last tables and measured nothing: this script must find another way to drop outcomes"
        raise SystemExit(msg)
    say(f"reused: making {len(ids)} environments with venv and pip")
    made = nox("environments")
    for kind, chosen in pairs.items():
        say(f"{kind}: {len(chosen)} pairs")
        # a pair whose process crashes fails its session; nox goes on, and the pair is named below
        costs[kind] = nox(kind, may_fail=True)

    pips = {
        minor: subprocess.check_output(
            [each.path, "-m", "ensurepip", "--version"], text=True
        ).split()[1]
        for minor, each in used.items()
    }
    print(
        f"\n{name}: {len(plan.cells)} cells = {len(every)} pairs ({', '.join(ids)}) x {len(plan.cells) // len(every)} cases"
    )
    print(
        tabulate(
            rows_of(costs, pairs, len(every)),
            headers=HEADERS,
            tablefmt="github",
            disable_numparse=True,
        ),
        end="\n\n",
    )
    for kind, chosen in pairs.items():
        if len(chosen) < len(every):
            cost = costs[kind]
            print(
                f"{kind}: measured {cost.cpu:.1f} s CPU and {cost.wall:.1f} s wall, then scaled up from pairs drawn with"
            )
            print(f"  a fixed seed: {', '.join(f'{w} to {r}' for w, r in chosen)}")
        print(agreement(project, naive, name, kind, chosen))
    print(
        f"not in the table: crossload's first run {first.cpu:.1f} s CPU (with uv's cache as it was found),",
        end=" ",
    )
    print(f"the environments of reused {made.cpu:.1f} s CPU")
    print(
        f"threads of the naive side: {'one, as crossload has' if one_thread else 'as libraries choose'}; cores: {cores()}"
    )
    print(
        f"nox {installed('nox')}, uv {installed('uv')}, pip "
        + ", ".join(f"{p} (Python {m})" for m, p in pips.items())
    )


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
    """A row for each way, all of them for all pairs."""
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
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("matrix", choices=list(BENCHMARKS))
    parser.add_argument(
        "--pairs",
        type=int,
        default=0,
        metavar="N",
        help="fresh: measure N pairs drawn by lot, scale up",
    )
    parser.add_argument(
        "--reused-only", action="store_true", help="do not measure fresh environments"
    )
    parser.add_argument(
        "--free-threads", action="store_true", help="naive side: let libraries choose their threads"
    )
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
