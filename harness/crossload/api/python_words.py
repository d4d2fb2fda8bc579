"""Messages that name options of the command line, in the words of Python.

The same errors and hints serve both: whoever calls `crossload.check` has no ``--with-code``.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from crossload.errors import ConfigError, CrossloadError

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLAGS = {
    "trust": "trust=True",
    "trust-unknown": "trust_unknown=True",
    "trust-dangerous": "trust_dangerous=True",
    "fresh": "fresh=True",
}
"""What says the same as an option without a value."""

_VALUES = {
    "from": "source",
    "to": "to",
    "data": "data",
    "target": "target",
    "build": "build",
    "load-as": "load_as",
    "atol": "atol",
    "rtol": "rtol",
}
_LISTS = {"with-code": "with_code", "with": "packages"}
"""Arguments by the option with a value, and by one that may be repeated."""

_KNOWN = _VALUES | _LISTS

_OPTION = re.compile(
    r"(?<![\w-])--("
    + "|".join(sorted([*_FLAGS, *_KNOWN], key=len, reverse=True))
    # a value is quoted, or a word in capitals that stands for one, or a name with a dot
    + r')(?![\w-])(?:[ =]("[^"]*"|[A-Z]{2,}\b|[\w/-]+(?:\.\w+)+))?'
)


_BUILT = re.compile(r"(?<![\w-])--build (?!FUNCTION)[\w.-]*\w(?: --build [\w.-]*\w)*")
"""Packages that may be built from source, which the same option of the command line names."""


_LIMITS = "a block of with crossload.limits.allowed(SECONDS, BYTES)"
"""What raises the limits of looking at a file."""


def in_python(text: str) -> str:
    """Write a text that names options of the command line with the arguments of Python.

    Parameters
    ----------
    text
        Such as ``--with-code model.py --build FUNCTION``.

    Returns
    -------
    str
        Such as ``with_code=["model.py"], build=FUNCTION``.
    """
    text = text.replace("--inspect-seconds and --inspect-memory raise", f"{_LIMITS} raises")
    found = _OPTION.sub(_argument, _BUILT.sub(_packages, text))
    # arguments of a call have a comma between them
    return re.sub(r'(=(?:"[^"]*"|\[[^\]]*\]|[A-Z]+)) (?=[a-z_]+=)', r"\1, ", found)


def _packages(found: re.Match[str]) -> str:
    return f"build_packages={json.dumps(found.group().split()[1::2])}"


def _argument(found: re.Match[str]) -> str:
    name, value = found.group(1), found.group(2)
    if name in _FLAGS:
        return _FLAGS[name] + (f" {value}" if value else "")
    if not value:
        return _KNOWN[name]
    shown = value if value.startswith('"') or value.isupper() else f'"{value}"'
    return f"{_KNOWN[name]}=[{shown}]" if name in _LISTS else f"{_KNOWN[name]}={shown}"


@contextmanager
def python_words() -> Iterator[None]:
    """Let errors that leave a block name arguments of Python instead of options."""
    try:
        yield
    except CrossloadError as error:
        error.args = (in_python(str(error)), *error.args[1:])
        error.hint = in_python(error.hint) if error.hint else error.hint
        if isinstance(error, ConfigError):
            error.problems = [in_python(each) for each in error.problems]
        raise
