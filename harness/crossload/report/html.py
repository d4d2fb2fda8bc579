"""The page of a view: one HTML file with everything in it, which asks no network and can be read without script."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from crossload.report.labels import literal_of, short_labels, versions_shown
from crossload.report.page_data import pack
from crossload.report.pair_details import MOST_SQUARES, failures_by_pair, squares_of
from crossload.report.view_types import compatibility
from crossload.safe import cut, printable

if TYPE_CHECKING:
    from crossload.report.view import View

_SCRIPTS = (
    "data.js",
    "state.js",
    "select.js",
    "map.js",
    "words.js",
    "parts.js",
    "detail.js",
    "main.js",
)
"""In the order in which they are put together."""


def _printable(value: object) -> object:
    """Untrusted text as it may stand in a page, before it is escaped."""
    if isinstance(value, Markup):
        return value  # what a macro made, of values that came through here before
    return printable(value, keep="\n") if isinstance(value, str) else value


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


def _source(name: str) -> str:
    loader = _templates().loader
    assert loader is not None
    return loader.get_source(_templates(), name)[0]


def _allowed(text: str) -> str:
    """What a Content-Security-Policy calls a text that may run or style: nothing that data smuggles in has this digest."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def script() -> str:
    """The script of every page."""
    parts = "\n".join(_source(name) for name in _SCRIPTS)
    return f'"use strict";\n(function () {{\n{parts}\n}})();\n'


def render_page(name: str, **values: Any) -> str:
    """A template with the style of all pages."""
    style = _source("page.css")
    return (
        _templates()
        .get_template(name)
        .render(style=Markup(style), style_digest=_allowed(style), **values)
    )  # noqa: S704 - ours


def render_html(view: View) -> str:
    """The page of a view as text."""
    ids = [facts.id for facts in view.environments]
    return render_page(
        "matrix.html",
        view=view,
        ids=ids,
        labels=short_labels(ids, squeeze=False),
        versions_shown=versions_shown,
        compatibility=compatibility,
        cut=cut,
        literal_of=literal_of,
        grids=squares_of(view),
        most_squares=MOST_SQUARES,
        pairs=failures_by_pair(view),
        data=Markup(pack(view)),  # noqa: S704 - base64
        script=Markup(script()),  # noqa: S704 - ours
        script_digest=_allowed(script()),
    )
