"""An Atom feed of regressions: one entry for each run that found cells to fail or drift that did not before."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from crossload.safe import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

FEED_NAME = "regressions.atom"

_NAMESPACE = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """The regressions of one run."""

    run: str
    when: datetime
    headline: str
    """Such as ``3 new failures, 1 newly drifting``."""
    lines: tuple[str, ...]


def render_feed(name: str, title: str, entries: Sequence[Entry], when: datetime) -> str:
    """The feed as XML, newest entry first; ``when`` is the time of the newest run, be there an entry for it or not."""
    top = ET.Element("feed", xmlns=_NAMESPACE)

    def add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
        made = ET.SubElement(parent, tag, attributes)
        made.text = printable(text, keep="\n") or None
        return made

    add(top, "id", _id(name))
    add(top, "title", f"{title}: regressions")
    add(top, "updated", _time(when))
    add(add(top, "author"), "name", "crossload")
    add(top, "link", rel="alternate", href="index.html")
    for each in entries:
        entry = add(top, "entry")
        add(entry, "id", _id(f"{name} {each.run}"))
        add(entry, "title", f"{name}: {each.headline}")
        add(entry, "updated", _time(each.when))
        add(entry, "link", rel="alternate", href="index.html#only=changes")
        add(entry, "content", "\n".join(each.lines), type="text")
    ET.indent(top)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(top, encoding="unicode") + "\n"


def _id(text: str) -> str:
    """The same for the same run, wherever the feed is published."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"crossload {text}").urn


def _time(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
