"""Searches over environments, with a model that fails as a rule says: what is blamed, what is held back."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossload.errors import CannotMeasure, ConfigError
from crossload.models.blame import blame
from crossload.models.blame import to_text as blamed_in_words
from crossload.models.newest_safe import Search
from crossload.models.newest_safe import to_text as safest_in_words
from crossload.models.result import Answer, Result, Side
from crossload.models.targets import Target
from crossload.verdict import Judgement, Verdict

OLD = {"lib": "1.0", "num": "1.0", "sci": "1.0", "other": "1.0"}
NEW = {"lib": "2.0", "num": "2.0", "sci": "2.0", "other": "2.0"}


def lock(versions):
    return Target(
        packages={name: f"=={version}" for name, version in versions.items()}, complete=True
    )


class Fake:
    """Checks by a rule: ``rule(versions)`` gives a reason to fail, an empty text, or None where nothing can be installed."""

    def __init__(self, rule, old=OLD, path="m"):
        self.rule, self.old, self.path, self.asked = rule, old, path, []

    def check(self, wanted, **_options):
        versions = {name: wanted.version(name) or NEW[name] for name in NEW}
        self.asked.append(versions)
        reason = self.rule(versions)
        if reason is None:
            raise ConfigError(["cannot be resolved"])
        verdict = Verdict.LOAD_ERROR if reason else Verdict.IDENTICAL
        return Result(
            path=Path(self.path),
            answer=Answer.BREAKS if reason else Answer.SAFE,
            reason=reason,
            judgement=Judgement(verdict=verdict, reason=reason),
            writer=Side(python="3.11.7", packages=self.old, as_of="2024-01-01", shown=""),
            reader=Side(python="3.11.7", packages=versions, as_of="2025-01-01", shown=""),
        )


def quiet(_text):
    """Progress that nobody reads."""


def test_the_one_package_that_does_it_is_named():
    found = blame(Fake(lambda v: "ValueError: lib" if v["lib"] == "2.0" else ""), lock(NEW), quiet)

    assert found.sets == (("lib",),)
    assert found.without.answer is Answer.SAFE
    assert "BREAKS because of lib 1.0 -> 2.0" in blamed_in_words(found)


def test_another_failure_on_the_way_is_not_taken_for_it():
    def rule(v):
        if v["num"] == "2.0" and v["lib"] == "1.0":
            return "ImportError: lib was compiled for num 1"
        return "ValueError: layout" if v["lib"] == "2.0" else ""

    found = blame(Fake(rule), lock(NEW), quiet)

    assert found.sets == (("lib",),)


def test_packages_that_do_it_together_are_named_together():
    found = blame(
        Fake(lambda v: "ValueError: both" if v["lib"] == v["sci"] == "2.0" else ""),
        lock(NEW),
        quiet,
    )

    assert set(found.sets[0]) == {"lib", "sci"}
    assert found.brought == ()
    assert "together" in blamed_in_words(found)


def test_what_is_there_for_installation_only_is_told_apart():
    def rule(v):
        if v["lib"] == "2.0" and v["num"] == "1.0":
            return None
        return "ValueError: layout" if v["lib"] == "2.0" else ""

    found = blame(Fake(rule), lock(NEW), quiet)

    assert set(found.sets[0]) == {"lib", "num"}
    assert found.brought == ("num",)
    assert (
        "because of lib 1.0 -> 2.0 (which cannot be installed without num 1.0 -> 2.0)"
        in blamed_in_words(found)
    )


def test_there_is_nothing_to_blame_where_nothing_fails():
    with pytest.raises(CannotMeasure, match="the upgrade is safe"):
        blame(Fake(lambda _: ""), lock(NEW), quiet)


class FakeIndex:
    def releases(self, _package):
        return [
            type("R", (), {"version": f"1.{minor}", "yanked": minor == 7})() for minor in range(10)
        ] + [type("R", (), {"version": "2.0", "yanked": False})()]


def search(*rules):
    return Search(
        [Fake(rule, path=f"m{n}") for n, rule in enumerate(rules)],
        lock(OLD),
        lock(NEW),
        FakeIndex(),
        quiet,
    ).search()


def number(version):
    major, minor = version.split(".")
    return int(major) * 100 + int(minor)


def test_what_is_safe_is_held_at_the_newest_release_that_is():
    found = search(lambda v: "ValueError: x" if number(v["lib"]) > 105 else "")

    assert found.held == {"lib": ("1.5", "2.0")}
    assert "lib==1.5   (not 2.0)" in safest_in_words(found)


def test_a_yanked_release_is_not_proposed():
    found = search(lambda v: "ValueError: x" if number(v["lib"]) > 107 else "")

    assert found.held == {"lib": ("1.6", "2.0")}


def test_every_model_counts():
    found = search(
        lambda v: "ValueError: x" if number(v["lib"]) > 105 else "",
        lambda v: "ValueError: y" if number(v["sci"]) > 102 else "",
    )

    assert found.held == {"lib": ("1.5", "2.0"), "sci": ("1.2", "2.0")}
    assert all(each.safe for each in found.results)


def test_a_package_that_the_held_one_needs_is_held_with_it():
    def rule(v):
        if number(v["lib"]) > 105:
            return "ValueError: layout"
        return "ImportError: lib 1 needs num 1" if number(v["num"]) >= 200 else ""

    found = search(rule)

    assert found.held == {"lib": ("1.5", "2.0"), "num": ("1.9", "2.0")}


def test_what_needs_nothing_held_is_said():
    found = search(lambda _: "")

    assert (found.found, found.held) == (True, {})
    assert "everything can be upgraded" in safest_in_words(found)


def test_where_no_version_is_safe_it_is_said():
    found = search(lambda _: "ValueError: never")

    assert not found.found
    assert "none of the versions" in safest_in_words(found)


def test_a_package_is_let_go_when_another_has_moved():
    """``sci`` goes all the way once ``num`` is at its newest safe release, and not before."""

    def rule(v):
        if number(v["lib"]) > 105 or number(v["num"]) > 108:
            return "ValueError: layout"
        return (
            "ImportError: sci 2 needs num 1.8"
            if number(v["sci"]) >= 200 and number(v["num"]) < 108
            else ""
        )

    found = search(rule)

    assert "sci" not in found.held
    assert all(each.safe for each in found.results)


def test_there_is_no_package_to_blame_where_nothing_upgraded_fails_too():
    with pytest.raises(CannotMeasure, match="with nothing upgraded too"):
        blame(Fake(lambda _: "ValueError: random"), lock(NEW), quiet)
