"""The data flows one way: each package imports only those before it."""

from __future__ import annotations

import ast
from pathlib import Path

import crossload

PACKAGE = Path(crossload.__path__[0])
BEFORE = {
    "errors": set(),
    "config": {"errors"},
    "inside": set(),
    "plan": {"errors", "config", "inside"},
    "environments": {"errors", "config", "plan"},
    "engine": {"errors", "config", "inside", "plan", "environments"},
    "verdict": {"errors", "config", "inside", "plan"},
    "report": {"errors", "safe", "config", "plan", "verdict"},
    "machine": set(),
    "safe": set(),
    "artifact": {"errors", "safe"},
    "own": {
        "errors",
        "safe",
        "machine",
        "config",
        "inside",
        "plan",
        "environments",
        "engine",
        "verdict",
        "report",
        "artifact",
    },
}
"""Layers and what each may import beside itself; the modules that are not listed stand above all of them."""


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [str(node.module)]
            if node.module == "crossload":
                names = [f"crossload.{alias.name}" for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("crossload.")}
    return found


def test_no_layer_imports_one_above_it():
    wrong = []
    for layer, allowed in BEFORE.items():
        paths = [PACKAGE / f"{layer}.py"] if (PACKAGE / f"{layer}.py").exists() else (PACKAGE / layer).glob("*.py")
        for path in paths:
            surplus = imports_of(path) - allowed - {layer}
            wrong += [f"{path.relative_to(PACKAGE)} imports {each}" for each in sorted(surplus)]

    assert wrong == []


def test_every_folder_is_a_layer():
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} <= set(BEFORE)
