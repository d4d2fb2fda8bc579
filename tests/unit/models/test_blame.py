"""The packages of an upgrade that are to blame, with a model that fails as a rule says."""

from __future__ import annotations

import pytest
from builders_models import (
    NEW,
    FakeChecker,
    lock,
    quiet,
)

from crossload.errors import CannotMeasure
from crossload.models.blame import blame, minimal_set
from crossload.models.blame import to_text as blamed_in_words
from crossload.models.result import Answer


@pytest.mark.parametrize("culprits", [{"a"}, {"h"}, {"a", "h"}, {"b", "c", "g"}, set("abcdefgh")])
def test_the_smallest_set_of_changes_is_found(culprits):
    asked = []

    def fails(chosen):
        asked.append(chosen)
        return culprits <= chosen

    assert set(minimal_set("abcdefgh", fails)) == culprits
    assert len(asked) == len(set(asked))


def test_sets_that_cannot_be_installed_are_not_taken_for_the_culprit():
    def fails(chosen):
        if ("python" in chosen) != ("numpy" in chosen):
            return None
        return "numpy" in chosen

    assert set(minimal_set(["joblib", "numpy", "python", "scipy"], fails)) == {"numpy", "python"}


def test_the_one_package_that_does_it_is_named():
    found = blame(
        FakeChecker(lambda v: "ValueError: lib" if v["lib"] == "2.0" else ""), lock(NEW), quiet
    )

    assert found.sets == (("lib",),)
    assert found.without.answer is Answer.SAFE
    assert "BREAKS because of lib 1.0 -> 2.0" in blamed_in_words(found)


def test_another_failure_on_the_way_is_not_taken_for_it():
    def rule(v):
        if v["num"] == "2.0" and v["lib"] == "1.0":
            return "ImportError: lib was compiled for num 1"
        return "ValueError: layout" if v["lib"] == "2.0" else ""

    found = blame(FakeChecker(rule), lock(NEW), quiet)

    assert found.sets == (("lib",),)


def test_packages_that_do_it_together_are_named_together():
    found = blame(
        FakeChecker(lambda v: "ValueError: both" if v["lib"] == v["sci"] == "2.0" else ""),
        lock(NEW),
        quiet,
    )

    assert set(found.sets[0]) == {"lib", "sci"}
    assert found.required == ()
    assert "together" in blamed_in_words(found)


def test_what_is_there_for_installation_only_is_told_apart():
    def rule(v):
        if v["lib"] == "2.0" and v["num"] == "1.0":
            return None
        return "ValueError: layout" if v["lib"] == "2.0" else ""

    found = blame(FakeChecker(rule), lock(NEW), quiet)

    assert set(found.sets[0]) == {"lib", "num"}
    assert found.required == ("num",)
    assert (
        "because of lib 1.0 -> 2.0 (which cannot be installed without num 1.0 -> 2.0)"
        in blamed_in_words(found)
    )


def test_there_is_nothing_to_blame_where_nothing_fails():
    with pytest.raises(CannotMeasure, match="the upgrade is safe"):
        blame(FakeChecker(lambda _: ""), lock(NEW), quiet)


def test_there_is_no_package_to_blame_where_nothing_upgraded_fails_too():
    with pytest.raises(CannotMeasure, match="with nothing upgraded too"):
        blame(FakeChecker(lambda _: "ValueError: random"), lock(NEW), quiet)


def test_where_no_part_of_the_upgrade_can_be_measured_all_of_it_is_to_blame():
    class Unmeasurable(FakeChecker):
        def check(self, wanted, **options):
            found = super().check(wanted, **options)
            if 0 < sum(version == "2.0" for version in self.asked[-1].values()) < 4:
                found.answer = Answer.UNKNOWN
            return found

    checker = Unmeasurable(lambda v: "ValueError: x" if v["lib"] == "2.0" else "")

    found = blame(checker, lock(NEW), quiet)

    assert found.sets == (("lib", "num", "other", "sci"),)
    assert "no smaller set of packages does it" in blamed_in_words(found)
