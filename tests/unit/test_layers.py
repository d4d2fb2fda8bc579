"""Each room imports only those below it, and no two modules import each other in a circle."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import crossload

PACKAGE = Path(crossload.__path__[0])

GROUND = {"derived", "errors", "limits", "safe", "system", "version"}
BELOW = {
    "errors": set(),
    "derived": set(),
    "limits": {"errors"},
    "safe": set(),
    "system": set(),
    "version": set(),
    "worker": set(),
    "config": GROUND,
    "requirements": GROUND,
    "inspection": GROUND,
    "plan": GROUND | {"config", "worker"},
    "environments": GROUND | {"config", "plan"},
    "store": GROUND | {"worker"},
    "engine": GROUND | {"config", "worker", "plan", "environments", "store"},
    "verdict": GROUND | {"config", "worker", "plan"},
    "report": GROUND | {"config", "plan", "verdict"},
}
"""What each room may import beside itself, the lowest first."""
MEASURING = set(BELOW) - {"requirements", "inspection"}
BELOW |= {
    "models": set(BELOW),
    "api": {*BELOW, "models"},
    "matrix": MEASURING | {"api"},
    "cli": {*BELOW, "models", "api", "matrix"},
    # public names for what users import: nothing of crossload may import these
    "__init__": {"api", "version"},
    "__main__": {"cli"},
    "formats": {"worker"},
    "pytest_plugin": {"api"},
    "sphinx": {"api"},
}


def module_of(path: Path) -> str:
    return ".".join(("crossload", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    )


MODULES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports_of(name: str, path: Path) -> set[str]:
    """Modules of crossload that a module imports, wherever in it."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = (
                package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            )
            source = ".".join([*parts, *([node.module] if node.module else [])])
            inner = {f"{source}.{alias.name}" for alias in node.names}
            found |= {each if each in MODULES else source for each in inner}
    return {each for each in found if each in MODULES} - {name}


IMPORTS = {name: imports_of(name, path) for name, path in MODULES.items()}


def room_of(module: str) -> str:
    return "__init__" if module == "crossload" else module.split(".")[1]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_rooms_below_its_own(module):
    room = room_of(module)

    assert {room_of(each) for each in IMPORTS[module]} <= BELOW[room] | {room}


def test_every_room_has_its_place():
    assert {room_of(module) for module in MODULES} == set(BELOW)


def test_there_is_no_circle_of_modules():
    try:
        TopologicalSorter(IMPORTS).prepare()
    except CycleError as error:
        pytest.fail(f"these import each other: {' -> '.join(error.args[1])}")


def test_there_is_no_circle_of_rooms():
    rooms: dict[str, set[str]] = {}
    for module, imported in IMPORTS.items():
        rooms.setdefault(room_of(module), set()).update(
            {room_of(each) for each in imported} - {room_of(module)}
        )
    try:
        TopologicalSorter(rooms).prepare()
    except CycleError as error:
        pytest.fail(f"these import each other: {' -> '.join(error.args[1])}")
