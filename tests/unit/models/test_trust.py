"""The levels of trust."""

from __future__ import annotations

import pytest
from builders_models import inspection, name_of

from crossload.inspection.facts import Danger, ImportedName, Kind
from crossload.models.own_code import OwnCode
from crossload.models.trust import Trust, trust_needed, trust_of

DATA = ["h5", "keras", "weights-h5", "checkpoint"]
NOBODY = OwnCode()


def holding(fmt, danger, kind):
    found = inspection(fmt, names=())
    found.names.append(ImportedName(module="m", name="n", danger=danger, kind=kind))
    return found


def test_each_level_includes_those_below():
    assert trust_of() is Trust.NOTHING
    assert trust_of(known=True) is Trust.KNOWN
    assert trust_of(unknown=True) is Trust.UNKNOWN
    assert trust_of(known=True, dangerous=True) is Trust.DANGEROUS
    assert sorted(Trust) == [Trust.NOTHING, Trust.KNOWN, Trust.UNKNOWN, Trust.DANGEROUS]
    assert [each.option for each in Trust][2:] == ["--trust-unknown", "--trust-dangerous"]


@pytest.mark.parametrize("fmt", DATA)
def test_formats_of_data_need_no_consent_where_all_names_are_known(fmt):
    assert trust_needed(inspection(fmt, names=()), NOBODY) is Trust.NOTHING
    known = inspection(fmt, names=("keras.layers.Dense",))
    assert trust_needed(known, NOBODY) is Trust.NOTHING


@pytest.mark.parametrize("fmt", ["pickle", "joblib", "skops", "savedmodel"])
def test_other_formats_execute_whatever_they_name(fmt):
    assert trust_needed(inspection(fmt, names=()), NOBODY) is Trust.KNOWN


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("fmt", [*DATA, "pickle", "savedmodel"])
def test_the_worst_name_decides_whatever_its_kind(fmt, kind):
    assert trust_needed(holding(fmt, Danger.UNKNOWN, kind), NOBODY) is Trust.UNKNOWN
    bad = holding(fmt, Danger.UNKNOWN, kind)
    bad.names.append(name_of("os.system", Danger.DANGEROUS))
    assert trust_needed(bad, NOBODY) is Trust.DANGEROUS


def test_notes_are_for_people_and_decide_nothing():
    noted = inspection("keras", names=(), notes=["it has Lambda layers: code"])
    assert trust_needed(noted, NOBODY) is Trust.NOTHING


def test_a_layer_of_the_users_own_is_run_and_so_asked_for():
    mine = inspection("keras", names=())
    mine.names.append(name_of("mine.Own", Danger.UNKNOWN))
    own = OwnCode({"mine": frozenset({"Own"})}, {"mine": frozenset()})

    assert trust_needed(mine, own) is Trust.KNOWN
    assert trust_needed(mine, NOBODY) is Trust.UNKNOWN
