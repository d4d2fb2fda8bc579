"""The release at which a model stops to work."""

from __future__ import annotations

import pytest
from builders_models import (
    CAUSE,
    full,
    result,
    side,
)

from crossload.errors import CannotMeasure, ConfigError
from crossload.models.bisect import (
    Boundary,
    bisect,
    other_changes,
    release_target,
    releases_between,
    swap_release,
)
from crossload.models.bisect import to_text as boundary_in_words
from crossload.models.result import Answer
from crossload.verdict import Verdict


def pattern(text, lost=()):
    """A measure over releases 0.0, 0.1, ... that is safe where the text has a dot."""
    asked = []

    def measure(version):
        index = int(version.split(".")[1])
        asked.append(index)
        if index in lost:
            return None
        return result(Answer.SAFE) if text[index] == "." else full(reason=f"broken in {version}")

    return [f"0.{index}" for index in range(len(text))], measure, asked


def test_a_boundary_is_found_in_about_log2_environments():
    releases, measure, asked = pattern("." * 41 + "x" * 23)

    found = bisect("p", releases, measure, lambda _: None, extra=2)

    assert (found.good, found.bad, found.single) == ("0.40", "0.41", True)
    assert len(asked) <= 2 + 6 + 4
    assert "since p 0.41; 0.40 is the last release that is safe" in boundary_in_words(found, "m")


def test_neighbours_of_the_boundary_were_both_measured():
    for edge in range(1, 12):
        releases, measure, asked = pattern("." * edge + "x" * (12 - edge))
        found = bisect("p", releases, measure, lambda _: None, extra=0)
        assert (found.good, found.bad) == (f"0.{edge - 1}", f"0.{edge}")
        assert {edge - 1, edge} <= set(asked)


def test_releases_without_an_environment_are_passed_over():
    releases, measure, _ = pattern("....xxxx", lost={3, 4})

    found = bisect("p", releases, measure, lambda _: None, extra=0)

    assert (found.good, found.bad) == ("0.2", "0.5")
    assert "nothing could be measured with 0.3, 0.4" in boundary_in_words(found, "m").replace(
        "0.4, 0.3", "0.3, 0.4"
    )


def test_what_is_no_single_boundary_is_said_with_the_pattern():
    releases, measure, asked = pattern("....x..xxxxx")

    found = bisect("p", releases, measure, lambda _: None, extra=4)

    assert not found.single
    assert set(asked) == set(range(12))
    assert "no single boundary" in boundary_in_words(found, "m")


@pytest.mark.parametrize("text", ["....", "xxxx", "x..."])
def test_ends_that_do_not_differ_leave_nothing_to_search(text):
    releases, measure, _ = pattern(text)
    with pytest.raises(CannotMeasure, match="nothing to search"):
        bisect("p", releases, measure, lambda _: None)


class FakeIndex:
    def releases(self, _package):
        return [
            type("R", (), {"version": v, "yanked": v == "1.2.1"})()
            for v in ("1.1", "1.2.0", "1.2.1", "1.2.2", "1.10", "2.0")
        ]

    def release(self, package, version):
        return next(each for each in self.releases(package) if each.version == version)


def test_releases_are_ordered_as_versions_in_the_direction_of_the_question():
    assert releases_between(FakeIndex(), "p", "1.1", "1.10") == ["1.1", "1.2.0", "1.2.2", "1.10"]
    assert releases_between(FakeIndex(), "p", "2.0", "1.2.1") == ["2.0", "1.10", "1.2.2", "1.2.1"]
    with pytest.raises(ConfigError, match="the same release"):
        releases_between(FakeIndex(), "p", "1.1", "1.1")


@pytest.mark.parametrize("lost", [{0}, {3}])
def test_an_end_without_an_environment_leaves_nothing_to_search(lost):
    releases, measure, _ = pattern("..xx", lost=lost)

    with pytest.raises(CannotMeasure, match=r"p 0\.\d: no environment can be had"):
        bisect("p", releases, measure, lambda _: None)


def test_the_cause_and_what_else_changed_are_told_at_the_boundary():
    good = full(Answer.SAFE, Verdict.IDENTICAL)
    bad = full(cause=CAUSE)
    good.reader, bad.reader = side(p="1.0", numpy="1.24.3"), side(p="2.0", scipy="1.9")
    found = Boundary(
        package="p", releases=["1.0", "2.0"], results={"1.0": good, "2.0": bad}, good="1.0"
    )
    found.bad = "2.0"

    lines = boundary_in_words(found, "m").splitlines()

    assert lines[2].startswith("  beside it, numpy 1.24.3 -> absent, scipy absent -> 1.9 between")
    assert lines[3] == "  with 2.0: load-error: ValueError: broken"
    assert lines[4:] == ["  cause: the trees changed (https://host/x)", "  remedy: retrain"]
    assert other_changes(None, bad, "p") == ""


def test_a_release_is_swapped_and_nothing_else():
    wanted = swap_release(side(numpy="1.24.3", p="1.0"), "p", "2.0")

    assert wanted.packages == {"numpy": "==1.24.3", "p": "==2.0"}
    assert (wanted.python, wanted.complete, wanted.wheels_only) == ("3.11", True, True)
    assert release_target("p", "2.0").packages == {"p": "==2.0"}
