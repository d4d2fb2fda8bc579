"""Errors as plain data, and those that stop measuring."""

from __future__ import annotations

import errno
from types import SimpleNamespace

import pytest

from crossload.worker import errors


def test_a_full_disk_stops_measuring_and_other_errors_do_not():
    with pytest.raises(errors.Stopped):
        errors.guard(OSError(errno.ENOSPC, "full"))
    errors.guard(OSError(errno.ENOENT, "missing"))
    errors.guard(ValueError("x"))


def test_an_exception_that_cannot_be_printed_is_still_described():
    class Rude(Exception):
        def __str__(self):
            raise RuntimeError("no")

    found = errors.describe_error(Rude(), {"scrub": []})

    assert "cannot be read" in found["message"]


def test_machine_paths_and_addresses_are_scrubbed():
    job = {"scrub": [["/srv/some/env", "<environment>"]]}

    found = errors.describe_error(ValueError("at /srv/some/env/lib x 0x7f0123456789"), job)

    assert found["message"] == "at <environment>/lib x 0x..."


def test_what_guarded_a_part_has_stopped_the_whole():
    with pytest.raises(errors.Stopped, match="full"):
        errors.guard(errors.Stopped("full"))


def test_both_ends_of_a_long_message_are_kept_and_codes_for_terminals_are_not():
    message = "\x1b[1mcould not" + "x" * 9000 + "Exception encountered: why"

    found = errors.describe_error(ValueError(message), {})

    assert found["message"].startswith("could not")
    assert found["message"].endswith("Exception encountered: why")
    assert len(found["message"]) == errors.TEXT_LIMIT
    assert "\x1b" not in found["traceback"]


def test_errors_of_libraries_have_their_module():
    found = errors.describe_error(errors.Stopped("x" * 5000), {})

    assert found["type"] == "crossload.worker.errors.Stopped"
    assert len(found["message"]) == 2000
    assert "Stopped" in found["traceback"] or len(found["traceback"]) == 2000


def test_warnings_are_counted_sorted_and_bounded():
    def warned(category, text):
        return SimpleNamespace(category=category, message=category(text))

    job = {"scrub": [["/srv/env", "<environment>"]]}
    caught = [
        warned(UserWarning, "in /srv/env"),
        warned(FutureWarning, "soon"),
        warned(UserWarning, "in /srv/env"),
    ]

    assert errors.describe_warnings(caught, job) == [
        {"category": "FutureWarning", "text": "soon", "count": 1},
        {"category": "UserWarning", "text": "in <environment>", "count": 2},
    ]
    many = [warned(UserWarning, f"{number} {'x' * 1000}") for number in range(30)]
    assert len(errors.describe_warnings(many, job)) == 20
    assert all(len(each["text"]) == 500 for each in errors.describe_warnings(many, job))
