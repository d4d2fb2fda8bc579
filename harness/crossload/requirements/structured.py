"""Parses TOML, YAML and JSON of locks, within bounds and without showing their text in errors."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from typing import Any

from crossload import limits
from crossload.requirements.bounds import check_size, check_toml
from crossload.requirements.locked import InvalidLock

_SMALL = 1 << 19
"""Bytes of TOML that are parsed here: tomllib takes about a second for the worst of that size."""

_SECONDS = 20.0
_MOST_NODES = 200_000
_DEEPEST = 100


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML.

    Raises
    ------
    InvalidLock
        It is none, is too large, or takes too long.

    Notes
    -----
    A large text is parsed in a process of its own, whose time and memory are bounded.
    """
    check_size(len(text))
    check_toml(text)
    limits.check()
    if len(text) <= _SMALL:
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            msg = f"no valid TOML{_place(str(error))}"
            raise InvalidLock(msg) from None
    # -I: no PYTHON* variable and no folder decides what the process imports
    command = [sys.executable, "-I", "-c", _CHILD]
    seconds = limits.seconds_left(_SECONDS)
    try:
        done = subprocess.run(
            command, input=text.encode(), capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        msg = f"parsing it does not end within {seconds:.3g} s"
        raise InvalidLock(msg) from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        msg = f"no valid TOML{_place(said)}"
        raise InvalidLock(msg)
    check_size(len(done.stdout), 64 << 20)
    found = json.loads(done.stdout)
    if not isinstance(found, dict):
        msg = "no valid TOML"
        raise InvalidLock(msg)
    return found


_CHILD = """
import json, sys, tomllib
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
except (ImportError, ValueError, OSError):
    pass  # Windows has no such limits, and a container may forbid to change them
try:
    found = tomllib.loads(sys.stdin.buffer.read().decode("utf-8"))
except tomllib.TOMLDecodeError as error:
    sys.exit(str(error))
sys.stdout.write(json.dumps(found, default=str))
"""
"""The program of the process; what it writes is JSON."""


def _place(said: str) -> str:
    """Find the place in the message of a parser; its words may hold text of the file."""
    # tomllib ends its messages with the place in brackets, such as (at line 3, column 7)
    _, found, place = said.rpartition("(at ")
    return f" ({place}" if found and len(place) < 40 and "\n" not in place else ""


def parse_json(text: str) -> dict[str, Any]:
    """Parse JSON whose top is an object.

    Raises
    ------
    InvalidLock
        It is none, or is too large.
    """
    check_size(len(text))
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        msg = f"no valid JSON (line {error.lineno}, column {error.colno})"
        raise InvalidLock(msg) from None
    if not isinstance(found, dict):
        msg = "its top is no object"
        raise InvalidLock(msg)
    return found


def parse_yaml(text: str) -> Any:
    """Parse YAML of texts, lists and mappings; there are no aliases, tags or numbers.

    Raises
    ------
    InvalidLock
        It is none, is too large, or refers to parts of itself.
    """
    import yaml  # noqa: PLC0415 - for this one format

    check_size(len(text), 1 << 20)

    # BaseLoader makes texts of everything: a version 1.10 stays what it is, and nothing of the file
    # decides which class is made
    class Loader(yaml.BaseLoader):
        nodes = 0

        def fetch_more_tokens(self) -> Any:
            limits.check()
            # before Python's own limit, as the scanner looks through all open brackets each time
            if max(self.flow_level, len(self.indents)) > _DEEPEST:
                raise RecursionError
            return super().fetch_more_tokens()

        def compose_node(self, parent: Any, index: Any) -> Any:
            self.nodes += 1
            # lists of lists of aliases grow to any size: https://en.wikipedia.org/wiki/Billion_laughs_attack
            if self.check_event(yaml.AliasEvent):
                msg = "it has aliases, which environments of conda do not need"
                raise InvalidLock(msg)
            if self.nodes > _MOST_NODES:
                msg = f"more than {_MOST_NODES} entries"
                raise InvalidLock(msg)
            return super().compose_node(parent, index)

    try:
        return yaml.load(text, Loader)  # noqa: S506 - see above
    except yaml.YAMLError as error:
        # its words have the line in them that is wrong
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        msg = f"no valid YAML{place}"
        raise InvalidLock(msg) from None
