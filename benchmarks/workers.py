"""What a Dask cluster of 1, 2 and 4 workers makes of a matrix, beside a run without one.

    python benchmarks/workers.py

Scheduler and workers are processes of this machine: beyond its cores more of them cannot help.  Workers build their
environments anew, from uv's cache; the run without a cluster finds them built.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import ROOT, Spent, crossload, spend
from tabulate import tabulate

from crossload.system import cores

SELECTED = ["sklearn", "--only", "sklearn>=1.5", "--format", "pickle", "--format", "joblib"]


def run(place: Path, *where: str) -> Spent:
    """One run with an empty store."""
    root = Path(tempfile.mkdtemp(dir=place))
    shutil.copytree(ROOT / "matrix", root / "matrix")
    if not where:
        (root / ".nox").symlink_to(ROOT / ".nox")
    spent = spend(crossload(root, "run", *SELECTED, *where))
    table = (root / ".crossload" / "tables" / "sklearn-part.csv").read_text()
    return Spent(cpu=spent.cpu, wall=spent.wall, peak_mb=spent.peak_mb, output=table)


def with_workers(place: Path, count: int) -> Spent:
    """One run on a cluster of its own."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m"]
    scheduler = [
        *dask,
        "distributed.cli.dask_scheduler",
        "--no-dashboard",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(place)]
    processes = [subprocess.Popen(scheduler, **quiet)]  # type: ignore[call-overload]
    worker = [*dask, "distributed.cli.dask_worker", address, *options]
    processes += [subprocess.Popen(worker, **quiet) for _ in range(count)]  # type: ignore[call-overload]
    time.sleep(4)
    try:
        return run(place, "--executor", "dask", "--scheduler", address)
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as text:
        place = Path(text)
        alone = run(place)
        rows = [("no cluster", f"{alone.wall:.1f}", "1.00", "")]
        for count in (1, 2, 4):
            spent = with_workers(place, count)
            same = "equal" if spent.output == alone.output else "DIFFERENT"
            rows.append(
                (f"{count} workers", f"{spent.wall:.1f}", f"{spent.wall / alone.wall:.2f}", same)
            )
    print(
        tabulate(
            rows,
            headers=["", "wall s", "of no cluster", "verdict table"],
            tablefmt="github",
            disable_numparse=True,
        )
    )
    print(f"\n{len(alone.output.splitlines()) - 1} cells, {cores()} cores")


if __name__ == "__main__":
    main()
