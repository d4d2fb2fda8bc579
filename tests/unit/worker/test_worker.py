"""The code of the pinned interpreters as a whole: its grammar, its imports, its file names."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from crossload import worker

FILES = sorted(Path(worker.__path__[0]).rglob("*.py"))
ALLOWED = {
    "argparse", "copy", "ctypes", "errno", "fnmatch", "hashlib", "importlib", "json", "numpy",
    "os", "pickle", "platform", "random", "re", "shutil", "signal", "subprocess", "sys", "tempfile",
    "time", "traceback", "types", "typing", "warnings",
}  # fmt: skip
INSIDE_FUNCTIONS = {"joblib", "cloudpickle", "skops", "tensorflow", "h5py", "pandas"}
"""Libraries under test: imported by methods of their own formats, never at the top of a file."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_parses_with_the_grammar_of_python_3_6(path):
    ast.parse(path.read_text(), feature_version=(3, 6))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_imports_the_standard_library_and_numpy_only(path):
    tree = ast.parse(path.read_text())
    top, nested = set(), set()
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [str(node.module).split(".")[0]]
        (top if node in tree.body else nested).update(names)

    assert top <= ALLOWED
    assert nested <= ALLOWED | INSIDE_FUNCTIONS


def test_no_file_is_named_like_a_library():
    assert not {path.stem for path in FILES} & (set(sys.stdlib_module_names) | INSIDE_FUNCTIONS)
