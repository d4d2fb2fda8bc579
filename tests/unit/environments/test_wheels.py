"""Nothing is built from source that nobody agreed to; what lacks wheels is named."""

from __future__ import annotations

import pytest

from crossload.environments.uv import UvFailure, UvOffline
from crossload.environments.wheels import NeedsBuilding, hint_for, lacking_wheels, with_wheels

WORDS = """No solution found when resolving dependencies
  cause: Because termcolor==1.1.0 has no usable wheels and only termcolor<=1.1.0 is available, we
         can conclude that termcolor>=1.1.0 cannot be used.

hint: Wheels are required for `Some_Thing` because building from source is disabled for all packages
"""


def test_packages_without_wheels_are_read_from_the_words_of_uv():
    assert lacking_wheels(WORDS) == {"termcolor", "some-thing"}
    assert lacking_wheels("Because a==1 has no wheels with a matching platform tag") == {"a"}
    assert lacking_wheels("Because you require numpy==1 and numpy==2") == set()


class Uv:
    """Refuses until each of its packages is named by --no-binary, one at a time."""

    def __init__(self, *packages):
        self.packages, self.calls = packages, []

    def __call__(self, options):
        self.calls.append(options)
        for name in self.packages:
            if name not in options:
                raise UvFailure(f"Because {name}==1 has no usable wheels and you require {name}==1")
        return "found"


def test_agreed_packages_are_built_as_far_as_they_lack_wheels():
    uv = Uv("a", "b")

    assert with_wheels(uv, ["b", "A", "unneeded"]) == "found"
    assert uv.calls[0] == ["--only-binary", ":all:"]
    assert uv.calls[-1] == ["--only-binary", ":all:", "--no-binary", "a", "--no-binary", "b"]


def test_a_package_that_nobody_agreed_to_is_named():
    with pytest.raises(NeedsBuilding) as caught:
        with_wheels(Uv("a", "b"), ["a"])

    assert caught.value.packages == ("b",)
    assert "--build b" in hint_for(caught.value)
    assert hint_for(UvFailure("other")) is None


@pytest.mark.parametrize("error", [UvOffline("a==1 has no usable wheels"), UvFailure("other")])
def test_other_failures_are_passed_on(error):
    def fail(_):
        raise error

    with pytest.raises(UvFailure) as caught:
        with_wheels(fail, ["a"])
    assert caught.value is error


def test_building_that_does_not_help_ends():
    def fail(_):
        raise UvFailure("a==1 has no usable wheels")

    with pytest.raises(UvFailure):
        with_wheels(fail, ["a"])
