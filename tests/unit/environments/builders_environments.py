"""A lock, an index and interpreters that need neither network nor process."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from crossload.environments import Project
from crossload.environments.interpreters import Interpreter
from crossload.environments.locks import Locker
from crossload.environments.package_index import (
    Index,
)
from crossload.environments.uv import UvFailure
from crossload.plan import Environment

LOCK = """# lock: e
# python: 3.12
# as-of: 2024-11-10
# inputs: abc
# left-out: skops (no release before 2024-11-10)

numpy==1.26.4 \\
    --hash=sha256:00
pandas==2.2.3 ; python_full_version < '3.13' \\
    --hash=sha256:11
pywin32==1 ; sys_platform == 'nowhere' \\
    --hash=sha256:22
"""


class FakeInterpreters:
    def __init__(self, *minors):
        self.minors = minors

    def installed(self):
        return {
            minor: Interpreter(path="p", version=f"{minor}.1", build="b") for minor in self.minors
        }

    def get(self, minor):
        return self.installed().get(minor)


def index_with(tmp_path, **packages):
    cache = tmp_path / "index"
    cache.mkdir(exist_ok=True)
    for name, rows in packages.items():
        (cache / f"{name}.json").write_text(json.dumps(rows))
    return Index(cache)


def row(version, day, tags=("cp38-cp38-any", "cp39-cp39-any", "cp312-cp312-any")):
    return {"version": version, "uploaded": day, "pythons": "", "tags": list(tags), "yanked": False}


def environment(*requires, **more):
    fields = {"id": "e", "requires": requires, "extras": (), "as_of": "release+60d", "python": None}
    return Environment(**(fields | more))


def locker(tmp_path, *minors, **packages):
    return Locker(
        Project(tmp_path),
        FakeInterpreters(*minors),
        index_with(tmp_path, **packages),
        today=date(2026, 1, 1),
        say=lambda _: None,
    )


class FakeUv:
    """``run_uv`` without uv: it keeps its calls, and refuses those of which ``refuses`` says so."""

    def __init__(self, refuses=lambda call: False, text="numpy==1.0 \\\n    --hash=sha256:00\n"):
        self.refuses, self.text, self.calls = refuses, text, []

    def __call__(self, arguments, *, stdin_text, **_):
        call = {"requires": stdin_text.split(), "options": list(arguments), "constraints": ""}
        for name in ("--python-version", "--exclude-newer", "--python"):
            if name in arguments:
                call[name] = arguments[arguments.index(name) + 1]
        if "--constraints" in arguments:
            # the file is there as long as uv runs
            path = Path(arguments[arguments.index("--constraints") + 1])
            call["constraints"] = path.read_text()
        self.calls.append(call)
        refused = self.refuses(call)
        if isinstance(refused, Exception):
            raise refused
        if refused:
            raise UvFailure(f"no solution for {' '.join(call['requires'])}")
        return self.text
