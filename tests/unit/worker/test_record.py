"""Outcomes in the making: stages, times, warnings, errors."""

from __future__ import annotations

import errno
import warnings

import pytest

from crossload.worker import errors
from crossload.worker.record import Record

ITEM = {"key": "k"}


def warn(text):
    def function():
        warnings.warn(text, UserWarning, stacklevel=1)
        return text

    return function


def test_an_outcome_has_the_key_of_its_item_and_the_operation_of_its_job():
    assert Record(ITEM, {"op": "load"}).end("ok", stage="done", more=1) == {
        "kind": "load",
        "key": "k",
        "stage": "done",
        "more": 1,
        "status": "ok",
        "seconds": {},
        "warnings": [],
    }


def test_an_outcome_of_an_item_that_is_alone_confirms_another():
    assert Record(ITEM, {"op": "load", "isolate": True}).end("ok")["confirm"] is True


def test_warnings_of_saving_and_loading_are_kept_and_others_are_not():
    record = Record(ITEM, {"op": "load"})
    for stage in ("fit", "load", "load", "predict", "state"):
        assert record.run(stage, warn(f"in {stage}")) == f"in {stage}"

    found = record.end("ok")

    assert found["warnings"] == [
        {"category": "UserWarning", "text": "in load", "count": 2},
        {"category": "UserWarning", "text": "in predict", "count": 1},
    ]
    assert found["stage"] == "state"
    assert set(found["seconds"]) == {"fit", "load", "predict", "state"}
    assert all(seconds >= 0 for seconds in found["seconds"].values())


@pytest.mark.parametrize(
    ("error", "status"), [(ValueError("x"), "error"), (MemoryError(), "error")]
)
def test_a_failure_is_recorded_at_the_stage_that_was_reached(error, status):
    record = Record(ITEM, {"op": "load"})

    def fail():
        warnings.warn("before", UserWarning, stacklevel=1)
        raise error

    with pytest.raises(type(error)) as caught:
        record.run("load", fail)
    found = record.failed(caught.value)

    assert (found["status"], found["stage"]) == (status, "load")
    assert found["error"]["type"] == type(error).__name__
    assert [each["text"] for each in found["warnings"]] == ["before"]
    assert "load" in found["seconds"]


def test_a_disk_that_cannot_be_written_is_no_outcome():
    with pytest.raises(errors.Stopped, match="quota"):
        Record(ITEM, {"op": "load"}).failed(OSError(errno.EDQUOT, "quota"))
