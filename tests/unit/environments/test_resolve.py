"""Resolving: for all platforms where that can be, with as many extras as go with the pins."""

from __future__ import annotations

from datetime import date

import pytest
from builders_environments import FakeUv, environment

from crossload.environments import resolve as module
from crossload.environments.uv import UvFailure, UvOffline


@pytest.fixture
def resolve(monkeypatch):
    """Give a function that resolves numpy with extras, and what uv was asked for."""

    def resolving(refuses=lambda call: False, extras=(), *, wanted=None, **more):
        uv = FakeUv(refuses)
        monkeypatch.setattr(module, "run_uv", uv)
        options = {"wheels_only": True, "universal": True, "python": None} | more
        found = module.resolve(
            wanted or environment("numpy==1.0"), extras, "3.12", date(2024, 11, 10), **options
        )
        return found, uv.calls

    return resolving


def test_pins_are_resolved_for_their_python_and_day(resolve):
    found, (call,) = resolve(extras=["pandas"])

    assert found.text.startswith("numpy==1.0")
    assert (found.universal, found.left_out) == (True, ())
    assert call["requires"] == ["numpy==1.0", "pandas"]
    assert call["options"][:3] == ["pip", "compile", "-"]
    assert (call["--python-version"], call["--exclude-newer"]) == ("3.12", "2024-11-11T00:00:00Z")
    assert {"--generate-hashes", "--universal", "--only-binary"} <= set(call["options"])
    assert "--python" not in call["options"]


def test_sources_are_built_with_the_interpreter_that_is_here(resolve):
    _, (call,) = resolve(wheels_only=False, universal=False, python="/usr/bin/python3.12")

    assert call["--python"] == "/usr/bin/python3.12"
    assert "--universal" not in call["options"]


def test_sources_are_built_only_of_packages_that_were_agreed_to_and_lack_wheels(resolve):
    def refuses(call):
        lacks = "--no-binary" not in call["options"]
        return UvFailure("Because wrapt==1.12.1 has no usable wheels and") if lacks else False

    wanted = environment("numpy==1.0", build=("wrapt", "termcolor"))
    _, (first, second) = resolve(refuses, wanted=wanted, wheels_only=False)

    assert first["options"][-2:] == ["--only-binary", ":all:"]
    assert second["options"][-4:] == ["--only-binary", ":all:", "--no-binary", "wrapt"]


def test_constraints_are_told_to_uv(resolve):
    wanted = environment("numpy==1.0", constraints=("pandas<3", "scipy<2"))
    _, (call,) = resolve(wanted=wanted)

    assert call["constraints"] == "pandas<3\nscipy<2\n"


def test_a_lock_that_cannot_hold_everywhere_is_of_this_platform(resolve):
    found, calls = resolve(lambda call: "--universal" in call["options"])

    assert not found.universal
    assert len(calls) == 2


def test_the_extra_that_is_in_the_way_is_left_out(resolve):
    found, _ = resolve(lambda call: "skops" in call["requires"], ["pandas", "skops", "lz4"])

    assert found.left_out == ("skops (no release of that time goes with the pins)",)


def test_all_extras_are_left_out_where_no_single_one_is_in_the_way(resolve):
    found, calls = resolve(lambda call: len(call["requires"]) > 1, ["pandas", "skops"])

    assert [text.split()[0] for text in found.left_out] == ["pandas", "skops"]
    assert calls[-1]["requires"] == ["numpy==1.0"]


@pytest.mark.parametrize("extras", [(), ("skops",)])
def test_pins_without_a_solution_fail_with_the_words_of_the_first_attempt(resolve, extras):
    with pytest.raises(UvFailure) as caught:
        resolve(lambda call: True, extras)

    assert caught.value.text == " ".join(["no solution for", "numpy==1.0", *extras])


def test_without_a_network_nothing_else_is_tried(resolve):
    asked = []

    def refuse(call):
        asked.append(call)
        return UvOffline("Failed to fetch")

    with pytest.raises(UvOffline):
        resolve(refuse, ["pandas", "skops"])
    assert len(asked) == 1
