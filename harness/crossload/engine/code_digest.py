"""Which code an outcome depends on: the definitions that a recipe, a format or a measurement reaches, and no others.

A module is split into its top-level definitions (and the methods of its classes).  From a root all names are followed that
its text mentions, also into sibling modules; names that are not defined there belong to libraries, and the lock speaks for
those.  Too much is followed rather than too little: a local variable that is called like a function brings that function in.
Comments and docstrings do not count.
"""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_DYNAMIC = frozenset({"globals", "exec", "eval", "__import__", "vars", "locals"})
"""Names by which code can reach what its text does not mention: then the whole file counts."""

Place = tuple[str, str]
"""(module, definition); the definition of a method is ``Class.method``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Definition:
    text: str
    names: frozenset[str]
    """Bare names that it mentions."""
    attributes: frozenset[Place] = frozenset()
    """(name, attribute) that it mentions, such as ``("outputs", "keep")``."""


@dataclass(frozen=True, kw_only=True)
class Module:
    """The definitions of one file."""

    name: str
    text: str
    definitions: dict[str, _Definition]
    loose: tuple[_Definition, ...]
    """Top-level statements that are no definitions: they count for everything in the module."""
    siblings: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Local name to (package or module that it was imported from, name in it), both relative to the common folder."""

    @property
    def dynamic(self) -> bool:
        """Whether the file reaches for names in ways that its text does not show."""
        return any(each.names & _DYNAMIC for each in (*self.definitions.values(), *self.loose))


@cache
def read_module(name: str, path: str, content_digest: str) -> Module:  # noqa: ARG001 - the digest makes the cache right
    """Split a file into its definitions.  A file that does not parse has none; its text counts as a whole."""
    text = Path(path).read_text(encoding="utf-8")
    package = name.split(".") if Path(path).name == "__init__.py" else name.split(".")[:-1]
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return Module(name=name, text=text, definitions={}, loose=())
    lines = _without_comments(text, tree)
    definitions: dict[str, _Definition] = {}
    loose: list[_Definition] = []
    siblings: dict[str, tuple[str, str]] = {}
    for node in tree.body:
        made = _definition(node, lines)
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
                definitions[each] = made if known is None else _joined(known, made)
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            loose.append(made)
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


def _joined(a: _Definition, b: _Definition) -> _Definition:
    return _Definition(
        text=a.text + "\n" + b.text, names=a.names | b.names, attributes=a.attributes | b.attributes
    )


def _entries(node: ast.Dict, lines: list[str]) -> dict[str, _Definition]:
    """``RECIPES[name]`` for each entry that is written out; none if some entries come from elsewhere."""
    if not all(isinstance(key, ast.Constant) and isinstance(key.value, str) for key in node.keys):
        return {}
    return {
        f"RECIPES[{key.value!r}]": _definition(value, lines)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant)
    }


def _definition(node: ast.stmt | ast.expr, lines: list[str]) -> _Definition:
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))]) - 1
    last = (node.end_lineno or node.lineno) - 1
    found = lines[first : last + 1]
    if isinstance(node, ast.expr) and found:  # entries may share lines: columns count
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
    return _Definition(
        text="\n".join(line for line in found if line), names=names, attributes=attributes
    )


def _cut(line: str, start: int, end: int | None) -> str:
    """Columns of ast are bytes of UTF-8."""
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
            yield (alias.asname or alias.name).split(".")[0]


def _without_comments(text: str, tree: ast.Module) -> list[str]:
    """Lines of the text; comments are cut off, lines of docstrings are empty."""
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
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


def file_digest(path: str | Path) -> str:
    """Digest of a file's content."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:24]


class CodeIndex:
    """Modules that may mention each other: those below one folder, or a recipe file by itself."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        """Read the files; the keys of ``paths`` are their names as modules of the common folder."""
        self._modules = {
            name: read_module(name, str(path), file_digest(path)) for name, path in paths.items()
        }

    def has(self, module: str, definition: str) -> bool:
        """Whether there is such a definition."""
        return module in self._modules and definition in self._modules[module].definitions

    def digest(self, roots: Iterable[Place], *, texts: Iterable[Place] = ()) -> str:
        """Digest of everything that the roots reach; of ``texts`` the text alone counts, without what it mentions.

        Raises KeyError for a root that is not there.
        """
        seen: dict[Place, str] = {place: self._definition(place).text for place in texts}
        for root in roots:
            self._follow(root, seen)
        for module in sorted({module for module, _ in seen}):
            for index, each in enumerate(self._modules[module].loose):
                seen[module, f"#{index}"] = each.text
        state = hashlib.sha256()
        for (module, name), text in sorted(seen.items()):
            state.update(f"{module}\0{name}\0{text}\0".encode())
        return state.hexdigest()[:24]

    def recipe(self, module: str, name: str) -> str:
        """Digest of one recipe of a recipe file: its entry, what it reaches, and ``IMPORTS``.

        The whole file counts where entries are not written out one by one, or names are reached for dynamically.
        """
        found = self._modules[module]
        entry = f"RECIPES[{name!r}]"
        if entry not in found.definitions or found.dynamic:
            return hashlib.sha256(f"{module}\0{found.text}".encode()).hexdigest()[:24]
        return self.digest(
            [(module, entry), *([(module, "IMPORTS")] if self.has(module, "IMPORTS") else [])]
        )

    def _definition(self, place: Place) -> _Definition:
        module, name = place
        return self._modules[module].definitions[name]

    def _follow(self, root: Place, seen: dict[Place, str]) -> None:
        open_places = [root]
        while open_places:
            place = open_places.pop()
            if place in seen:
                continue
            definition = self._definition(place)
            seen[place] = definition.text
            module = self._modules[place[0]]
            for each in module.loose:
                open_places.extend(self._mentioned(module, each))
            open_places.extend(self._mentioned(module, definition))

    def _mentioned(self, module: Module, definition: _Definition) -> Iterator[Place]:
        for name in definition.names:
            source, inner = module.siblings.get(name, ("", ""))
            whole = f"{source}.{inner}".lstrip(".")
            if whole in self._modules:  # a module was imported: what is used of it counts
                used = [attribute for owner, attribute in definition.attributes if owner == name]
                yield from (
                    (whole, each) for each in used if each in self._modules[whole].definitions
                )
            elif source in self._modules:
                if inner in self._modules[source].definitions:
                    yield source, inner
            elif name in module.definitions:
                yield module.name, name
