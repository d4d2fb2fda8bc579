"""The kinds of values that a TOML file may hold."""

from __future__ import annotations

from datetime import date

import jsonschema
import pytest

from crossload.config.schema import (
    Key,
    ListOf,
    Number,
    Problems,
    Table,
    TableOf,
    Text,
    did_you_mean,
    key_path,
)


def problems_of(kind, value, path="key"):
    found = Problems("m.toml")
    kind.check(value, path, found)
    return found.found


COLOUR = Table({"red": Key(Number(whole=True), "share of red", required=True)}, nonempty=True)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Text(), 3, 'm.toml: key: expected a string, got 3 - write "3"'),
        (Text(), True, "m.toml: key: expected a string, got True"),
        (Text(), ["a"], "m.toml: key: expected a string, got an array"),
        (Text(), date(2027, 1, 1), "m.toml: key: expected a string, got datetime.date(2027, 1, 1)"),
        (Text(), "", "m.toml: key: must not be empty"),
        (Text("[a-z]+", "small letters"), "A", "m.toml: key: 'A' is not valid - expected small"),
        (Number(), "3", "m.toml: key: expected a number, got '3' (a string)"),
        (Number(), True, "m.toml: key: expected a number, got True (a boolean)"),
        (Number(whole=True), 1.5, "m.toml: key: expected a whole number, got 1.5 (a number)"),
        (Number(), float("nan"), "m.toml: key: expected a finite number, got nan"),
        (Number(above=0), 0, "m.toml: key: must be greater than 0, got 0"),
        (Number(at_least=1), 0.5, "m.toml: key: must be at least 1, got 0.5"),
        (ListOf(Text()), "a", 'm.toml: key: expected an array, got \'a\' (a string) - write ["a"]'),
        (ListOf(Text()), 3, "m.toml: key: expected an array, got 3 (a whole number)"),
        (ListOf(Text(), nonempty=True), [], "m.toml: key: must not be empty"),
        (ListOf(Text()), ["a", ""], "m.toml: key[1]: must not be empty"),
        (ListOf(Text()), ["a", "b", "a"],
         "m.toml: key[2]: 'a' stands already at [0] - remove one"),
        (COLOUR, "red", "m.toml: key: expected a table, got 'red' (a string)"),
        (COLOUR, {"red": 1, "rad": 1}, "m.toml: key.rad: unknown key - did you mean 'red'?"),
        (TableOf(Number()), [], "m.toml: key: expected a table, got an array"),
        (TableOf(Number()), {"a/*": "x"}, 'm.toml: key."a/*": expected a number, got'),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_a_hint(kind, value, text):
    (found,) = problems_of(kind, value)

    assert found.startswith(text)
    if value == value and not isinstance(value, date):  # noqa: PLR0124 - JSON has no NaN
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(value, kind.schema())


def test_a_table_without_what_it_needs_names_it():
    assert problems_of(COLOUR, {}) == [
        "m.toml: key: the key 'red' is missing - share of red",
        "m.toml: key: must not be empty - give one of: red",
    ]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Text(), "a"),
        (Text("a|bc", "a or bc"), "bc"),
        (Number(above=0, at_least=1), 1),
        (Number(), 1.5),
        (ListOf(Number(), nonempty=True), [1, 1.5]),
        (ListOf(Text(), unique=False), ["a", "a"]),
        (COLOUR, {"red": 3}),
        (TableOf(Text()), {"a": "b"}),
    ],
)
def test_what_is_right_is_right_for_the_json_schema_too(kind, value):
    assert problems_of(kind, value) == []
    jsonschema.validate(value, kind.schema())


def test_without_quotes_3_10_is_another_number():
    assert problems_of(Text(), 3.1, "environment[0].python")[0].endswith('write "3.10"')


def test_mistakes_of_the_file_as_a_whole_have_no_place():
    found = Problems("m.toml")
    found.add("", "no environments", "add one")

    assert found.found == ["m.toml: no environments - add one"]
    assert key_path("", "a") == "a"


def test_what_is_known_is_listed_where_nothing_is_close():
    known = [f"name{number}" for number in range(15)]

    assert did_you_mean("zzz", known[:2]) == "known: name0, name1"
    assert did_you_mean("zzz", known).endswith("name11, ...")
