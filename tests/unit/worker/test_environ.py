"""The environment variables of every pinned process."""

from __future__ import annotations

import pytest

from crossload.worker import environ


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OMP_NUM_THREADS", "1"),
        ("VECLIB_MAXIMUM_NUM_THREADS", "1"),
        ("TF_NUM_INTRAOP_THREADS", "1"),
        ("CUDA_VISIBLE_DEVICES", "-1"),
        ("PYTHONHASHSEED", "0"),
        ("KERAS_BACKEND", "tensorflow"),
        ("TZ", "UTC"),
    ],
)
def test_pinned_processes_run_alike_everywhere(name, value):
    assert environ.variables()[name] == value


def test_a_caller_may_add_to_the_variables():
    environ.variables()["HOME"] = "/somewhere"

    assert "HOME" not in environ.variables()
