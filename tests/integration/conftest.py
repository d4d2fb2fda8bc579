"""Projects of their own for each test module: real environments from the package index, real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


class Project:
    """A folder with matrix files and recipes, and the command line to run in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "matrix" / "recipes").mkdir(parents=True)

    def recipe(self, name: str, text: str | None = None) -> None:
        """Take a recipe of the tests or of the project, or write one."""
        places = [HERE / "recipes" / name, ROOT / "matrix" / "recipes" / name]
        found = (
            text if text is not None else next(path.read_text() for path in places if path.exists())
        )
        (self.root / "matrix" / "recipes" / name).write_text(found)

    def matrix(self, name: str, text: str) -> None:
        (self.root / "matrix" / f"{name}.toml").write_text(text)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "crossload", "--root", str(self.root), *arguments]

    def crossload(
        self, *arguments: str, code: int | None = 0, seconds: float = 600, **options
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end; fails the test if the exit code is another than expected."""
        options["env"] = {"COLUMNS": "400"} | dict(
            options.get("env") or os.environ
        )  # so that what is looked for is in one line
        done = subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            **options,
        )
        if code is not None:
            assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def report(self, name: str, *, part: bool = False) -> Path:
        """Folder of the report: of the whole matrix, or of the last run that had selectors."""
        return (self.root / ".crossload" / "reports" if part else self.root / "reports") / name

    def outcomes(self, name: str, *, part: bool = False):
        """The table of outcomes, indexed by recipe, format, writer and reader."""
        import pandas as pd

        table = pd.read_parquet(self.report(name, part=part) / "outcomes.parquet")
        for column in ("recipe", "format", "writer", "reader", "verdict", "reason"):
            table[column] = table[column].astype(str)
        return table.set_index(["recipe", "format", "writer", "reader"]).sort_index()

    def summary(self, name: str, *, part: bool = False) -> dict:
        return json.loads((self.report(name, part=part) / "summary.json").read_text())

    def journal(self) -> list[dict]:
        """All records on disk, whole lines only, oldest first."""
        found = []
        for path in sorted((self.root / ".crossload" / "store" / "journals").glob("*.jsonl")):
            lines = path.read_text().split("\n")
            found += [json.loads(line) for line in lines[:-1]]
        return [record for record in found if record["kind"] in ("save", "load")]

    def processes(self) -> list[int]:
        """Processes whose command line names this project, this test's own aside."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    words = (entry / "cmdline").read_bytes().decode(errors="replace")
                except OSError:
                    continue  # it ended meanwhile
                if str(self.root) in words:
                    found.append(int(entry.name))
        return found


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    return Project(tmp_path_factory.mktemp("project"))


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.integration)
