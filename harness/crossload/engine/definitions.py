"""Splits a Python file into its top-level definitions, and says which names each mentions.

Text is compared without comments and docstrings, so that words can change where behaviour does
not.
"""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_DYNAMIC = frozenset({"globals", "exec", "eval", "__import__", "vars", "locals"})
"""Names by which code can reach what its text does not mention: then the whole file counts."""

Place = tuple[str, str]
"""(module, definition); the definition of a method is ``Class.method``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """The text of one definition, and what it mentions."""

    text: str
    """Lines without comments, docstrings and empty lines."""
    names: frozenset[str]
    """Bare names that it mentions."""
    attributes: frozenset[Place] = frozenset()
    """(name, attribute) that it mentions, such as ``("outputs", "keep")``."""


@dataclass(frozen=True, kw_only=True)
class Module:
    """The definitions of one file."""

    name: str
    text: str
    definitions: dict[str, Definition]
    loose: tuple[Definition, ...]
    """Top-level statements that are no definitions: they count for everything in the module."""
    siblings: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Local name to (package or module that it was imported from, name in it).

    Both are relative to the common folder.
    """

    @property
    def dynamic(self) -> bool:
        """True if the file reaches for names in ways that its text does not show."""
        return any(each.names & _DYNAMIC for each in (*self.definitions.values(), *self.loose))


@cache
def read_module(name: str, path: str, content_digest: str) -> Module:  # noqa: ARG001 - for the cache
    """Split a file into its definitions.

    Parameters
    ----------
    name
        Its name as a module of the common folder.
    path
        The file.
    content_digest
        The digest of its content, so that a file that has changed is not taken from the cache.

    Returns
    -------
    Module
        Without definitions where the file does not parse: its text counts as a whole.
    """
    text = Path(path).read_text(encoding="utf-8")
    # relative imports count from the package: that is the module itself in an __init__.py
    package = name.split(".") if Path(path).name == "__init__.py" else name.split(".")[:-1]
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return Module(name=name, text=text, definitions={}, loose=())
    lines = _without_comments(text, tree)
    definitions: dict[str, Definition] = {}
    loose: list[Definition] = []
    siblings: dict[str, tuple[str, str]] = {}
    for node in tree.body:
        definition = _definition(node, lines)
        names = list(_defined_by(node))
        if isinstance(node, ast.ImportFrom) and node.level:
            parts = [
                *package[: len(package) - node.level + 1],
                *([node.module] if node.module else []),
            ]
            siblings |= {
                alias.asname or alias.name: (".".join(parts), alias.name) for alias in node.names
            }
        if names:
            for each in names:
                known = definitions.get(each)
                # a name that is defined twice, as in try/except ImportError: both count
                definitions[each] = definition if known is None else _joined(known, definition)
        # all but the docstring of the module, and strings below attributes
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            loose.append(definition)
        # methods count by themselves too: of some classes one alone decides on outcomes
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    definitions[f"{node.name}.{inner.name}"] = _definition(inner, lines)
        if (
            isinstance(node, ast.Assign)
            and names == ["RECIPES"]
            and isinstance(node.value, ast.Dict)
        ):
            definitions |= _entries(node.value, lines)
    return Module(
        name=name, text=text, definitions=definitions, loose=tuple(loose), siblings=siblings
    )


def _joined(a: Definition, b: Definition) -> Definition:
    return Definition(
        text=a.text + "\n" + b.text, names=a.names | b.names, attributes=a.attributes | b.attributes
    )


def _entries(node: ast.Dict, lines: list[str]) -> dict[str, Definition]:
    """``RECIPES[name]`` for each entry; none if some entries are not written out."""
    if not all(isinstance(key, ast.Constant) and isinstance(key.value, str) for key in node.keys):
        return {}
    return {
        f"RECIPES[{key.value!r}]": _definition(value, lines)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant)
    }


def _definition(node: ast.stmt | ast.expr, lines: list[str]) -> Definition:
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))]) - 1
    last = (node.end_lineno or node.lineno) - 1
    found = lines[first : last + 1]
    # decorators stand above the line of their function; entries of a dict may share lines
    if isinstance(node, ast.expr) and found:
        if first == last:
            found = [_cut(found[0], node.col_offset, node.end_col_offset)]
        else:
            found = [
                _cut(found[0], node.col_offset, None),
                *found[1:-1],
                _cut(found[-1], 0, node.end_col_offset),
            ]
    names = frozenset(each.id for each in ast.walk(node) if isinstance(each, ast.Name))
    attributes = frozenset(
        (each.value.id, each.attr)
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name)
    )
    return Definition(
        text="\n".join(line for line in found if line), names=names, attributes=attributes
    )


def _cut(line: str, start: int, end: int | None) -> str:
    # columns of ast are bytes of UTF-8: https://docs.python.org/3/library/ast.html#ast.AST
    return line.encode()[start:end].decode(errors="replace")


def _defined_by(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            for each in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
                if isinstance(each, ast.Name):
                    yield each.id
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            # ``import a.b`` defines a
            yield (alias.asname or alias.name).split(".")[0]


def _without_comments(text: str, tree: ast.Module) -> list[str]:
    """Lines of the text; comments are cut off, lines of docstrings are empty."""
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        # tokens, because "#" within a string is no comment
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or not body:
            continue
        for each in body:
            if (
                isinstance(each, ast.Expr)
                and isinstance(each.value, ast.Constant)
                and isinstance(each.value.value, str)
            ):
                for row in range(each.lineno - 1, each.end_lineno or each.lineno):
                    lines[row] = ""
    return lines
