"""The consent of the user."""

from __future__ import annotations

import pytest
from builders_models import (
    inspection,
    name_of,
)

from crossload.errors import DangerousFile, NotTrusted
from crossload.inspection.facts import Danger
from crossload.models.consent import ask_consent, executes


def test_pickles_ask_and_plain_arrays_do_not():
    assert executes(inspection())
    assert executes(inspection("savedmodel", names=()))
    assert not executes(inspection("h5", names=()))
    assert not executes(inspection("keras", names=["keras.Dense"]))
    found = inspection("keras")
    found.names = [name_of("mine.Layer", Danger.UNKNOWN)]
    assert executes(found)


def test_without_a_terminal_and_without_trust_nothing_is_loaded(monkeypatch):
    monkeypatch.setattr("sys.stdin", type("NoTerminal", (), {"isatty": lambda self: False})())
    with pytest.raises(NotTrusted, match=r"model\.joblib") as caught:
        ask_consent([inspection()], trust=False, dangerous=False, out=print)
    assert "--trust" in caught.value.hint


@pytest.mark.parametrize(
    ("said", "agreed"), [("y", True), ("YES ", True), ("", False), ("n", False), ("what?", False)]
)
def test_the_terminal_is_asked_after_it_was_shown_what_is_inside(said, agreed):
    shown = []
    try:
        ask_consent(
            [inspection()], trust=False, dangerous=False, out=shown.append, answer=lambda _: said
        )
    except NotTrusted:
        assert not agreed
    else:
        assert agreed
    assert "written by scikit-learn 1.2.2" in shown[0]


def test_trust_does_not_cover_what_is_known_to_be_dangerous():
    bad = inspection()
    bad.names.append(name_of("os.system", Danger.DANGEROUS))

    with pytest.raises(DangerousFile, match=r"os\.system"):
        ask_consent([bad], trust=True, dangerous=False, out=print)
    ask_consent([bad], trust=True, dangerous=True, out=print)


def test_code_that_a_file_carries_is_told_from_names_that_are_known():
    bad = inspection(names=("cloudpickle.cloudpickle._make_function",))
    bad.names.append(name_of("os.system", Danger.DANGEROUS))

    with pytest.raises(DangerousFile, match="cloudpickle and dill carry code"):
        ask_consent([bad], trust=True, dangerous=False, out=print)
