"""Answers for pull requests and CI."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from builders_models import (
    full,
    result,
)

from crossload.models import publish
from crossload.models.result import Answer

HOSTILE = "a|b `c` <img src=x> ```\n::error::forged\x1b[0m ]]> &amp;"


def test_markdown_keeps_hostile_texts_in_their_cells():
    text = publish.to_markdown([full(reason=HOSTILE, path=HOSTILE), result()], "old -> new")

    (row,) = [line for line in text.splitlines() if line.startswith("| ❌")]
    assert row.replace("\\|", "").count("|") == 6
    assert "<img" not in text.split("<details>")[0]
    assert text.count("```") % 2 == 0
    assert "SAFE" in text


def test_markdown_fits_into_a_comment():
    assert (
        len(
            publish.to_markdown(
                [full(reason="x" * 5000, path=f"m{i}.joblib") for i in range(400)], "a -> b"
            )
        )
        <= 65_536
    )


def test_the_headline_of_markdown_is_the_truth():
    assert "Every saved model survives" in publish.to_markdown([result()], "a -> b")
    assert "Not every saved model" in publish.to_markdown([result(), full()], "a -> b")
    assert "nothing can be told" in publish.to_markdown(
        [result(), result(Answer.UNKNOWN)], "a -> b"
    )


def test_junit_has_a_test_a_model():
    top = ET.fromstring(
        publish.to_junit(
            [full(reason=HOSTILE), result(), result(Answer.UNKNOWN), result(Answer.WARNING)],
            "a -> b",
        )
    )

    (suite,) = top
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "1", "1")
    assert [case[0].tag if len(case) else "" for case in suite] == [
        "failure",
        "",
        "error",
        "system-out",
    ]


def test_annotations_are_one_line_each_and_cannot_be_forged():
    lines = publish.to_annotations([full(reason=HOSTILE, path="a,b:c.joblib"), result()])

    assert len(lines) == 1
    assert lines[0].startswith("::error file=a%2Cb%3Ac.joblib,title=BREAKS::")
    assert "\n" not in lines[0]


def test_nobody_is_mentioned_and_nothing_linked_in_a_comment():
    text = publish.to_markdown(
        [full(reason="ask @everyone at https://evil.example or www.evil.example")], "a -> b"
    ).split("<details>")[0]

    assert "@everyone" not in text
    assert "https://" not in text
    assert "www." not in text
