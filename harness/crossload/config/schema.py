"""The kinds of values that a TOML file may hold: texts, numbers, arrays, tables.

A kind knows two things: `check` a value, adding to a list of problems, each with its path in the
file; and describe itself as JSON Schema. Kinds do not build dataclasses: `load` does, from values
that passed.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass
from typing import Any, Protocol

_BARE_KEY = re.compile(r"^[A-Za-z0-9_-]+$")


class Problems:
    """Collects every mistake of one file.

    Parameters
    ----------
    file
        Name of the file, as messages are to give it.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[str] = []
        """Mistakes, each a line with file, path and hint."""

    def add(self, path: str, text: str, hint: str = "") -> None:
        """Add a mistake.

        Parameters
        ----------
        path
            Place in the file, such as ``environment[1].python``; empty for the file as a whole.
        text
            What is wrong.
        hint
            What to write instead.
        """
        where = f"{self.file}: {path}: " if path else f"{self.file}: "
        self.found.append(where + text + (f" - {hint}" if hint else ""))


class Kind(Protocol):
    """A kind of value that a file may hold, such as a text or a table."""

    def check(self, value: Any, path: str, problems: Problems) -> None:
        """Add to the problems whatever is wrong with a value."""

    def schema(self) -> dict[str, Any]:
        """Describe the kind as JSON Schema."""
        ...


def key_path(path: str, key: str) -> str:
    """Give the path of a key below a table, quoted as TOML would quote it."""
    quoted = key if _BARE_KEY.match(key) else f'"{key}"'
    return f"{path}.{quoted}" if path else quoted


def did_you_mean(word: str, known: list[str]) -> str:
    """Make a hint for a word that is not known.

    Parameters
    ----------
    word
        The word that was written.
    known
        Words that would be right.

    Returns
    -------
    str
        ``did you mean 'x'?`` if one of them is close, else the list of them, at most twelve.
    """
    # below difflib's default of 0.6: names are short, and two wrong letters of five are a typo
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return "known: " + ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")


_TOML_NAMES = {
    str: "a string",
    bool: "a boolean",
    int: "a whole number",
    float: "a number",
    list: "an array",
    dict: "a table",
}


def _describe(value: Any) -> str:
    """Name a value and its TOML type; of arrays and tables only the type, they may be long."""
    kind = _TOML_NAMES.get(type(value), type(value).__name__)
    return kind if isinstance(value, (list, dict)) else f"{value!r} ({kind})"


@dataclass(frozen=True)
class Text:
    """A string, perhaps of a given form."""

    pattern: str = ""
    form: str = ""
    """What the pattern means, in words."""

    def check(self, value: Any, path: str, problems: Problems) -> None:
        """Add to the problems whatever is wrong with a value."""
        if not isinstance(value, str):
            # `bool` is a subclass of `int`
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            hint = f'write "{value}"' if is_number else ""
            # TOML reads 3.10 without quotes as the number 3.1: nobody means Python 3.1
            # (https://github.com/andreoliwa/nitpick/issues/412)
            if path.endswith("python") and isinstance(value, float):
                hint = 'write "3.10"' if str(value) == "3.1" else hint
            got = value if isinstance(value, (int, float)) else _describe(value)
            problems.add(path, f"expected a string, got {got}", hint)
        elif not value.strip():
            problems.add(path, "must not be empty")
        elif self.pattern and not re.fullmatch(self.pattern, value):
            problems.add(path, f"{value!r} is not valid", f"expected {self.form}")

    def schema(self) -> dict[str, Any]:
        """Describe the kind as JSON Schema."""
        found: dict[str, Any] = {"type": "string", "minLength": 1}
        if self.pattern:
            # JSON Schema searches anywhere in a text; the group is for patterns with alternatives
            found |= {"pattern": f"^(?:{self.pattern})$"}
        return found


@dataclass(frozen=True)
class Number:
    """A number above (or at) a bound."""

    whole: bool = False
    above: float | None = None
    at_least: float | None = None

    def check(self, value: Any, path: str, problems: Problems) -> None:
        """Add to the problems whatever is wrong with a value."""
        good = isinstance(value, int) or (isinstance(value, float) and not self.whole)
        if isinstance(value, bool) or not good:
            wanted = "a whole number" if self.whole else "a number"
            problems.add(path, f"expected {wanted}, got {_describe(value)}")
        # TOML has inf and nan: with an infinite tolerance every answer would be the same
        elif not math.isfinite(value):
            problems.add(path, f"expected a finite number, got {value}")
        elif self.above is not None and not value > self.above:
            problems.add(path, f"must be greater than {self.above:g}, got {value}")
        elif self.at_least is not None and not value >= self.at_least:
            problems.add(path, f"must be at least {self.at_least:g}, got {value}")

    def schema(self) -> dict[str, Any]:
        """Describe the kind as JSON Schema."""
        found: dict[str, Any] = {"type": "integer" if self.whole else "number"}
        if self.above is not None:
            found["exclusiveMinimum"] = self.above
        if self.at_least is not None:
            found["minimum"] = self.at_least
        return found


