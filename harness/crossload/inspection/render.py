"""Writes an inspection in words, and as JSON.

Everything in it comes from a file that nobody trusts: texts are cut, and control characters, which
could forge lines or command a terminal, are taken out.
"""

from __future__ import annotations

from dataclasses import asdict
from textwrap import fill
from typing import TYPE_CHECKING, Any

from crossload.inspection.facts import Certainty, Danger
from crossload.safe import cut, printable

if TYPE_CHECKING:
    from crossload.inspection.facts import Inspection

SCHEMA_VERSION = 1

_PHRASES = (
    (Danger.DANGEROUS, None, "DANGEROUS: loading would call"),
    (Danger.UNKNOWN, True, "loading calls or makes, not known to be harmless:"),
    (Danger.UNKNOWN, False, "loading imports, not known to be harmless:"),
)
"""A danger, whether the name is called (None for either), and what a list of such names says."""

_MOST = 12
"""Names and features that are listed."""


def to_text(found: Inspection, *, width: int = 80) -> str:
    """Write an inspection for people.

    Parameters
    ----------
    found
        What was found in a file.
    width
        Columns that no line is longer than.

    Returns
    -------
    str
        Lines without control characters, the first with the path and the format.
    """
    packed = f", packed with {found.compression}" if found.compression else ""
    protocol = f", pickle protocol {found.protocol}" if found.protocol is not None else ""
    lines = [f"{found.path}: {found.format}{packed}{protocol}, {_bytes(found.size)}"]
    for each in found.written:
        sure = "" if each.sure is Certainty.RECORDED else " (not recorded; a bound)"
        version = each.version or "of an unknown version"
        lines.append(f"  written by {each.package} {version}{sure}: {each.how}")
    if not any(each.sure is Certainty.RECORDED for each in found.written):
        lines.append("  no version of the library that wrote it is recorded")
    if found.classes:
        counted = list(found.classes.items())[:_MOST]
        lines.append(
            "  holds " + ", ".join(f"{name} x {n}" if n > 1 else name for name, n in counted)
        )
    if found.features is not None:
        names = f": {', '.join(found.feature_names[:_MOST])}" if found.feature_names else ""
        more = ", ..." if len(found.feature_names) > _MOST else ""
        lines.append(f"  fitted on {found.features} features{names}{more}")
    if found.labels:
        more = ", ..." if len(found.labels) > _MOST else ""
        lines.append(f"  classes: {', '.join(found.labels[:_MOST])}{more}")
    lines += [f"  NOTE {note}" for note in found.notes]
    lines += _name_lines(found)
    return "\n".join(
        fill(cut(printable(line), 2000), width, subsequent_indent="      ", break_on_hyphens=False)
        for line in lines
    )


def _name_lines(found: Inspection) -> list[str]:
    lines = []
    for danger, called, phrase in _PHRASES:
        listed = [
            cut(each.text, 120)
            for each in found.names
            if each.danger is danger and (called is None or each.called is called)
        ]
        if listed:
            left = len(listed) - _MOST
            more = f" and {left} more (--json lists all)" if left > 0 else ""
            lines.append(f"  {phrase} {', '.join(listed[:_MOST])}{more}")
    if found.names and all(each.danger is Danger.KNOWN for each in found.names):
        plural = "" if len(found.names) == 1 else "s"
        what = f"{len(found.names)} name{plural} that loading imports"
        lines.append(f"  {what}, all of them such as models hold")
    return lines


def to_dict(found: Inspection) -> dict[str, Any]:
    """Write an inspection for programs.

    Returns
    -------
    dict
        The attributes of the inspection, with ``schema``, the version of this layout, and
        ``dangerous``, whether a name is known to be so; all of it can be written as JSON.
    """
    known = asdict(found)
    return {
        "schema": SCHEMA_VERSION,
        **known,
        "path": str(found.path),
        "names": [
            {
                "module": each.module,
                "name": each.name,
                "called": each.called,
                "danger": each.danger.value,
            }
            for each in found.names
        ],
        "dangerous": bool(found.dangerous),
    }


def _bytes(size: int) -> str:
    if size >= 1e6:
        return f"{size / 1e6:.1f} MB"
    return f"{size / 1e3:.1f} kB" if size >= 1e3 else f"{size} bytes"
