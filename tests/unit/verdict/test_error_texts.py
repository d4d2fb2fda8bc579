"""Texts of errors: lost classes, equal texts for equal causes, both ends of long messages."""

from __future__ import annotations

import pytest

from crossload.verdict.error_texts import encodable, error_text, lost_class, without_counters


@pytest.mark.parametrize(
    ("reason", "custom", "expected"),
    [
        ("ValueError: Unknown layer: 'Scale'. Please ensure", True, "custom class Scale"),
        ("ValueError: Unknown layer: 'Cast'. Please ensure", False, "class Cast"),
        ("TypeError: Could not locate class 'Functional'. Make sure", False, "class Functional"),
        (
            "AttributeError: Can't get attribute '_RemainderColsList' on <module",
            False,
            "class _RemainderColsList",
        ),
        ("ValueError: node array", True, ""),
    ],
)
def test_a_class_that_the_reader_lacks_is_named(reason, custom, expected):
    assert lost_class(reason, custom=custom) == expected


SHA = "0a39eca1bf5b32517f231364aedcf161ad6e6d796c00b73cc39ddaaeb3a2919e"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"filepath=<artifacts>/{SHA}/model.", "filepath=<artifacts>/<digest>/model."),
        (f"md5 {SHA[:32]}", "md5 <digest>"),
        ("<scratch>/tmpk3_x9abq/a.npy", "<scratch>/<temporary>/a.npy"),
        ("<Scale object at 0x7f3a5c001230>", "<Scale object at 0x...>"),
        ("the value deadbeef of layer tmp", "the value deadbeef of layer tmp"),
        ("tmpfile12 and 0x12", "tmpfile12 and 0x12"),
        ("half \ud800", "half ?"),
    ],
)
def test_what_differs_from_run_to_run_is_a_word(text, expected):
    assert encodable(text) == expected


def test_no_digest_is_cut_in_the_middle_and_left():
    error = {"type": "ValueError", "message": "x" * 380 + f" {SHA}"}

    assert SHA[:8] not in error_text({"error": error})


def test_the_cause_at_the_end_of_a_long_message_is_kept():
    config = "{'module': 'keras.layers', 'config': {" + "'units': 8, " * 200 + "}}"
    message = f"Functional could not be deserialized. {config}. Exception encountered: no Scale"

    found = error_text({"error": {"type": "TypeError", "message": message}})

    assert found.startswith("TypeError: Functional could not be deserialized.")
    assert found.endswith("Exception encountered: no Scale")
    assert " … " in found
    assert len(found) <= len("TypeError: ") + 700


def test_the_first_four_hundred_characters_stay_for_expectations_to_match():
    message = "".join(chr(97 + number % 26) for number in range(400)) + " " + "z" * 2000

    assert message[:398] in error_text({"error": {"type": "E", "message": message}})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Layer 'dense_12' expected 2 variables", "Layer 'dense' expected 2 variables"),
        ("<Dense name=dense_1, built=True>", "<Dense name=dense, built=True>"),
        ("path=adam/small_2_dense_4_kernel_velocity", "path=adam/small_dense_kernel_velocity"),
        ("small_2/dense_4/kernel:0", "small/dense/kernel:0"),
        ("<Small name=small_3> adam/small_3_bias", "<Small name=small> adam/small_bias"),
        ("sequential_12 input_layer_2 conv2d_1", "sequential input_layer conv2d"),
        ("beta_1 and x86_64 and utf_8", "beta_1 and x86_64 and utf_8"),
        ("<module 'sklearn.tree._criterion_2'>", "<module 'sklearn.tree._criterion_2'>"),
    ],
)
def test_counters_of_automatic_names_are_taken_off(text, expected):
    assert without_counters(text) == expected


def test_equal_causes_of_two_processes_have_equal_reasons():
    def said(counter, moment, path):
        message = f"[{moment}] Layer 'dense{counter}' in /tmp/{path}/model: 0 variables"
        return error_text({"error": {"type": "ValueError", "message": message}})

    assert said("", "16:22:31", "tmpk3_x9abq") == said("_7", "09:01:02", "tmpzz_x9abq")
