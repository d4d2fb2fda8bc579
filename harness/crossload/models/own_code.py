"""The classes and functions of the code that a user brings along, read from its text."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crossload.inspection.facts import Danger, Kind
from crossload.models.needs import PACKAGES, python_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from crossload.inspection import ImportedName

_MAIN = "__main__"


@dataclass(frozen=True)
class OwnCode:
    """The classes and functions that the user's own modules define, by module.

    The user named this code, so that a file may name its classes without another question.  Only
    what a ``class`` or ``def`` of the module itself makes counts: ``mine.os.system`` reaches
    something else through it, and so does a name that the module imports or assigns.  A function
    counts where a file names it; one that a file *calls* is asked about, because the file chooses
    what it is called with.
    """

    classes: dict[str, frozenset[str]] = field(default_factory=dict)
    functions: dict[str, frozenset[str]] = field(default_factory=dict)

    def agrees(self, name: ImportedName) -> bool:
        """Say if the user agreed to a name by naming the code that defines it."""
        if name.kind is not Kind.IMPORT or name.danger is not Danger.UNKNOWN:
            return False
        # Keras registers classes under "package>Class", and looks up what has no module among the
        # user's objects; words stand for the module then
        wanted = name.name.rpartition(">")[2]
        without = " " in name.module or not name.module
        module = _MAIN if without else name.module
        if wanted in self.classes.get(module, ()):
            return True
        return not name.called and wanted in self.functions.get(module, ())


def own_code(paths: Sequence[Path]) -> OwnCode:
    """Read which classes and functions the user's code defines; nothing is imported.

    Parameters
    ----------
    paths
        Files of Python, packages, or folders of modules, as ``--with-code`` takes them.

    Returns
    -------
    OwnCode
        The definitions by module.  A module that is called like one of Python or of a package that
        models come from has none: the names in a file mean that other one as well.
    """
    classes: dict[str, frozenset[str]] = {}
    functions: dict[str, frozenset[str]] = {}
    # what was pickled by a script is looked for in __main__, where all that the code defines is put
    every: tuple[set[str], set[str]] = (set(), set())
    for module, path in _modules(paths):
        if module.split(".")[0] in PACKAGES or module.split(".")[0] in sys.stdlib_module_names:
            continue
        try:
            # bytes and not text, so that a coding line of the file is honoured
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError, OSError, RecursionError, MemoryError):
            continue  # importing it will say what is wrong
        found = _definitions(tree)
        classes[module], functions[module] = map(frozenset, found)
        if "." not in module:
            every[0].update(found[0])
            every[1].update(found[1])
    if classes:
        classes[_MAIN], functions[_MAIN] = map(frozenset, every)
    return OwnCode(classes, functions)


def _modules(paths: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Give the modules that can be imported once the folders of the code are on ``sys.path``."""
    for path in paths:
        if not path.is_dir():
            yield path.stem, path
            continue
        root = path.parent if (path / "__init__.py").exists() else path
        for each in python_files(path):
            parts = each.relative_to(root).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            if parts:
                yield ".".join(parts), each


def _definitions(tree: ast.Module) -> tuple[set[str], set[str]]:
    """List the classes and functions of a module, those within classes with dots."""
    classes: set[str] = set()
    functions: set[str] = set()
    rebound: set[str] = set()
    pending: list[tuple[ast.stmt, str]] = [(each, "") for each in tree.body]
    while pending:
        node, outer = pending.pop()
        if isinstance(node, ast.ClassDef):
            classes.add(outer + node.name)
            pending += [(each, f"{outer}{node.name}.") for each in node.body]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            functions.add(outer + node.name)
        else:
            # definitions within "if" and "try" are the module's as well
            inner, rest = _parts(node)
            rebound |= {outer + name for name in _bound(node, rest)}
            pending += [(each, outer) for each in inner]
    # a name that is bound otherwise somewhere may be something else in the end
    return classes - rebound, functions - rebound


def _parts(node: ast.stmt) -> tuple[list[ast.stmt], list[ast.AST]]:
    """Give the statements within a statement, and what else it is made of."""
    inner: list[ast.stmt] = []
    rest: list[ast.AST] = []
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.stmt):
            inner.append(each)
        elif isinstance(each, ast.ExceptHandler | ast.match_case):
            inner += each.body
        else:
            rest.append(each)
    return inner, rest


def _bound(node: ast.stmt, rest: Sequence[ast.AST]) -> set[str]:
    """List the names that a statement imports or assigns."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.split(".")[0] for alias in node.names}
    return {
        each.id
        for part in rest
        for each in ast.walk(part)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }
