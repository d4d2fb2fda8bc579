"""Loads a model that users bring and asks it: what a forked child does for one item.

A *save* here means: load the file where it was written, find rows that it takes, and record its
answers; a *load* gives the same rows to the file somewhere else.  Every exception of the libraries
becomes data.
"""

import os
from typing import Any, Dict, List

import numpy as np

from . import (
    choose_rows,
    errors,
    fitted_state,
    input_rows,
    load_ways,
    outputs,
    probe_model,
    texts,
)
from .record import Record


def _load_verified(item: Dict[str, Any], record: Any, code: Any, strict: bool) -> Any:
    """Check the digest of the item's file, then load it."""
    if code.error is not None:
        raise code.error
    load_ways.seed(1 if strict else 2)  # weights that were not restored must not be equal by chance
    sha = record.run("verify", lambda: load_ways.digest(item["path"], item["format"]))
    if sha != item["sha256"]:
        raise ValueError("the file was changed while it was being checked")
    unsafe = bool(item.get("unsafe"))
    return record.run(
        "load", lambda: load_ways.load(item["format"], item["path"], code, strict, unsafe)
    )


def _read_rows(known: Dict[str, Any], job: Dict[str, Any]) -> Any:
    return input_rows.read(known, os.path.join(job["outputs"], known["kept"] + ".npz"))


def answer_as_writer(item: Dict[str, Any], job: Dict[str, Any], code: Any) -> Dict[str, Any]:
    """Load a model where it was written, find rows that it takes, and record its answers.

    Parameters
    ----------
    item
        Path, digest and format of the file; the user's rows, if any.
    job
        The job: where outputs and states are kept, and what is scrubbed from texts.
    code
        The user's code.

    Returns
    -------
    dict
        The outcome; of any exception of the libraries, too.

    Raises
    ------
    Stopped
        The disk cannot be written.
    """
    record = Record(item, job)
    try:
        model = _load_verified(item, record, code, True)
        data = _read_rows(item["data"], job) if item["data"] else None
        users = None
        if data:
            users = {
                "names": data.names,
                "arrays": data.arrays,
                "description": data.description,
            }
        parts = probe_model.parts_of(model)
        if not parts:
            raise probe_model.CannotAsk(
                "a " + type(model).__name__ + " that holds nothing that predicts or transforms"
            )
        rows: Dict[str, Any] = {}
        methods: Dict[str, List[str]] = {}
        notes: List[str] = []
        kept_rows: Dict[str, Any] = {}

        def find() -> None:
            for name, part in parts:
                rows[name], methods[name], remarks = choose_rows.find_rows(part, users)
                notes.extend((name + ": " if name else "") + each for each in remarks)
            notes.extend("not asked: " + each for each in probe_model.skipped_in(model))
            for name, made in rows.items():
                # asked with what others are asked with: rows that were written and read again
                kept_rows[name] = made.keep(job["outputs"])
                rows[name] = _read_rows(kept_rows[name], job)

        record.run("rows", find)
        found = record.run("predict", lambda: probe_model.ask_all(model, rows, methods))
        # asked twice: what differs within one process is noise of the model
        again = probe_model.ask_all(model, rows, methods)
        facts: Dict[str, Any] = {
            "state": fitted_state.keep(model, load_ways.kind_of(item["format"]), job["states"])
        }
        each, second = outputs.digests(found), outputs.digests(again)
        if each != second:
            facts["noise"] = outputs.keep(again, second, job["outputs"])
        facts["rows"] = kept_rows
        facts["methods"] = methods
        facts["notes"] = [errors.scrub(note, job) for note in notes]
        facts["tasks"] = {name: probe_model.task_of(part) for name, part in parts}
        kept = outputs.keep(found, each, job["outputs"])
        return dict(record.end("ok", stage="done", outputs=each, kept=kept, **facts))
    except Exception as error:
        return dict(record.failed(error))


def answer_as_reader(item: Dict[str, Any], job: Dict[str, Any], code: Any) -> Dict[str, Any]:
    """Load a model somewhere else and give it the rows that its writer answered.

    Parameters
    ----------
    item
        Path, digest and format of the file; rows and methods as the writer's outcome has them; in
        ``resave`` paths to save the loaded model to, by format.
    job
        The job: where outputs and states are kept, and what is scrubbed from texts.
    code
        The user's code.

    Returns
    -------
    dict
        The outcome; of any exception of the libraries, too.

    Raises
    ------
    Stopped
        The disk cannot be written.
    """
    record = Record(item, job)
    try:
        model = _load_verified(item, record, code, False)
        kind = load_ways.kind_of(item["format"])
        rows = {name: _read_rows(known, job) for name, known in item["rows"].items()}
        # before it is asked, which may leave something in it; saving changes models of Keras
        resaved = _resave(model, item, job) if kind == "object" else {}
        found = record.run("predict", lambda: probe_model.ask_all(model, rows, item["methods"]))
        each = outputs.digests(found)
        kept = outputs.keep(found, each, job["outputs"])
        described = fitted_state.keep(model, kind, job["states"])
        resaved = resaved or _resave(model, item, job)
        return dict(
            record.end(
                "ok", stage="done", outputs=each, kept=kept, state=described, resaved=resaved
            )
        )
    except Exception as error:
        return dict(record.failed(error))


def _resave(model: Any, item: Dict[str, Any], job: Dict[str, Any]) -> Dict[str, str]:
    """Save a loaded model in the ways that are asked for; give ``ok`` or why not by way."""
    found: Dict[str, str] = {}
    for way, target in sorted(item.get("resave", {}).items()):
        try:
            load_ways.save(way, model, target)
            found[way] = "ok"
        except Exception as error:  # a format that does not take this model is no way through
            errors.guard(error)
            found[way] = texts.shortened(
                errors.scrub(type(error).__name__ + ": " + str(error), job), 300
            )
    return found


def refit(item: Dict[str, Any], job: Dict[str, Any], code: Any) -> Dict[str, Any]:
    """Fit a model anew from its parameters, and ask it: that is how a user would retrain it here.

    Parameters
    ----------
    item
        Path, digest and format of the file; rows to fit on, and the name of the recorded answers
        that serve as labels.
    job
        The job: where outputs are kept, and what is scrubbed from texts.
    code
        The user's code.

    Returns
    -------
    dict
        The outcome; of any exception of the libraries, too.

    Raises
    ------
    Stopped
        The disk cannot be written.
    """
    record = Record(item, job)
    try:
        model = load_ways.new_from_parameters(_load_verified(item, record, code, False))
        rows = _read_rows(item["rows"], job)
        labels = _recorded_labels(job, item["labels"])
        value = rows.value()
        if labels is None:
            record.run("fit", lambda: model.fit(value))
        else:
            record.run("fit", lambda: model.fit(value, labels))
        wanted = {"": item["methods"]}
        found = record.run("predict", lambda: probe_model.ask_all(model, {"": rows}, wanted))
        each = outputs.digests(found)
        kept = outputs.keep(found, each, job["outputs"])
        return dict(record.end("ok", stage="done", outputs=each, kept=kept))
    except Exception as error:
        return dict(record.failed(error))


def _recorded_labels(job: Dict[str, Any], kept: str) -> Any:
    """Read the recorded predictions that serve as labels; None where a model has none."""
    if not kept:
        return None
    with np.load(os.path.join(job["outputs"], kept + ".npz"), allow_pickle=False) as held:
        return held["predict"] if "predict" in held.files else None
