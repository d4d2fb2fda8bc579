"""The consent of the user."""

from __future__ import annotations

import pytest
from builders_models import inspection, name_of

from crossload.errors import DangerousFile, NotTrusted
from crossload.inspection.facts import Danger, ImportedName, Kind
from crossload.models.consent import ask_consent, refusal_of
from crossload.models.own_code import OwnCode
from crossload.models.trust import Trust

MINE = OwnCode({"mine": frozenset({"Own"})}, {"mine": frozenset()})


def holding(*names):
    found = inspection()
    found.names += names
    return found


def unknown(text="mine.Own"):
    return name_of(text, Danger.UNKNOWN)


BAD = {
    "import": name_of("os.system", Danger.DANGEROUS),
    "code": ImportedName(
        module="config.json", name="lambda_1", danger=Danger.DANGEROUS, kind=Kind.CODE, why="bytes"
    ),
    "operation": ImportedName(
        module="saved_model.pb", name="WriteFile", danger=Danger.DANGEROUS, kind=Kind.OPERATION
    ),
}


@pytest.fixture
def nobody(monkeypatch):
    monkeypatch.setattr("sys.stdin", type("NoTerminal", (), {"isatty": lambda self: False})())


def asked(model, trust, said="y", own=MINE):
    """What is printed, and the level that was agreed to; the answer is the same each time."""
    shown = []
    agreed = ask_consent([model], trust, own=own, out=shown.append, answer=lambda _: said)
    return shown, agreed


@pytest.mark.usefixtures("nobody")
def test_without_a_terminal_and_without_trust_nothing_is_loaded():
    with pytest.raises(NotTrusted, match=r"model\.joblib") as caught:
        ask_consent([inspection()], Trust.NOTHING, out=print)
    assert "--trust" in caught.value.hint


@pytest.mark.parametrize(
    ("said", "agreed"), [("y", True), ("YES ", True), ("", False), ("n", False), ("what?", False)]
)
def test_the_terminal_is_asked_after_it_was_shown_what_is_inside(said, agreed):
    shown = []
    try:
        ask_consent([inspection()], Trust.NOTHING, out=shown.append, answer=lambda _: said)
    except NotTrusted:
        assert not agreed
    else:
        assert agreed
    assert "written by scikit-learn 1.2.2" in shown[0]


def test_the_end_of_the_input_is_no_consent():
    def end(_question):
        raise EOFError

    with pytest.raises(NotTrusted):
        ask_consent([inspection()], Trust.NOTHING, out=[].append, answer=end)


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("trust", [Trust.NOTHING, Trust.KNOWN, Trust.UNKNOWN])
def test_no_other_level_covers_what_is_known_to_be_dangerous(kind, trust):
    bad = holding(BAD[kind])

    with pytest.raises(DangerousFile, match=BAD[kind].name) as caught:
        asked(bad, trust)
    assert "--trust-dangerous" in caught.value.hint
    assert asked(bad, Trust.DANGEROUS) == ([], Trust.DANGEROUS)


@pytest.mark.usefixtures("nobody")
def test_unknown_names_are_told_with_their_reason_where_only_known_ones_are_trusted():
    odd = unknown("odd.thing")
    odd = ImportedName(module="odd", name="thing", danger=odd.danger, called=True, why="who knows")

    with pytest.raises(NotTrusted, match=r"--trust does not cover: odd\.thing \(who") as caught:
        ask_consent([holding(odd)], Trust.KNOWN, out=print)
    assert "--trust-unknown" in caught.value.hint
    assert ask_consent([holding(odd)], Trust.UNKNOWN, out=print) is Trust.UNKNOWN


def test_at_the_terminal_unknown_names_are_a_question_even_with_trust():
    shown, agreed = asked(holding(unknown("odd.thing")), Trust.KNOWN)

    assert "odd.thing" in shown[0]
    assert agreed is Trust.UNKNOWN
    with pytest.raises(NotTrusted) as caught:
        asked(holding(unknown("odd.thing")), Trust.KNOWN, "n")
    assert "--trust-unknown" in caught.value.hint


def test_classes_of_the_users_own_code_need_no_other_level():
    assert asked(holding(unknown()), Trust.KNOWN) == ([], Trust.KNOWN)
    with pytest.raises(NotTrusted):
        asked(holding(unknown()), Trust.KNOWN, "n", own=OwnCode())


def test_code_that_a_file_carries_is_told_from_names_that_are_known():
    bad = inspection(names=("cloudpickle.cloudpickle._make_function",))
    bad.names.append(BAD["import"])

    with pytest.raises(DangerousFile, match="cloudpickle and dill carry code"):
        asked(bad, Trust.KNOWN)


@pytest.mark.usefixtures("nobody")
def test_of_several_files_the_worst_are_named_without_control_codes():
    odd = holding(unknown("odd.thing"))
    odd.path = odd.path.with_name("a\x1b[31m\nb")

    with pytest.raises(NotTrusted) as caught:
        ask_consent([inspection(), *[odd] * 12], Trust.NOTHING, out=print)
    lines = str(caught.value).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "and 2 more files"
    assert "\x1b" not in str(caught.value)
    assert "model.joblib" not in str(caught.value)


def test_what_was_agreed_to_is_not_refused():
    assert refusal_of(inspection(), Trust.KNOWN) is None
    assert refusal_of(inspection("h5", names=()), Trust.NOTHING) is None
