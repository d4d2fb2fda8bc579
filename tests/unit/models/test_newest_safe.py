"""The newest versions that are safe, with models that fail as rules say."""

from __future__ import annotations

from builders_models import (
    NEW,
    OLD,
    FakeChecker,
    lock,
    quiet,
)

from crossload.errors import IndexUnavailable
from crossload.models.newest_safe import Search
from crossload.models.newest_safe import to_text as safest_in_words


class FakeIndex:
    def releases(self, _package):
        return [
            type("R", (), {"version": f"1.{minor}", "yanked": minor == 7})() for minor in range(10)
        ] + [type("R", (), {"version": "2.0", "yanked": False})()]


def search(*rules):
    return Search(
        [FakeChecker(rule, path=f"m{n}") for n, rule in enumerate(rules)],
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


def test_versions_that_cannot_be_installed_together_are_not_safe():
    def rule(v):
        if number(v["lib"]) > 105 and number(v["num"]) > 105:
            return None
        return "ValueError: x" if number(v["lib"]) > 105 else ""

    found = search(rule)

    assert found.found
    assert all(each.safe for each in found.results)
    assert number(found.held["lib"][0]) <= 105


def test_without_an_index_the_old_version_is_held():
    class NoIndex:
        def releases(self, _package):
            msg = "no network"
            raise IndexUnavailable(msg)

    rule = FakeChecker(lambda v: "ValueError: x" if number(v["lib"]) > 105 else "")

    found = Search([rule], lock(OLD), lock(NEW), NoIndex(), quiet).search()

    assert found.held == {"lib": ("1.0", "2.0")}


def test_a_model_that_fails_with_everything_old_leaves_no_safe_version():
    """With everything old the first model fails too, so that no package is to blame for it."""
    found = search(
        lambda _: "ValueError: always",
        lambda v: "ValueError: x" if number(v["lib"]) > 105 else "",
    )

    assert not found.found
