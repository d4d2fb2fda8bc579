"""The HTML page of a view: one file, no script, no network."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from crossload.report.labels import short_labels, versions_shown
from crossload.report.model import compatibility

if TYPE_CHECKING:
    from crossload.report.view import View


def _printable(value: object) -> object:
    """Untrusted text without control characters and marks that turn the writing direction."""
    if isinstance(value, Markup):
        return value  # what a macro made, of values that came through here before
    if isinstance(value, str):
        return "".join(char if char.isprintable() or char == "\n" else " " for char in value)
    return value


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("crossload.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )


def render_html(view: View) -> str:
    """The page as text."""
    ids = [facts.id for facts in view.environments]
    return (
        _templates()
        .get_template("matrix.html")
        .render(view=view, ids=ids, labels=short_labels(ids), versions_shown=versions_shown, compatibility=compatibility)
    )
