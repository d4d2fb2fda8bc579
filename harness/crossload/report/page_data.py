"""The data of a page: everything that a cell can show, packed so that 300,000 cells open at once.

What many cells share (judgements, texts, artifacts) is laid out once as JSON; each cell is a number in each of some columns of
fixed width.  Both together are one zlib stream as base64: ``uint32 length of the JSON, JSON, columns``, little endian.
"""

from __future__ import annotations

import base64
import json
import math
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.report.changes import KINDS
from crossload.report.labels import short_labels
from crossload.safe import cut, printable
from crossload.verdict import GAPS, Verdict
from crossload.verdict.reasons import allowed_change, metric_drifts

if TYPE_CHECKING:
    from collections.abc import Hashable

    from crossload.config import Tolerance
    from crossload.report.view import View
    from crossload.verdict import Distance, Finding, Judgement

LAST_LINES = 6
"""Lines of a traceback that a page shows."""

_MOST = 1200
"""Signs of one text; what is longer is cut where it says least: a traceback at its beginning, other texts at their end."""

_UNKNOWN = 255


def pack(view: View) -> str:
    """Everything that a page needs beside what stands in its HTML."""
    known, columns = _clean(tables(view)), columns_of(view)
    places, offset = {}, 0
    for name, column in columns.items():
        places[name] = [column.dtype.name, offset]
        offset += column.nbytes
    text = json.dumps(known | {"columns": places}, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-(len(text) + 4) % 8)
    raw = (
        len(text).to_bytes(4, "little")
        + text
        + b"".join(column.tobytes() for column in columns.values())
    )
    return base64.b64encode(zlib.compress(raw, 6)).decode()


def _clean(value: Any) -> Any:
    """The same with every text as it may stand in a page: all of it may come from pinned processes."""
    if isinstance(value, str):
        return printable(value, keep="\n")
    if isinstance(value, dict):
        return {_clean(name): _clean(each) for name, each in value.items()}
    return [_clean(each) for each in value] if isinstance(value, list) else value


def columns_of(view: View) -> dict[str, np.ndarray[Any, Any]]:
    """One number a cell in each column; wide ones first, so that each begins where its type may begin."""
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
    for name in ("load", "predict"):  # four digits are enough, and zeros are packed well
        bits = found[name].view("<u4") & np.uint32(0xFFFFF000)
        found[name] = bits.view("<f4")
    changed = np.zeros(len(rows), dtype="u1")
    for kind, cells in view.changes.items():
        changed[cells] = KINDS.index(kind) + 1
    found["change"] = changed
    for number, past in enumerate(view.past):
        found[f"past{number}"] = np.where(past.verdicts < 0, _UNKNOWN, past.verdicts).astype("u1")
    return found


def tables(view: View) -> dict[str, Any]:
    """What cells refer to by number."""
    rows = view.rows
    labels = short_labels([facts.id for facts in view.environments], squeeze=False)
    known, metrics, texts = _Once(), _Once(), _texts(view)
    first_case: dict[int, str] = {}
    for case, kind in zip(rows.case.tolist(), rows.kind.tolist(), strict=True):
        first_case.setdefault(kind, rows.cases[case].name)
    kinds = [
        _kind(judged, finding, view.tolerances.get(first_case.get(number, "")), known, metrics)
        for number, (judged, finding) in enumerate(zip(rows.judgements, rows.findings, strict=True))
    ]
    return {
        "name": view.name,
        "cells": len(rows),
        "judgedAgainst": view.judged_against,
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
                "failure": _text(facts.failure),
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
        "artifacts": [[sha[:16], size] for sha, size in rows.artifacts],
        **texts,
        "past": [f"{past.when:%Y-%m-%d %H:%M}" for past in view.past],
    }


