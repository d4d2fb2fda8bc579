"""Compare Dask clusters of 1, 2 and 4 workers with a run without a cluster.

    python benchmarks/dask_workers.py

Scheduler and workers are processes of this machine: beyond its cores more of them cannot help.
Workers build their environments anew, from uv's cache; the run without a cluster finds them built.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from process_cost import ROOT, Spent, crossload, spend
from tabulate import tabulate

from crossload.system import cores

SELECTED = ["sklearn", "--only", "sklearn>=1.5", "--format", "pickle", "--format", "joblib"]


def run(place: Path, *where: str) -> Spent:
    """Run with an empty store; the output is the verdict table."""
    root = Path(tempfile.mkdtemp(dir=place))
    shutil.copytree(ROOT / "matrix", root / "matrix")
    if not where:
        (root / ".nox").symlink_to(ROOT / ".nox")
    spent = spend(crossload(root, "run", *SELECTED, *where))
    table = (root / ".crossload" / "tables" / "sklearn-part.csv").read_text()
    return Spent(cpu=spent.cpu, wall=spent.wall, peak_mb=spent.peak_mb, output=table)


def with_workers(place: Path, count: int) -> Spent:
    """Run on a cluster that is started for this run, and ended after it."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m"]
    options = ["--no-dashboard", "--host", "127.0.0.1", "--port", str(port)]
    scheduler = [*dask, "distributed.cli.dask_scheduler", *options]
    options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(place)]
    worker = [*dask, "distributed.cli.dask_worker", address, *options]
    commands = [scheduler, *[worker] * count]
    processes = [subprocess.Popen(command, **quiet) for command in commands]
    time.sleep(4)  # so that starting the cluster is not a part of the run's time
    try:
        return run(place, "--executor", "dask", "--scheduler", address)
    finally:
        # workers first: one that loses its scheduler while it closes sometimes hangs
        for process in reversed(processes):
            process.kill()
            process.wait()


def main() -> None:
    """Measure each size of a cluster; print a table."""
    with tempfile.TemporaryDirectory() as text:
        place = Path(text)
        alone = run(place)
        rows = [("no cluster", f"{alone.wall:.1f}", "1.00", "")]
        for count in (1, 2, 4):
            spent = with_workers(place, count)
            same = "equal" if spent.output == alone.output else "DIFFERENT"
            share = f"{spent.wall / alone.wall:.2f}"
            rows.append((f"{count} workers", f"{spent.wall:.1f}", share, same))
    headers = ["", "wall s", "of no cluster", "verdict table"]
    print(tabulate(rows, headers=headers, tablefmt="github", disable_numparse=True))
    print(f"\n{len(alone.output.splitlines()) - 1} cells, {cores()} cores")


if __name__ == "__main__":
    main()
