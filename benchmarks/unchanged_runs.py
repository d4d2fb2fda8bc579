"""Measure what a run costs that has nothing to measure.

    python benchmarks/unchanged_runs.py [MATRIX...]

Either nothing changed, or only a tolerance did, or only the report is missing.  The script works on
a copy of this project with its outcomes; run `nox -s matrix` first.  The copy's run without changes
is repeated with the network taken away (`unshare -n`), where the system allows that.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from process_cost import ROOT, crossload, spend
from tabulate import tabulate


def main(matrices: list[str]) -> None:
    """Time each kind of run; print a table."""
    rows = []
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "project"
        root.mkdir()
        for name in ("matrix", "reports"):
            shutil.copytree(ROOT / name, root / name)
        shutil.copytree(
            ROOT / ".crossload",
            root / ".crossload",
            ignore=shutil.ignore_patterns("aside", "*.lock"),
        )
        (root / ".nox").symlink_to(ROOT / ".nox")
        shutil.rmtree(root / ".crossload" / "shown")
        command = crossload(root, "run", *matrices)
        first = spend(command)
        rows.append(("re-report: tables are judged and written anew", first))
        rows.append(("unchanged", spend(command)))
        if subprocess.run(["unshare", "-r", "-n", "true"], check=False).returncode == 0:
            rows.append(("unchanged, without network", spend(["unshare", "-r", "-n", *command])))
        for path in (root / "matrix").glob("*.toml"):
            text = path.read_text()
            more = "" if "[tolerance]" in text else "\n[tolerance]\nmetric = 0.002\n"
            path.write_text(text + more)
        rows.append(("re-judge: another tolerance", spend(command)))
        assert all("saves and" not in spent.output for _, spent in rows), "something was measured"
    nox = [sys.executable, "-m", "nox", "-s", "matrix", *(["--", *matrices] if matrices else [])]
    spend(nox, cwd=ROOT)
    rows.append(("unchanged, by nox -s matrix", spend(nox, cwd=ROOT)))
    table = [
        (name, f"{spent.wall:.2f}", f"{spent.cpu:.2f}", f"{spent.peak_mb:.0f}")
        for name, spent in rows
    ]
    headers = ["run", "wall s", "CPU s", "peak MB"]
    print(tabulate(table, headers=headers, tablefmt="github", disable_numparse=True))


if __name__ == "__main__":
    main(sys.argv[1:])
