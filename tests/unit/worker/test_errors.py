"""Errors as plain data, and those that stop measuring."""

from __future__ import annotations

import errno

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