@dataclass(frozen=True)
class ListOf:
    """An array of one kind, without doubles."""

    item: Kind
    nonempty: bool = False
    unique: bool = True

    def check(self, value: Any, path: str, problems: Problems) -> None:
        """Add to the problems whatever is wrong with a value."""
        if not isinstance(value, list):
            hint = f"write [{value!r}]".replace("'", '"') if isinstance(value, str) else ""
            problems.add(path, f"expected an array, got {_describe(value)}", hint)
            return
        if self.nonempty and not value:
            problems.add(path, "must not be empty")
        for index, item in enumerate(value):
            self.item.check(item, f"{path}[{index}]", problems)
        if self.unique:
            seen: dict[str, int] = {}
            for index, item in enumerate(value):
                # of texts only: tables are not hashable, and are allowed to be alike
                if isinstance(item, str) and item in seen:
                    problems.add(
                        f"{path}[{index}]",
                        f"{item!r} stands already at [{seen[item]}]",
                        "remove one",
                    )
                elif isinstance(item, str):
                    seen[item] = index

    def schema(self) -> dict[str, Any]:
        """Describe the kind as JSON Schema."""
        found: dict[str, Any] = {"type": "array", "items": self.item.schema()}
        if self.nonempty:
            found["minItems"] = 1
        if self.unique:
            found["uniqueItems"] = True
        return found


@dataclass(frozen=True)
class Key:
    """One key of a table."""

    kind: Kind
    help: str
    """What it is for: the description in the JSON Schema, and the hint where it is missing."""
    required: bool = False


@dataclass(frozen=True)
class Table:
    """A table with known keys; others are mistakes."""

    keys: dict[str, Key]
    nonempty: bool = False

    def check(self, value: Any, path: str, problems: Problems) -> None:
        """Add to the problems whatever is wrong with a value."""
        if not isinstance(value, dict):
            problems.add(path, f"expected a table, got {_describe(value)}")
            return
        for key, item in value.items():
            if key in self.keys:
                self.keys[key].kind.check(item, key_path(path, key), problems)
            else:
                problems.add(key_path(path, key), "unknown key", did_you_mean(key, list(self.keys)))
        for key, spec in self.keys.items():
            if spec.required and key not in value:
                problems.add(path, f"the key {key!r} is missing", spec.help)
        if self.nonempty and not value:
            problems.add(path, "must not be empty", f"give one of: {', '.join(self.keys)}")

    def schema(self) -> dict[str, Any]:
        """Describe the kind as JSON Schema."""
        found: dict[str, Any] = {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                name: key.kind.schema() | {"description": key.help}
                for name, key in self.keys.items()
            },
        }
        required = [name for name, key in self.keys.items() if key.required]
        if required:
            found["required"] = required
        return found


@dataclass(frozen=True)
class TableOf:
    """A table whose keys are names of the user's choice."""

    item: Kind

    def check(self, value: Any, path: str, problems: Problems) -> None:
        """Add to the problems whatever is wrong with a value."""
        if not isinstance(value, dict):
            problems.add(path, f"expected a table, got {_describe(value)}")
            return
        for key, item in value.items():
            self.item.check(item, key_path(path, key), problems)

    def schema(self) -> dict[str, Any]:
        """Describe the kind as JSON Schema."""
        return {"type": "object", "additionalProperties": self.item.schema()}


@dataclass(frozen=True)
class OneOf:
    """A value, or a table that gives such values by name."""

    plain: Kind
    table: TableOf

    def check(self, value: Any, path: str, problems: Problems) -> None:
        """Add to the problems whatever is wrong with a value."""
        (self.table if isinstance(value, dict) else self.plain).check(value, path, problems)

    def schema(self) -> dict[str, Any]:
        """Describe the kind as JSON Schema."""
        return {"anyOf": [self.plain.schema(), self.table.schema()]}
