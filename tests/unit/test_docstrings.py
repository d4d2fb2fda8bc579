"""Docstrings begin with a sentence that has a subject or is in the imperative."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import crossload

PACKAGE = Path(crossload.__path__[0])
MODULES = sorted(PACKAGE.rglob("*.py"))
NO_SENTENCE = re.compile(r"(What|Whether|Where|How|Why|Who|The same|Same)\b")


def docstrings(path):
    """Give line, name and first line of each docstring of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                name = getattr(node, "name", "module")
                yield getattr(node, "lineno", 1), name, text.splitlines()[0]


def public(path):
    """Give line, name and documented or not, of everything public in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield 1, path.stem, bool(ast.get_docstring(tree) or not tree.body)
    pending = [(tree, True)]
    while pending:
        parent, is_public = pending.pop()
        for node in parent.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                shown = is_public and not node.name.startswith("_")
                if shown and not _is_overload(node):
                    yield node.lineno, node.name, bool(ast.get_docstring(node))
                if isinstance(node, ast.ClassDef):
                    pending.append((node, shown))


def _is_overload(node):
    """Tell methods that formats override: their base class says what they do."""
    return node.name in {"save", "load", "no_save", "no_load", "applies"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_docstrings_are_sentences(path):
    found = [
        f"{path.relative_to(PACKAGE)}:{line} {name}: {text}"
        for line, name, text in docstrings(path)
        if NO_SENTENCE.match(text) or not text.endswith((".", ":", "?"))
    ]

    assert found == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_what_is_public_is_documented(path):
    found = [
        f"{path.relative_to(PACKAGE)}:{line} {name}" for line, name, has in public(path) if not has
    ]

    assert found == []
