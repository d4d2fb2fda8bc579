"""The grammar of a matrix file, stated once: the checks of the loader and the published JSON Schema both come from it.

A kind knows two things: `check` a value (adding to a list of problems, each with its path in the file) and describe
itself as JSON Schema.  Kinds do not build dataclasses; `load` does, from values that passed.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass
from typing import Any, Protocol

_BARE_KEY = re.compile(r"^[A-Za-z0-9_-]+$")


class Problems:
    """Collects every mistake of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[str] = []

    def add(self, path: str, text: str, hint: str = "") -> None:
        where = f"{self.file}: {path}: " if path else f"{self.file}: "
        self.found.append(where + text + (f" - {hint}" if hint else ""))


class Kind(Protocol):
    """What a value of the file must be."""

    def check(self, value: Any, path: str, problems: Problems) -> None: ...
    def schema(self) -> dict[str, Any]: ...


def key_path(path: str, key: str) -> str:
    """Path of a key below a table, quoted as TOML would quote it."""
    shown = key if _BARE_KEY.match(key) else f'"{key}"'
    return f"{path}.{shown}" if path else shown


def did_you_mean(word: str, known: list[str]) -> str:
    """``did you mean 'x'?`` or the list of what is known."""
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


def _got(value: Any) -> str:
    kind = _TOML_NAMES.get(type(value), type(value).__name__)
    return kind if isinstance(value, (list, dict)) else f"{value!r} ({kind})"


@dataclass(frozen=True)
class Text:
    """A string, perhaps of a given form."""

    pattern: str = ""
    form: str = ""
    """What the pattern means, in words."""

    def check(self, value: Any, path: str, problems: Problems) -> None:
        if not isinstance(value, str):
            hint = (
                f'write "{value}"'
                if isinstance(value, (int, float)) and not isinstance(value, bool)
                else ""
            )
            if path.endswith("python") and isinstance(value, float):
                hint = 'write "3.10"' if str(value) == "3.1" else hint
            problems.add(
                path,
                f"expected a string, got {value if isinstance(value, (int, float)) else _got(value)}",
                hint,
            )
        elif not value.strip():
            problems.add(path, "must not be empty")
        elif self.pattern and not re.fullmatch(self.pattern, value):
            problems.add(path, f"{value!r} is not valid", f"expected {self.form}")

    def schema(self) -> dict[str, Any]:
        found: dict[str, Any] = {"type": "string", "minLength": 1}
        if self.pattern:
            found |= {"pattern": f"^(?:{self.pattern})$"}
        return found


@dataclass(frozen=True)
class Number:
    """A number above (or at) a bound."""

    whole: bool = False
    above: float | None = None
    at_least: float | None = None

    def check(self, value: Any, path: str, problems: Problems) -> None:
        good = isinstance(value, int) or (isinstance(value, float) and not self.whole)
        if isinstance(value, bool) or not good:
            problems.add(
                path,
                f"expected {'a whole number' if self.whole else 'a number'}, got {_got(value)}",
            )
        elif not math.isfinite(value):
            problems.add(path, f"expected a finite number, got {value}")
        elif self.above is not None and not value > self.above:
            problems.add(path, f"must be greater than {self.above:g}, got {value}")
        elif self.at_least is not None and not value >= self.at_least:
            problems.add(path, f"must be at least {self.at_least:g}, got {value}")

    def schema(self) -> dict[str, Any]:
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
        if not isinstance(value, list):
            hint = f"write [{value!r}]".replace("'", '"') if isinstance(value, str) else ""
            problems.add(path, f"expected an array, got {_got(value)}", hint)
            return
        if self.nonempty and not value:
            problems.add(path, "must not be empty")
        for index, item in enumerate(value):
            self.item.check(item, f"{path}[{index}]", problems)
        if self.unique:
            seen: dict[str, int] = {}
            for index, item in enumerate(value):
                if isinstance(item, str) and item in seen:
                    problems.add(
                        f"{path}[{index}]",
                        f"{item!r} stands already at [{seen[item]}]",
                        "remove one",
                    )
                elif isinstance(item, str):
                    seen[item] = index

    def schema(self) -> dict[str, Any]:
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
    required: bool = False


