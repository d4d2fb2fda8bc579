"""Compare a run with its limit: the CPU seconds of imports, saves and loads, over the cores.

    python benchmarks/run_overhead.py sklearn

Environments are those of this project and must stand (run `nox -s matrix` first); outcomes are
measured in an empty store.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from process_cost import ROOT, crossload, spend
from tabulate import tabulate

from crossload.environments import Project
from crossload.environments.build import python_in
from crossload.plan import load_catalog, load_specs, make_plan
from crossload.system import cores

IMPORT_ALL = """
import importlib
for name in {modules!r}:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
"""


def imports_of(name: str) -> float:
    """Give the CPU seconds of importing what a matrix imports, once in each environment."""
    (spec,) = load_specs(ROOT / "matrix", [name])
    plan = make_plan(spec, load_catalog(spec))
    modules: list[str] = ["numpy"]
    for path in (*spec.recipes, *spec.controls):
        text = path.read_text()
        # only the list is run: the file itself may need libraries that the driver does not have
        found: dict[str, list[str]] = {}
        start = text.find("IMPORTS = [")
        exec(text[start : text.find("]", start) + 1], found)
        modules += found["IMPORTS"]
    program = IMPORT_ALL.format(modules=list(dict.fromkeys(modules)))
    project = Project(ROOT)
    pythons = [python_in(project.environment(each.id)) for each in plan.environments]
    return sum(
        spend([str(python), "-s", "-c", program]).cpu for python in pythons if python.exists()
    )


def main(name: str) -> None:
    """Measure a run and the imports; print both beside the limit."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "project"
        root.mkdir()
        shutil.copytree(ROOT / "matrix", root / "matrix")
        (root / ".nox").symlink_to(ROOT / ".nox")
        spent = spend(crossload(root, "run", name))
        seconds: dict[str, float] = {"save": 0.0, "load": 0.0}
        for path in (root / ".crossload" / "store" / "journals").glob("*.jsonl"):
            for line in path.read_text().splitlines():
                record = json.loads(line)
                if record["kind"] in seconds:
                    seconds[record["kind"]] += sum(record["seconds"].values())
    imports = imports_of(name)
    limit = (imports + seconds["save"] + seconds["load"]) / cores()
    rows = [
        ("imports", imports),
        ("saves (fit, predict, save), as their processes measured", seconds["save"]),
        ("loads (load, predict, state), as their processes measured", seconds["load"]),
        (f"limit: their sum over {cores()} cores", limit),
        ("wall of the run", spent.wall),
        ("CPU of the run", spent.cpu),
    ]
    print(tabulate(rows, headers=[name, "seconds"], floatfmt=".1f", tablefmt="github"))
    busy = spent.cpu / cores()
    print(f"\nwall {spent.wall / limit:.2f} x limit, {spent.wall / busy:.2f} x CPU / cores")


if __name__ == "__main__":
    main(sys.argv[1])
