"""Files of expectations: refused where they are wrong."""

from __future__ import annotations

import tomllib
from datetime import date

import jsonschema
import pytest

from crossload.config import load_expectations
from crossload.config.expectations import EXPECTATION_FILE
from crossload.errors import ConfigError
from crossload.verdict import as_toml, propose

GOOD = """
[[expect]]
writer = "sklearn<1.1"
reader = ["sklearn-1.1", "sklearn-1.2"]
recipe = "forest"
verdict = "load-error"
says = "node array"
reason = "trees changed"
link = "https://example.org/1"
expires = 2027-01-01
"""


def read(folder, text):
    path = folder / "m.toml"
    path.write_text(text)
    return load_expectations(path, display_name="matrix/expectations/m.toml")


def problems_of(folder, text):
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return caught.value.problems


def test_a_good_file_becomes_values(tmp_path):
    (found,) = read(tmp_path, GOOD)

    assert found.writer == ("sklearn<1.1",)
    assert found.reader == ("sklearn-1.1", "sklearn-1.2")
    assert found.verdicts == ("load-error",)
    assert found.expires == date(2027, 1, 1)


def test_no_file_is_no_expectations(tmp_path):
    assert load_expectations(tmp_path / "none.toml", display_name="x") == ()


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('"sklearn<1.1"', '"sklearn<<1.1"', "expect[0].writer: 'sklearn<<1.1' is not a specifier"),
        (
            '"load-error"',
            '"identical"',
            "expect[0].verdict: 'identical' cannot be expected - one of drift",
        ),
        ('reason = "trees changed"', 'reason = ""', "expect[0].reason: must not be empty"),
        ('reason = "trees changed"', "", "expect[0]: the key 'reason' is missing"),
        (
            "https://example.org/1",
            "see the issue",
            "expect[0].link: 'see the issue' is not valid - expected an address",
        ),
        ("2027-01-01", '"2027-01-01"', "expect[0].expires: expected a date"),
        ("says", "sais", "expect[0].sais: unknown key - did you mean 'says'?"),
    ],
)
def test_mistakes_name_file_and_key(tmp_path, old, new, text):
    found = problems_of(tmp_path, GOOD.replace(old, new))

    assert any(line.startswith("matrix/expectations/m.toml: " + text) for line in found), found


def test_an_expectation_of_everything_is_refused(tmp_path):
    assert (
        "selects everything"
        in problems_of(tmp_path, '[[expect]]\nverdict = "drift"\nreason = "r"\n')[0]
    )


def test_proposals_are_no_expectations_before_a_person_gave_reasons(tmp_path):
    text = as_toml(
        propose(
            [("load-error", 'ValueError: "x"\\', "forest/pickle", "sklearn-1.0", "sklearn-1.1")]
        )
    )

    assert tomllib.loads(text)["expect"][0]["says"] == 'ValueError: "x"\\'
    assert problems_of(tmp_path, text) == [
        "matrix/expectations/m.toml: expect[0].reason: must not be empty"
    ]
    (found,) = read(tmp_path, text.replace('reason  = ""', 'reason  = "because"'))
    assert found.case == ("forest/pickle",)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('"sklearn<1.1"', "3", "expect[0].writer: expected a string"),
        (
            '["sklearn-1.1", "sklearn-1.2"]',
            '["sklearn>=1.1,<2", "sklearn>>1"]',
            "expect[0].reader: 'sklearn>>1' is not a specifier",
        ),
        ('"load-error"', "[]", "expect[0].verdict: must not be empty"),
        ('"load-error"', '["drift", "fine"]', "expect[0].verdict: 'fine' cannot be expected"),
    ],
)
def test_alternatives_are_checked_one_by_one(tmp_path, old, new, text):
    found = problems_of(tmp_path, GOOD.replace(old, new))

    assert any(line.startswith("matrix/expectations/m.toml: " + text) for line in found), found


@pytest.mark.parametrize("content", [b"[[expect]", b"\xff"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    (tmp_path / "m.toml").write_bytes(content)

    with pytest.raises(ConfigError, match=r"shown\.toml: cannot be read"):
        load_expectations(tmp_path / "m.toml", display_name="shown.toml")


def test_the_grammar_is_a_json_schema_too():
    schema = EXPECTATION_FILE.schema()

    good = tomllib.loads(GOOD.replace("expires = 2027-01-01", 'expires = "2027-01-01"'))
    jsonschema.validate(good, schema)
    for old, new in (('"load-error"', '"identical"'), ('"sklearn<1.1"', "3")):
        broken = tomllib.loads(GOOD.replace("expires = 2027-01-01", "").replace(old, new))
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, schema)


@pytest.mark.parametrize("value", ["2027-01-01T00:00:00", "2027-01-01T00:00:00Z", "12:00:00"])
def test_a_day_has_no_time(tmp_path, value):
    (problem,) = problems_of(tmp_path, GOOD.replace("2027-01-01", value))

    assert "expires" in problem
    assert "expected a date" in problem


@pytest.mark.parametrize("pattern", ["sklearn-[!1]*", "sklearn-[!01].*", "[!s]*"])
def test_a_pattern_may_exclude_characters(tmp_path, pattern):
    (found,) = read(tmp_path, GOOD.replace("sklearn<1.1", pattern))

    assert found.writer == (pattern,)
