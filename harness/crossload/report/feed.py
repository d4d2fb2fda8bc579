"""An Atom feed of regressions: one entry for each run that found new failures or drifts."""

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
"""Name of the file beside a published report."""

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
    """Render the feed as XML.

    Parameters
    ----------
    name, title
        Name and title of the matrix.
    entries
        Regressions of single runs, newest first.
    when
        Time of the newest run, in UTC, be there an entry for it or not: that it found nothing new
        is news too.
    """
    top = ET.Element("feed", xmlns=_NAMESPACE)

    def add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
        made = ET.SubElement(parent, tag, attributes)
        # Python writes control characters as they are, and no XML parser reads them again
        # (https://github.com/python/cpython/issues/121188)
        made.text = printable(text, keep="\n") or None
        return made

    add(top, "id", _id(name))
    add(top, "title", f"{title}: regressions")
    # id, title and updated are required of a feed and of each entry (RFC 4287, section 4.1)
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
    """Give an entry an id that stays the same wherever and whenever the feed is published.

    Readers show an entry again whose id is new (RFC 4287, section 4.2.6), so the id is drawn from
    the name of the run, and neither from the address nor by lot.
    """
    return uuid.uuid5(uuid.NAMESPACE_URL, f"crossload {text}").urn


def _time(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
