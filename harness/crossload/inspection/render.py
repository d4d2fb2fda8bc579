"""An inspection in words, and as JSON.  Everything in it comes from a file that nobody trusts."""

from __future__ import annotations

from dataclasses import asdict
from textwrap import fill
from typing import TYPE_CHECKING, Any

from crossload.inspection.facts import Certainty, Danger
from crossload.safe import cut, printable

if TYPE_CHECKING:
    from crossload.inspection.facts import Inspection

SCHEMA_VERSION = 1

_KINDS = (
    (Danger.DANGEROUS, None, "DANGEROUS: loading would call"),
    (Danger.UNKNOWN, True, "loading calls or makes, not known to be harmless:"),
    (Danger.UNKNOWN, False, "loading imports, not known to be harmless:"),
)

_MOST = 12
"""Names and features that are listed."""


def to_text(found: Inspection, *, width: int = 80) -> str:
    """What an inspection says, for people; no line is longer than the width."""
    packed = f", packed with {found.compression}" if found.compression else ""
    protocol = f", pickle protocol {found.protocol}" if found.protocol is not None else ""
    lines = [f"{found.path}: {found.format}{packed}{protocol}, {_bytes(found.size)}"]
    for each in found.written:
        sure = "" if each.sure is Certainty.RECORDED else " (not recorded; a bound)"
        lines.append(
            f"  written by {each.package} {each.version or 'of an unknown version'}{sure}: {each.how}"
        )
    if not any(each.sure is Certainty.RECORDED for each in found.written):
        lines.append("  no version of the library that wrote it is recorded")
    if found.classes:
        lines.append(
            "  holds "
            + ", ".join(
                f"{name} x {n}" if n > 1 else name
                for name, n in list(found.classes.items())[:_MOST]
            )
        )
    if found.features is not None:
        names = f": {', '.join(found.feature_names[:_MOST])}" if found.feature_names else ""
        more = ", ..." if len(found.feature_names) > _MOST else ""
        lines.append(f"  fitted on {found.features} features{names}{more}")
    if found.labels:
        lines.append(
            f"  classes: {', '.join(found.labels[:_MOST])}{', ...' if len(found.labels) > _MOST else ''}"
        )
    lines += [f"  NOTE {note}" for note in found.notes]
    for danger, called, told in _KINDS:
        listed = [
            cut(each.text, 120)
            for each in found.names
            if each.danger is danger and (called is None or each.called is called)
        ]
        if listed:
            lines.append(
                f"  {told} {', '.join(listed[:_MOST])}{f' and {len(listed) - _MOST} more (--json lists all)' if len(listed) > _MOST else ''}"
            )
    if found.names and all(each.danger is Danger.KNOWN for each in found.names):
        lines.append(
            f"  {len(found.names)} name{'' if len(found.names) == 1 else 's'} that loading imports, all of them such as models hold"
        )
    return "\n".join(
        fill(cut(printable(line), 2000), width, subsequent_indent="      ", break_on_hyphens=False)
        for line in lines
    )


def to_dict(found: Inspection) -> dict[str, Any]:
    """The same for programs."""
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
    return (
        f"{size / 1e6:.1f} MB"
        if size >= 1e6
        else f"{size / 1e3:.1f} kB"
        if size >= 1e3
        else f"{size} bytes"
    )
