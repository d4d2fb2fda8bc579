"""Laws of searches, lock files and answers about users' models that hold for all inputs."""

from __future__ import annotations

import io
import json
import string
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossload.config import Cause
from crossload.errors import CannotMeasure, ConfigError
from crossload.models import publish
from crossload.models.bisect import bisect
from crossload.models.blame import minimal_set
from crossload.models.render import to_dict, to_text
from crossload.models.result import Answer, OtherWay, Result, Side, exit_code_of
from crossload.models.targets import parse
from crossload.requirements import read_locked
from crossload.verdict import Judgement, Verdict

CHANGES = string.ascii_lowercase[:9]


@given(
    culprits=st.sets(st.sampled_from(CHANGES), min_size=1),
    others=st.lists(st.sets(st.sampled_from(CHANGES), min_size=1), max_size=2),
)
def test_a_minimal_set_fails_and_none_of_its_members_can_be_left_out(culprits, others):
    ways = [culprits, *others]

    def fails(chosen):
        return any(way <= chosen for way in ways)

    found = set(minimal_set(CHANGES, fails))

    assert fails(found)
    assert not any(fails(found - {each}) for each in found)


@given(st.lists(st.sampled_from([True, False, None]), min_size=2, max_size=30))
def test_a_boundary_lies_between_two_releases_that_were_measured(pattern):
    releases = [f"1.{index}" for index in range(len(pattern))]
    answers = {True: Answer.SAFE, False: Answer.BREAKS}

    def measure(version):
        state = pattern[int(version.split(".")[1])]
        return None if state is None else Result(path=Path("m"), answer=answers[state], reason="")

    try:
        found = bisect("p", releases, measure, lambda _: None)
    except CannotMeasure:
        assert (pattern[0], pattern[-1]) != (True, False)
        return

    assert (pattern[0], pattern[-1]) == (True, False)
    good, bad = releases.index(found.good), releases.index(found.bad)
    assert (pattern[good], pattern[bad]) == (True, False)
    assert all(pattern[index] is None for index in range(good + 1, bad))
    measured = [
        releases.index(version) for version, result in found.results.items() if result is not None
    ]
    if found.single:
        assert all(pattern[index] == (index < bad) for index in measured)
    else:
        assert len(found.results) == len(releases)


NAMES = (
    "requirements.txt",
    "uv.lock",
    "pylock.toml",
    "poetry.lock",
    "Pipfile.lock",
    "environment.yml",
)
SEEDS = (
    b'[[package]]\nname = "a"\nversion = "1"\nsource = { registry = "x" }\n'
    b"resolution-markers = [\"os_name == 'x'\"]\n",
    b'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "a"\nversion = "1"\n'
    b"marker = \"python_version > '3'\"\n[packages.sdist]\n"
    b'url = "https://x/a-1.tar.gz"\nhashes = {a = "0"}\n',
    b'{"_meta": {"requires": {}}, "default": {"a": {"version": "==1", '
    b'"markers": "os_name == \'posix\'"}}}',
    b"dependencies:\n  - python=3.11\n  - scikit-learn=1.2\n  - pip:\n    - a==1\n",
    b"-r other.txt\n-c x.txt\na==1 \\\n  --hash=sha256:00\nb @ https://x\n-e .\n",
)
INSERTED = (b"[", b"{", b"\n", b"'", b'"', b"- ", b": ", b"==", b"\x00", b"[]", b"null", b"1")


@st.composite
def damaged(draw):
    """Draw a lock file with some bytes changed, cut or inserted."""
    content = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, max(0, len(content) - 1)))
        what = draw(st.sampled_from(["byte", "cut", "insert"]))
        if what == "byte" and content:
            content[at] = draw(st.integers(0, 255))
        elif what == "cut":
            del content[at : at + draw(st.integers(1, 8))]
        else:
            content[at:at] = draw(st.sampled_from(INSERTED))
    return bytes(content)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=damaged())
def test_any_lock_is_read_or_refused_and_never_a_traceback(name, content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            found = read_locked(str(path), option="--from")
        except ConfigError as error:
            assert name in str(error)
        else:
            assert found.packages
            assert all(isinstance(each, str) for pair in found.packages.items() for each in pair)


@given(st.text(max_size=40))
def test_any_text_is_versions_or_is_refused(text):
    if ":" in text or Path(text.strip() or "x").exists():
        return  # a revision: that asks git
    try:
        found = parse(text, option="--to")
    except ConfigError as error:
        assert error.problems
    except (OSError, ValueError) as error:
        assert "null" in str(error)  # no path holds such a sign
    else:
        assert found.packages or found.python


PIECES = (
    "|", "`", "```", "~~~", "<img src=x>", "</details>", "::error::x", "%0A", "\n", "\r",
    "\x1b[31m", "\x1b]8;;x\x07", "]]>", "&lt;", "[x](javascript:x)", "*", "_", "\u202e", "\x00",
    "漢", "SAFE  a", " ",
)  # fmt: skip
texts = (
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=8)
    .map("".join)
    .map(lambda text: "x" + text)
)


def result_of(text, answer=Answer.BREAKS):
    """Make a result that holds this text wherever it can hold one that is not ours."""
    old = Side(python="3.11.7", packages={"numpy": "1"}, as_of="2024-01-01", description=text)
    new = Side(python="3.12.1", packages={"numpy": "2"}, as_of="2024-01-01", description=text)
    return Result(
        path=Path(text.replace("\x00", "")),
        answer=answer,
        reason=text,
        upgrade=text,
        way=text,
        judgement=Judgement(verdict=Verdict.LOAD_ERROR, reason=text),
        writer=old,
        reader=new,
        asked=text,
        warnings=[{"category": text, "text": text, "count": 1}],
        traceback=text,
        hint=text,
        notes=[text],
        other_ways=[OtherWay(way=text, answer=answer, reason=text)],
        cause=Cause(id="x", verdicts=(text,), says=(text,), why=text, do=text, link=text),
    )


@given(texts)
def test_a_hostile_text_does_not_leave_its_place(text):
    results = [result_of(text), result_of("plain", Answer.UNKNOWN)]

    for width in (40, 80):
        words = to_text(results[0], width=width)
        assert not any(sign in words for sign in "\x1b\r\x07\x00\u202e")
        answers = ("SAFE", "BREAKS", "DRIFT", "CANNOT")
        assert sum(line.startswith(answers) for line in words.splitlines()) == 1
    markdown = publish.to_markdown(results, text, text)
    assert not any(sign in markdown for sign in "\x1b\r\x07\x00\u202e")
    outside = "".join(markdown.split("```")[::2])
    assert outside.count("<details>") == outside.count("</details>") == 2
    assert "<img" not in outside
    assert sum(line.startswith("| ") for line in outside.splitlines()) == 4
    suite = ET.parse(io.BytesIO(publish.to_junit(results, text).encode())).getroot()[0]
    assert [case[0].tag for case in suite] == ["failure", "error"]
    lines = publish.to_annotations(results)
    assert len(lines) == 2
    assert all(line.startswith("::") and len(line.splitlines()) == 1 for line in lines)
    assert json.loads(json.dumps(to_dict(results[0]), allow_nan=False))["answer"] == "BREAKS"


@given(st.lists(st.sampled_from(list(Answer))))
def test_an_exit_code_of_zero_means_that_all_are_safe(answers):
    results = [Result(path=Path("m"), answer=answer, reason="") for answer in answers]

    assert (exit_code_of(results) == 0) == all(each.safe for each in results)
