"""Messages in the words of Python."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import crossload
from crossload.api.python_words import in_python, python_words
from crossload.errors import ConfigError

WORDS = [
    ("add --trust if you know", "add trust=True if you know"),
    ("add --trust-unknown if you", "add trust_unknown=True if you"),
    ("--trust-dangerous loads it", "trust_dangerous=True loads it"),
    (
        'name them: --from "scikit-learn==1.2.2", or --from requirements.txt',
        'name them: source="scikit-learn==1.2.2", or source="requirements.txt"',
    ),
    (
        "--with-code PATH of the file, or --with PACKAGE if the index has it",
        "with_code=[PATH] of the file, or packages=[PACKAGE] if the index has it",
    ),
    (
        "--with-code model.py --build FUNCTION, which gives the network",
        'with_code=["model.py"], build=FUNCTION, which gives the network',
    ),
    ("bring some: --data rows.npy (or .csv)", 'bring some: data="rows.npy" (or .csv)'),
    ("--data: the model does not", "data: the model does not"),
    ("(--from names another)", "(source names another)"),
    (
        "--inspect-seconds and --inspect-memory raise it",
        "a block of with crossload.limits.allowed(SECONDS, BYTES) raises it",
    ),
    ("--build wrapt agrees", 'build_packages=["wrapt"] agrees'),
    ("add --build wrapt --build termcolor", 'add build_packages=["wrapt", "termcolor"]'),
    ("--load-as keras: m is loaded as h5", "load_as keras: m is loaded as h5"),
    ("no option: --withal, x--to, --to-x", "no option: --withal, x--to, --to-x"),
]


@pytest.mark.parametrize(("text", "python"), WORDS)
def test_options_become_arguments(text, python):
    assert in_python(text) == python


def test_errors_that_leave_a_block_are_changed():
    with pytest.raises(ConfigError) as caught, python_words():
        raise ConfigError(["--data x.npy: has no rows"], hint="--data rows.npy")
    assert str(caught.value) == caught.value.problems[0] == 'data="x.npy": has no rows'
    assert caught.value.hint == 'data="rows.npy"'


def test_no_text_of_a_check_names_an_option_of_the_command_line():
    folder = Path(crossload.__file__).parent / "models"
    # texts of commands that Python does not have
    others = {"upgrade.py", "bisect.py", "commands.py", "inputs.py", "route_script.py"}
    others |= {"newest_safe.py"}
    for path in folder.glob("*.py"):
        if path.name in others:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {
            ast.get_docstring(each, clean=False)
            for each in ast.walk(tree)
            if isinstance(each, ast.Module | ast.ClassDef | ast.FunctionDef)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if node.value in docs or "``" in node.value:
                    continue
                assert not re.search(r"(?<!\w)--[a-z]", in_python(node.value)), (path, node.value)
