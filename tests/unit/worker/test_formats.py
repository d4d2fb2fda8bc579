"""The registry of formats: where each exists, and what they share."""

from __future__ import annotations

import pytest

from crossload.worker import formats
from crossload.worker.formats import keras, objects


@pytest.mark.parametrize(
    ("name", "versions", "saves", "loads"),
    [
        ("keras", {"tensorflow": "2.10.1", "keras": "2.10.0"}, True, True),
        ("keras-as-h5", {"tensorflow": "2.10.1", "keras": "2.10.0"}, True, True),
        ("keras-unsafe", {"tensorflow": "2.10.1", "keras": "2.10.0"}, True, False),
        ("keras-unsafe", {"tensorflow": "2.12.1", "keras": "2.12.0"}, True, True),
        ("h5-unsafe", {"tensorflow": "2.18.1", "keras": "3.9.2"}, True, True),
        ("h5-unsafe", {}, False, False),
        ("export-keras", {"tensorflow": "2.10.1", "keras": "2.10.0"}, False, True),
        ("h5-weights-by-name", {"tensorflow": "2.18.1", "keras": "3.9.2"}, False, True),
        ("keras", {"tensorflow": "2.15.1", "keras": "2.15.0"}, True, True),
        ("savedmodel-keras", {"tensorflow": "2.18.1", "keras": "3.9.2"}, False, True),
        ("savedmodel-tfsm", {"tensorflow": "2.15.1", "keras": "2.15.0"}, True, False),
        ("export", {"tensorflow": "2.10.1", "keras": "2.10.0"}, False, True),
        ("h5-weights", {"tensorflow": "2.18.1", "keras": "3.9.2"}, False, True),
        ("weights-h5", {"tensorflow": "2.4.4", "keras": "2.4.0"}, True, True),
        ("h5", {}, False, False),
    ],
)
def test_formats_know_where_they_exist(name, versions, saves, loads):
    fmt = formats.builtin_formats()[name]

    assert (not fmt.no_save(versions, "keras")) is saves
    assert (not fmt.no_load(versions, "keras")) is loads


def test_a_module_is_saved_as_savedmodel_in_every_version():
    assert not keras.SavedModel().no_save({"tensorflow": "2.18.1", "keras": "3.9.2"}, "tf-module")


def test_reasons_of_readers_speak_of_reading_and_those_of_writers_of_writing():
    old, new = {"tensorflow": "2.4.4", "keras": "2.4.0"}, {"tensorflow": "2", "keras": "3.9.2"}
    for fmt in formats.builtin_formats().values():
        for versions in (old, new) if "keras" in fmt.kinds else ():
            assert "load" not in fmt.no_save(versions, "keras")
            reason = fmt.no_load(versions, "keras")
            assert "save" not in reason
            assert "write" not in reason


def test_options_of_loading_share_what_the_plain_formats_saved():
    known = formats.builtin_formats()

    shared = {name: known[name].saver for name in known if "-" in name}
    assert {
        name: shared[name]
        for name in (
            "export-keras", "h5-uncompiled", "h5-unsafe", "h5-weights-by-name", "keras-as-h5",
            "keras-uncompiled", "keras-unsafe",
        )
    } == {
        "export-keras": "export",
        "h5-uncompiled": "h5",
        "h5-unsafe": "h5",
        "h5-weights-by-name": "h5-weights",
        "keras-as-h5": "keras",
        "keras-uncompiled": "keras",
        "keras-unsafe": "keras",
    }  # fmt: skip


def test_every_format_has_a_saver_that_is_a_format_of_the_same_file_name():
    known = formats.builtin_formats()

    for fmt in known.values():
        sharing = [each for each in known.values() if each.saver == fmt.saver]
        assert len({each.filename for each in sharing}) == 1
        assert len({type(each).save for each in sharing}) == 1


def test_a_recipe_file_may_add_a_format_but_not_replace_one():
    class Own(formats.Format):
        name = "own"

    class Module:
        FORMATS = [Own()]  # noqa: RUF012

    class Thief:
        FORMATS = [objects.Cloudpickle()]  # noqa: RUF012

    assert formats.all_formats([Module])["own"].saver == "own"
    with pytest.raises(ValueError, match="exists already"):
        formats.all_formats([Thief])