class _Once:
    """Values by number, equal ones once."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[Hashable, int] = {}

    def number(self, value: Any) -> int:
        key = json.dumps(value)
        found = self._numbers.setdefault(key, len(self.values))
        if found == len(self.values):
            self.values.append(value)
        return found


def _kind(
    judged: Judgement, finding: Finding, tolerance: Tolerance | None, known: _Once, metrics: _Once
) -> dict[str, Any]:
    """A judgement with its finding; what is empty is left out."""
    expectation = finding.expectation
    found = {
        "verdict": list(Verdict).index(judged.verdict),
        "reason": _text(judged.reason),
        "warned": [_text(each) for each in judged.warned],
        "surprise": finding.surprise.value,
        "unexpected": finding.unexpected,
        "known": None
        if expectation is None
        else known.number([_text(expectation.reason), _link(expectation.link), expectation.name]),
        "metrics": metrics.number(_metrics(judged, tolerance)) if judged.before else None,
        "worst": judged.worst_metric,
        "excess": _number(judged.worst_excess) if judged.worst_metric else None,
        "distances": {name: _distance(each) for name, each in judged.distances.items()},
        "confusion": [list(judged.classes), *judged.confusion] if judged.confusion else None,
        "changed": judged.changed_labels,
        "state": judged.state if judged.verdict.measured and judged.before else "",
        "optimizer": judged.optimizer,
        "resumes": _text(judged.resumes),
        "lost": _text(judged.lost),
        "noise": _number(judged.noise),
        "gap": None if math.isnan(judged.gap) else _number(judged.gap),
        "witnesses": list(judged.witnesses),
    }
    return {
        name: value
        for name, value in found.items()
        if value or (value == 0 and name in ("verdict", "metrics", "known"))
    }


def _metrics(judged: Judgement, tolerance: Tolerance | None) -> list[list[Any]]:
    """[name, before, after, drift, allowed, moved] of each metric; moved: 0 not at all, 1 within tolerance, 2 too far."""
    nan = float("nan")
    allowed = 0.0 if tolerance is None else tolerance.metric or 0.0
    moved = {
        each.name: 1 + (each.excess > 1)
        for each in metric_drifts(judged.before, judged.after, allowed)
    }
    found = []
    for name in dict.fromkeys((*judged.before, *judged.after)):
        before, after = judged.before.get(name, nan), judged.after.get(name, nan)
        numbers = (before, after, after - before, allowed_change(name, before, allowed))
        found.append([name, *map(_number, numbers), moved.get(name, 0)])
    return found


def _distance(each: Distance) -> list[Any]:
    """[max, mean, median, 99 %, largest relative, changed, size, form, quantiles, exact]."""
    numbers = (each.max_abs, each.mean_abs, each.median_abs, each.p99_abs, each.max_rel)
    quantiles = [float(f"{value:.3g}") for value in each.quantiles]
    return [
        *map(_number, numbers),
        each.changed,
        each.size,
        _text(each.form),
        quantiles,
        each.exact,
    ]


def _texts(view: View) -> dict[str, Any]:
    """Last lines of tracebacks and warnings, each once; a text is [traceback, [warnings]]."""
    tails, warnings = _Once(), _Once()
    found = []
    for traceback, said in view.rows.texts:
        lines = traceback.strip().splitlines()[-LAST_LINES:]
        tail = "\n".join(lines)
        tail = tail if len(tail) <= _MOST else "… " + tail[-_MOST:]
        found.append([tails.number(tail), [warnings.number(_text(each)) for each in said]])
    return {"tails": tails.values, "warnings": warnings.values, "texts": found}


def _text(text: str) -> str:
    return cut(text, _MOST)


def _link(link: str) -> str:
    """An address that may be followed: nothing but the web."""
    return link if link.startswith(("https://", "http://")) else ""


def _atol(tolerance: Tolerance | None) -> float:
    return 0.0 if tolerance is None else tolerance.atol or 0.0


def _number(value: float) -> float | str | None:
    """JSON knows neither infinity nor NaN; nine digits are more than anybody reads."""
    if math.isnan(value):
        return None
    return float(f"{value:.9g}") if math.isfinite(value) else ("inf" if value > 0 else "-inf")