@dataclass(frozen=True)
class Table:
    """A table with known keys; others are mistakes."""

    keys: dict[str, Key]
    nonempty: bool = False

    def check(self, value: Any, path: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problems.add(path, f"expected a table, got {_got(value)}")
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
        if not isinstance(value, dict):
            problems.add(path, f"expected a table, got {_got(value)}")
            return
        for key, item in value.items():
            self.item.check(item, key_path(path, key), problems)

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self.item.schema()}


ID = r"[a-z0-9][a-z0-9._+-]{0,59}"
_AS_OF = Text(
    r"today|\d{4}-\d{2}-\d{2}|release\+\d+d",
    '"release+60d", a date such as "2024-06-30", or "today"',
)
_PYTHON = Text(r"3\.\d{1,2}", 'a minor version such as "3.10"')
_TOLERANCES = {
    "metric": Key(Number(at_least=0), "largest drift of a metric (two-sided)"),
    "atol": Key(Number(at_least=0), "absolute tolerance of numeric outputs"),
    "rtol": Key(Number(at_least=0), "relative tolerance of numeric outputs"),
}
_RULE = Table(
    {
        "writer": Key(Text(), 'environment id or pattern, or a specifier such as "sklearn>=1.8"'),
        "reader": Key(Text(), "the same for the environment that loads"),
        "case": Key(Text(), 'case such as "random-forest/joblib", patterns allowed'),
        "recipe": Key(Text(), "recipe, patterns allowed"),
        "format": Key(Text(), "format, patterns allowed"),
    },
    nonempty=True,
)
_WITH = Key(
    ListOf(Text()), "packages wanted beside the pinned ones; left out where no release existed yet"
)

MATRIX_FILE = Table(
    {
        "matrix": Key(
            Table(
                {
                    "title": Key(Text(), "heading of the tables", required=True),
                    "recipes": Key(
                        ListOf(Text(), nonempty=True),
                        "recipe files, relative to this file",
                        required=True,
                    ),
                    "controls": Key(
                        ListOf(Text()), "recipe files of controls: artifacts damaged on purpose"
                    ),
                    "formats": Key(
                        ListOf(Text(), nonempty=True),
                        "formats to save and load with",
                        required=True,
                    ),
                }
            ),
            "what is tested",
            required=True,
        ),
        "axis": Key(
            TableOf(
                Table(
                    {
                        "versions": Key(
                            ListOf(Text(), nonempty=True), "versions, oldest first", required=True
                        ),
                        "prefix": Key(
                            Text(ID, "lower-case letters, digits, '.', '-'"),
                            "first part of environment ids",
                        ),
                        "requires": Key(
                            ListOf(Text(), nonempty=True), 'requirements, default "NAME=={version}"'
                        ),
                        "with": _WITH,
                        "as-of": Key(_AS_OF, "date at which dependencies are resolved"),
                        "python": Key(_PYTHON, "interpreter; chosen by itself if not given"),
                    }
                )
            ),
            "a package moved over versions, one environment a version",
        ),
        "environment": Key(
            ListOf(
                Table(
                    {
                        "id": Key(
                            Text(ID, "lower-case letters, digits, '.', '-', at most 60"),
                            "name",
                            required=True,
                        ),
                        "packages": Key(
                            ListOf(Text(), nonempty=True), "requirements", required=True
                        ),
                        "with": _WITH,
                        "as-of": Key(_AS_OF, "date at which dependencies are resolved"),
                        "python": Key(_PYTHON, "interpreter; chosen by itself if not given"),
                    }
                ),
                unique=False,
            ),
            "an environment spelled out",
        ),
        "select": Key(
            Table(
                {
                    "include": Key(ListOf(_RULE), "only cells that match one of these"),
                    "exclude": Key(ListOf(_RULE), "no cell that matches one of these"),
                }
            ),
            "which cells are planned",
        ),
        "limits": Key(
            Table(
                {
                    "seconds": Key(Number(above=0), "time limit of one save or load"),
                    "memory-mb": Key(
                        Number(whole=True, above=0),
                        "memory limit of the process that saves or loads",
                    ),
                }
            ),
            "limits of one save or load",
        ),
        "tolerance": Key(
            Table(
                _TOLERANCES
                | {"case": Key(TableOf(Table(_TOLERANCES)), "tolerances by case pattern")}
            ),
            "how far outputs may move",
        ),
    }
)


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a matrix file, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "crossload matrix file",
        **MATRIX_FILE.schema(),
    }
