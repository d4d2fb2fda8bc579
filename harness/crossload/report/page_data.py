"""The data of a page: everything that a cell can show, packed so that 300,000 cells open at once.

What many cells share (judgements, texts, artifacts) is laid out once as JSON; each cell is a number
in each of some columns of fixed width.  Both together are one zlib stream as base64: ``uint32
length of the JSON, JSON, columns``, little endian.  ``templates/data.js`` unpacks it.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.report.changes import KINDS
from crossload.report.labels import short_labels
from crossload.report.page_entries import ValueTable, kind_entry, short_text, texts_of
from crossload.safe import printable
from crossload.verdict import GAPS, Verdict

if TYPE_CHECKING:
    from crossload.config import Tolerance
    from crossload.report.view import View

_UNKNOWN = 255
"""Number of a cell that an earlier run does not know; the same as in ``templates/data.js``."""


def pack_page_data(view: View) -> str:
    """Pack everything that a page needs beside what stands in its HTML.

    Returns
    -------
    str
        Base64, which holds nothing that HTML could take for markup.
    """
    known, columns = _clean(tables(view)), columns_of(view)
    places, offset = {}, 0
    for name, column in columns.items():
        places[name] = [column.dtype.name, offset]  # the names of ``TYPES`` in data.js
        offset += column.nbytes
    # allow_nan=False: Python would write NaN and Infinity, at which `JSON.parse` of browsers fails
    text = json.dumps(known | {"columns": places}, separators=(",", ":"), allow_nan=False).encode()
    # blanks: a typed array of JavaScript must begin at a multiple of the size of its numbers
    text += b" " * (-(len(text) + 4) % 8)
    raw = (
        len(text).to_bytes(4, "little")
        + text
        + b"".join(column.tobytes() for column in columns.values())
    )
    # zlib has no time in its header, as gzip has: two renderings of the same view are equal.  The
    # level is stated, so that a page is the same whatever the default is.
    return base64.b64encode(zlib.compress(raw, 6)).decode()


def _clean(value: Any) -> Any:
    """Clean every text of a value: all of it may come from pinned processes."""
    if isinstance(value, str):
        return printable(value, keep="\n")
    if isinstance(value, dict):
        return {_clean(name): _clean(each) for name, each in value.items()}
    return [_clean(each) for each in value] if isinstance(value, list) else value


def columns_of(view: View) -> dict[str, np.ndarray[Any, Any]]:
    """Lay out the columns: one number a cell in each, shape (cells,).

    Wide types come first, so that each column begins at a multiple of the size of its numbers.
    """
    rows = view.rows
    place = {facts.id: index for index, facts in enumerate(view.environments)}
    environments = np.array([place.get(name, 0) for name in rows.environments], dtype=np.uint16)
    found: dict[str, np.ndarray[Any, Any]] = {
        "kind": rows.kind.astype("<u4"),
        "text": rows.text.astype("<u4"),
        "artifact": rows.artifact.astype("<u4"),
        "load": rows.seconds[:, 0].astype("<f4"),
        "predict": rows.seconds[:, 1].astype("<f4"),
        "case": rows.case.astype("<u2"),
        "writer": environments[rows.writer],
        "reader": environments[rows.reader],
        "confirmed": rows.confirmed.astype("u1"),
    }
    for name in ("load", "predict"):
        # the last twelve bits of 23 are noise of the clock, and do not pack: four digits are enough
        bits = found[name].view("<u4") & np.uint32(0xFFFFF000)
        found[name] = bits.view("<f4")
    # zero is "not changed", so kinds are counted from one
    changed = np.zeros(len(rows), dtype="u1")
    for kind, cells in view.changes.items():
        changed[cells] = KINDS.index(kind) + 1
    found["change"] = changed
    for number, past in enumerate(view.past):
        found[f"past{number}"] = np.where(past.verdicts < 0, _UNKNOWN, past.verdicts).astype("u1")
    return found


def tables(view: View) -> dict[str, Any]:
    """Lay out what cells refer to by number, as values that JSON knows."""
    rows = view.rows
    labels = short_labels([facts.id for facts in view.environments], squeeze=False)
    known, metrics, texts = ValueTable(), ValueTable(), texts_of(view)
    # a kind with metrics is of one case only, so that any cell of it knows what was allowed
    first_case: dict[int, str] = {}
    for case, kind in zip(rows.case.tolist(), rows.kind.tolist(), strict=True):
        first_case.setdefault(kind, rows.cases[case].name)
    kinds = [
        kind_entry(judged, finding, view.tolerances.get(first_case.get(number, "")), known, metrics)
        for number, (judged, finding) in enumerate(zip(rows.judgements, rows.findings, strict=True))
    ]
    return {
        "name": view.name,
        "cells": len(rows),
        "gaps": [each.word for each in GAPS],
        "changes": list(KINDS),
        "verdicts": [
            {
                "word": v.word,
                "symbol": v.symbol,
                "passes": v.passes,
                "severity": v.severity,
                "sentence": v.sentence,
                "gap": v in GAPS,
            }
            for v in Verdict
        ],
        "environments": [
            {
                "id": facts.id,
                "label": labels[facts.id],
                "axis": facts.axis,
                "python": facts.python,
                "asOf": facts.as_of,
                "failure": short_text(facts.failure),
                "leftOut": list(facts.left_out),
                "versions": facts.versions,
            }
            for facts in view.environments
        ],
        "cases": [
            {
                "recipe": case.recipe,
                "format": case.format,
                "family": case.family,
                "atol": _atol(view.tolerances.get(case.name)),
            }
            for case in rows.cases
        ],
        "kinds": kinds,
        "metrics": metrics.values,
        "known": known.values,
        # 16 digits identify an artifact among those of a matrix, and are a quarter of the bytes
        "artifacts": [[sha[:16], size] for sha, size in rows.artifacts],
        **texts,
        "past": [f"{past.when:%Y-%m-%d %H:%M}" for past in view.past],
    }


def _atol(tolerance: Tolerance | None) -> float:
    return 0.0 if tolerance is None else tolerance.atol or 0.0
