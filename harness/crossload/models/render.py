"""An answer in words, for terminals, and as JSON, for programs.

Much of it comes from files that nobody trusts: it is made printable here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from crossload.models.result import Answer, changes_of
from crossload.safe import cut, filled, printable
from crossload.verdict import Verdict
from crossload.verdict.reasons import plain_number

if TYPE_CHECKING:
    from crossload.models.result import Result
    from crossload.verdict import Judgement

SCHEMA_VERSION = 1
"""Version of the JSON of `to_dict`."""

_MOST_PACKAGES = 8
"""Packages in the line `differs`; a lock may change hundreds."""

_METRICS = (
    "accuracy",
    "precision",
    "recall",
    "f1",
    "log_loss",
    "roc_auc",
    "tp",
    "fp",
    "fn",
    "tn",
    "r2",
    "mae",
    "rmse",
    "max_error",
)
_BEGINNINGS = {
    Verdict.LOAD_ERROR: "loading raises",
    Verdict.PREDICT_ERROR: "it loads, but predicting raises",
    Verdict.CRASH: "the process dies:",
    Verdict.TIMEOUT: "loading does not end:",
    Verdict.MEMORY: "it outgrows the memory limit:",
    Verdict.DRIFT: "it loads, and answers otherwise:",
    Verdict.UNSTABLE: "it cannot be compared:",
}
"""Words before the reason of a verdict."""

_STATES = {
    "equal": "every value in the file was loaded as it was: "
    "the library computes otherwise, or no longer reads some of them",
    "differs": "stored values differ: the model itself was changed by loading",
    "layout": "it holds other arrays than before",
}


def headline(result: Result) -> str:
    """Give the answer, the file and the upgrade in one line of at most 300 characters."""
    upgrade = f": {result.upgrade}" if result.upgrade else ""
    return cut(printable(f"{result.answer}  {result.path}{upgrade}"), 300)


def reason_of(result: Result, most: int = 220) -> str:
    """Give the reason in one sentence of at most ``most`` characters."""
    judgement = result.judgement
    if judgement is None:
        return cut(result.reason, most)
    if judgement.verdict.passes:
        return (
            "every answer is bit-equal"
            if judgement.verdict is Verdict.IDENTICAL
            else cut(f"within tolerance: {result.reason}", most)
        )
    beginning = _BEGINNINGS.get(judgement.verdict, f"{judgement.verdict.word}:")
    return cut(f"{beginning} {result.reason}", most)


def to_text(result: Result, *, width: int = 80) -> str:
    """Give the answer, and below it the evidence.

    Parameters
    ----------
    result
        The answer for one model.
    width
        No line is longer, in characters.
    """
    # a known cause says more than the rest of a long message
    short = 130 if result.cause is not None else 220
    rows = (
        [("", reason_of(result, short))]
        if result.judgement is not None or result.reason != result.upgrade
        else []
    )
    if result.cause is not None:
        link = f" ({result.cause.link})" if result.cause.link else ""
        rows.append(("cause", result.cause.why + link))
        rows += [("remedy", result.cause.do)] if result.cause.do else []
    if result.hint:
        rows.append(("try", result.hint))
    elif result.cause is None and result.answer in (Answer.BREAKS, Answer.DRIFT):
        rows.append(
            (
                "next",
                "the cause is not known: crossload bisect names the release, blame the package, "
                "route a way through",
            )
        )
    rows += [("warned", text) for text in _warned(result.warnings)]
    judgement = result.judgement
    if judgement is not None and judgement.before:
        rows.append(("metrics", _metrics(judgement)))
    if result.asked and (judgement is None or judgement.verdict is not Verdict.LOAD_ERROR):
        lack = "" if result.labels else "; no labels, so no metrics (--data with --target)"
        rows.append(("asked", result.asked + lack))
    if (
        judgement is not None
        and judgement.verdict is Verdict.DRIFT
        and judgement.state != "unknown"
    ):
        rows.append(("state", _STATES[judgement.state]))
    if (
        result.writer is not None
        and result.reader is not None
        and changes_of(result.writer, result.reader)
    ):
        origin = f"as {result.source} says"
        if result.recorded:
            origin = f"{result.source} says {result.recorded}; "
            origin += f"the rest is of that time, {result.writer.as_of}"
        rows.append(("written", f"{result.writer.description} ({origin})"))
        rows.append(("loaded", f"{result.reader.description} (as of {result.reader.as_of})"))
        rows.append(("differs", _differs(result)))
    rows += [
        ("also", f"loaded as {each.way}: {each.answer}{f', {each.reason}' if each.reason else ''}")
        for each in result.other_ways
    ]
    rows += [("note", note) for note in result.notes]
    lines = [filled(headline(result), width, further="    ")]
    for name, text in rows:
        first = f"  {name:<8} " if name else "  "
        # one long message must not hide the rest
        cleaned = cut(" ".join(printable(text).split()), 600)
        indent = " " * (11 if name else 2)
        lines.append(filled(cleaned, width, first=first, further=indent))
    return "\n".join(lines)


def _warned(warnings: list[dict[str, Any]]) -> list[str]:
    """Give a line for each category of warnings, with their number and the first text."""
    found = []
    for category in dict.fromkeys(str(each["category"]) for each in warnings):
        members = [each for each in warnings if each["category"] == category]
        count = sum(each["count"] for each in members)
        times = f" ({count} times)" if count > 1 else ""
        found.append(f"{category}{times}: {cut(str(members[0]['text']), 160)}")
    return found


def _metrics(judgement: Judgement) -> str:
    """Give each metric before and after, and once where both are equal."""
    # the usual ones first; those of single classes, "recall[cat]", are too many for a terminal
    names = [name for name in _METRICS if name in judgement.before]
    names += [name for name in judgement.before if name not in names and "[" not in name]
    after = judgement.after or judgement.before
    parts = []
    for name in names:
        first, then = judgement.before[name], after.get(name, float("nan"))
        # a metric that is not defined is NaN, which is not equal to itself
        same = first == then or (np.isnan(first) and np.isnan(then))
        parts.append(
            f"{name} {_number(first)}" if same else f"{name} {_number(first)} -> {_number(then)}"
        )
    return ", ".join(parts) or "none for this kind of model"


def _number(value: float) -> str:
    """Give four decimals of what lies between -1 and 1, as most metrics do, else a plain number."""
    return (
        "none"
        if np.isnan(value)
        else f"{value:.4f}".rstrip("0").rstrip(".")
        if abs(value) < 1
        else plain_number(value)
    )


def _differs(result: Result) -> str:
    assert result.writer is not None
    assert result.reader is not None
    changes = changes_of(result.writer, result.reader)
    if not changes:
        return "nothing: both environments are the same"
    # what both have comes first: that is where causes are found
    ordered = sorted(changes.items(), key=lambda each: not all(each[1]))
    parts = [
        f"{name} {before or 'absent'} -> {after or 'absent'}" for name, (before, after) in ordered
    ]
    more = f" and {len(parts) - _MOST_PACKAGES} more" if len(parts) > _MOST_PACKAGES else ""
    return ", ".join(parts[:_MOST_PACKAGES]) + more


def to_dict(result: Result) -> dict[str, Any]:
    """Give the answer for programs, as values that JSON can hold.

    Texts are as they were recorded, with all control characters: whoever prints them escapes them.
    """
    judgement = result.judgement
    found: dict[str, Any] = {
        "schema": SCHEMA_VERSION,
        "path": str(result.path),
        "answer": str(result.answer),
        "safe": result.safe,
        "verdict": result.verdict,
        "reason": reason_of(result, 2000),
        "upgrade": result.upgrade,
        "way": result.way,
        "asked": result.asked,
        "labels": result.labels,
        "warnings": result.warnings,
        "notes": result.notes,
        "hint": result.hint,
        "traceback": result.traceback,
        "seconds": round(result.seconds, 3),
        "other_ways": [
            {"way": each.way, "answer": str(each.answer), "reason": each.reason}
            for each in result.other_ways
        ],
    }
    if result.cause is not None:
        found["advice"] = {
            "id": result.cause.id,
            "cause": result.cause.why,
            "remedy": result.cause.do,
            "link": result.cause.link,
        }
    for name, side in (("writer", result.writer), ("reader", result.reader)):
        if side is not None:
            found[name] = {"python": side.python, "as_of": side.as_of, "packages": side.packages}
    if judgement is not None:
        found["metrics"] = {
            name: {
                "before": _plain(judgement.before[name]),
                "after": _plain((judgement.after or judgement.before).get(name)),
            }
            for name in judgement.before
        }
        found["max_abs"] = _plain(judgement.max_abs)
        found["changed_labels"] = judgement.changed_labels
        found["state"] = judgement.state
    return found


def _plain(value: float | None) -> float | str | None:
    """Give a number as JSON can hold it, which has no infinities and no NaN."""
    if value is None or np.isnan(value):
        return None
    return value if np.isfinite(value) else str(value)


def summary(results: list[Result]) -> str:
    """Say how many models got which answer, the worst first."""
    counts = {answer: sum(each.answer is answer for each in results) for answer in Answer}
    ordered = sorted(counts.items(), key=lambda each: -each[0].severity)
    return f"{len(results)} model{'' if len(results) == 1 else 's'}: " + ", ".join(
        f"{count} {answer}" for answer, count in ordered if count
    )
