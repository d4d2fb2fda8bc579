"""The reader of expectations: known failures, each with a reason.

They stand in ``matrix/expectations/NAME.toml``. The grammar is stated once, with the kinds of
`schema`, as that of matrix files is.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from crossload.config.schema import Key, ListOf, Problems, Table, Text
from crossload.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

VERDICTS = (
    "drift",
    "predict-error",
    "load-error",
    "crash",
    "timeout",
    "memory",
    "save-error",
    "unstable",
)
"""Verdicts that can be expected: the failures."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """A set of cells that are known to fail in one way."""

    name: str
    """Place in its file, for messages: ``expect[3]``."""
    verdicts: tuple[str, ...]
    reason: str
    writer: tuple[str, ...] = ()
    reader: tuple[str, ...] = ()
    recipe: tuple[str, ...] = ()
    format: tuple[str, ...] = ()
    case: tuple[str, ...] = ()
    """Patterns or specifiers, one of which must match; empty matches all."""
    says: str = ""
    """Text that the reason of the verdict must contain."""
    link: str = ""
    expires: date | None = None
    """Day from which it counts no more."""


class _TextOrTexts:
    """A string, or an array of strings: alternatives."""

    _list = ListOf(Text(), nonempty=True)

    def check(self, value: Any, path: str, problems: Problems) -> None:
        """Add to the problems whatever is wrong with a value."""
        (self._list if isinstance(value, list) else Text()).check(value, path, problems)

    def schema(self) -> dict[str, Any]:
        """Describe the kind as JSON Schema."""
        return {"anyOf": [Text().schema(), self._list.schema()]}


class _Selector(_TextOrTexts):
    """Alternatives, each an id, a pattern or a specifier."""

    def check(self, value: Any, path: str, problems: Problems) -> None:
        """Add to the problems whatever is wrong with a value."""
        before = len(problems.found)
        super().check(value, path, problems)
        if len(problems.found) > before:
            return
        for text in value if isinstance(value, list) else [value]:
            # an id has none of these characters; the name before them is looked up where
            # environments are known
            cut = _start_of_specifier(text)
            if cut is None:
                continue
            try:
                SpecifierSet(text[cut:])
            except InvalidSpecifier:
                problems.add(
                    path,
                    f"{text!r} is not a specifier",
                    'write "sklearn>=1.3" or "sklearn>=1.0,<1.3"',
                )


def _start_of_specifier(text: str) -> int | None:
    """Find where a specifier begins; None for ids and patterns, which may have ``[!1]``."""
    depth = 0
    for index, char in enumerate(text):
        depth += (char == "[") - (char == "]" and depth > 0)
        if not depth and char in "<>=!~":
            return index
    return None


class _Verdict(_TextOrTexts):
    """One or more failing verdicts."""

    def check(self, value: Any, path: str, problems: Problems) -> None:
        """Add to the problems whatever is wrong with a value."""
        super().check(value, path, problems)
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and text not in VERDICTS:
                problems.add(path, f"{text!r} cannot be expected", "one of " + ", ".join(VERDICTS))

    def schema(self) -> dict[str, Any]:
        """Describe the kind as JSON Schema."""
        one = {"enum": list(VERDICTS)}
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


class _Date:
    """A TOML date."""

    def check(self, value: Any, path: str, problems: Problems) -> None:
        """Add to the problems whatever is wrong with a value."""
        # a TOML date with a time is a kind of date in Python, and compares with none
        if not isinstance(value, date) or isinstance(value, datetime):
            problems.add(
                path, f"expected a date, got {value!r}", "write 2027-01-31, without quotes"
            )

    def schema(self) -> dict[str, Any]:
        """Describe the kind as JSON Schema."""
        return {"type": "string", "format": "date"}


_SELECTORS = ("writer", "reader", "recipe", "format", "case")

EXPECTATION_FILE = Table(
    {
        "expect": Key(
            ListOf(
                Table(
                    {
                        "writer": Key(
                            _Selector(), 'environments that saved: ids, patterns or "sklearn>=1.3"'
                        ),
                        "reader": Key(_Selector(), "environments that load"),
                        "recipe": Key(_TextOrTexts(), "recipes, patterns allowed"),
                        "format": Key(_TextOrTexts(), "formats, patterns allowed"),
                        "case": Key(
                            _TextOrTexts(), "cases such as random-forest/joblib, patterns allowed"
                        ),
                        "verdict": Key(_Verdict(), "the failure that is expected", required=True),
                        "says": Key(Text(), "text that the reason must contain"),
                        "reason": Key(Text(), "why this is so, for people", required=True),
                        "link": Key(
                            Text("https?://.+", "an address"), "where it is documented or discussed"
                        ),
                        "expires": Key(_Date(), "day from which it counts no more"),
                    }
                ),
                unique=False,
            ),
            "a known result",
            required=True,
        )
    }
)


def load_expectations(path: Path, *, display_name: str) -> tuple[Expectation, ...]:
    """Read one file of expectations.

    Parameters
    ----------
    path
        The TOML file; it need not exist.
    display_name
        Name of the file to use in messages.

    Returns
    -------
    tuple of Expectation
        In the order of the file; empty where there is no file.

    Raises
    ------
    ConfigError
        The file cannot be read, or has mistakes: one line for each of them.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError([f"{display_name}: cannot be read: {error}"]) from error
    problems = Problems(display_name)
    EXPECTATION_FILE.check(raw, "", problems)
    # one without selectors would hide every failure of that kind
    for index, table in enumerate(raw.get("expect", [])):
        if isinstance(table, dict) and not any(key in table for key in _SELECTORS):
            problems.add(
                f"expect[{index}]", "selects everything", f"give one of {', '.join(_SELECTORS)}"
            )
    if problems.found:
        raise ConfigError(problems.found)
    return tuple(_build(index, table) for index, table in enumerate(raw["expect"]))


def _texts(value: str | list[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _build(index: int, table: dict[str, Any]) -> Expectation:
    return Expectation(
        name=f"expect[{index}]",
        verdicts=_texts(table["verdict"]),
        reason=table["reason"],
        says=table.get("says", ""),
        link=table.get("link", ""),
        expires=table.get("expires"),
        writer=_texts(table.get("writer")),
        reader=_texts(table.get("reader")),
        recipe=_texts(table.get("recipe")),
        format=_texts(table.get("format")),
        case=_texts(table.get("case")),
    )
