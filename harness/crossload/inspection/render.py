"""Writes an inspection in words, and as JSON.

Everything in it comes from a file that nobody trusts: texts are cut, and control characters, which
could forge lines or command a terminal, are taken out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from crossload.inspection.facts import Certainty, Danger, Kind
from crossload.safe import cut, filled, printable

if TYPE_CHECKING:
    from crossload.inspection.facts import ImportedName, Inspection

SCHEMA_VERSION = 2

_PHRASES = (
    (Danger.DANGEROUS, Kind.IMPORT, None, "DANGEROUS: loading would call"),
    (Danger.DANGEROUS, Kind.CODE, None, "DANGEROUS: loading would run code that it carries:"),
    (Danger.DANGEROUS, Kind.OPERATION, None, "DANGEROUS: its graph has the operations"),
    (Danger.DANGEROUS, Kind.PATH, None, "DANGEROUS: loading would open"),
    (Danger.UNKNOWN, Kind.IMPORT, True, "loading calls or makes, not known to be harmless:"),
    (Danger.UNKNOWN, Kind.IMPORT, False, "loading imports, not known to be harmless:"),
    (Danger.UNKNOWN, Kind.CODE, None, "it carries code, not known to be harmless:"),
    (Danger.UNKNOWN, Kind.OPERATION, None, "operations of its graph, not known to be harmless:"),
    (Danger.UNKNOWN, Kind.PATH, None, "loading would open:"),
)
"""A danger, a kind, whether the name is called (None for either), and what a list of these says."""

_COUNTED = {
    Kind.IMPORT: ("name", "that loading imports"),
    Kind.CODE: ("piece", "of code"),
    Kind.OPERATION: ("operation", "of its graph"),
    Kind.PATH: ("path", "that loading opens"),
}
"""The words that count names which are known to be harmless, by their kind."""

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
    texts = [cut(printable(line), 2000) for line in lines]
    return "\n".join(filled(text, width, further="      ") for text in texts)


def described(name: ImportedName) -> str:
    """Write one name as people read it, with the reason why it is not known to be harmless.

    An import is ``module.name``; code, operations and paths are named with the part of the file
    that has them.  Control characters are left in: `to_text` and messages take them out.
    """
    text = (
        name.text.lstrip(".")
        # of what has no module words stand in its place
        if name.kind is Kind.IMPORT and " " not in name.module
        else f"{name.name} in {name.module}"
        if name.module
        else name.name
    )
    return cut(text, 120) + (f" ({cut(name.why, 120)})" if name.why else "")


def _name_lines(found: Inspection) -> list[str]:
    lines = []
    for danger, kind, called, phrase in _PHRASES:
        listed = [
            described(each)
            for each in found.names
            if (each.danger, each.kind) == (danger, kind) and called in (None, each.called)
        ]
        if listed:
            left = len(listed) - _MOST
            more = f" and {left} more (--json lists all)" if left > 0 else ""
            lines.append(f"  {phrase} {', '.join(listed[:_MOST])}{more}")
    if found.names and all(each.danger is Danger.KNOWN for each in found.names):
        counts = Counter(each.kind for each in found.names)
        parts = [
            f"{counts[kind]} {noun}{'' if counts[kind] == 1 else 's'} {what}"
            for kind, (noun, what) in _COUNTED.items()
            if counts[kind]
        ]
        lines.append(f"  {', '.join(parts)}, all of them such as models hold")
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
    # where a private copy was read is nobody's business
    for name in ("place", "sha256"):
        del known[name]
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
                "kind": each.kind.value,
                "why": each.why,
            }
            for each in found.names
        ],
        "dangerous": bool(found.dangerous),
    }


def _bytes(size: int) -> str:
    if size >= 1e6:
        return f"{size / 1e6:.1f} MB"
    return f"{size / 1e3:.1f} kB" if size >= 1e3 else f"{size} bytes"
