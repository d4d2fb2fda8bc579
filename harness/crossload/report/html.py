"""The page of a view: one HTML file with everything in it.

It asks no network and can be read without script.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from crossload.report.labels import literal_of, short_labels, versions_shown
from crossload.report.page_data import pack_page_data
from crossload.report.pair_details import MOST_SQUARES, failures_by_pair, squares_of
from crossload.report.view_types import compatibility
from crossload.safe import cut, printable, web_address

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
"""Files of the script, in the order in which they are put together."""


def _printable(value: object) -> object:
    """Clean untrusted text before it is escaped."""
    if isinstance(value, Markup):
        return value  # a macro made it, of values that came through here before
    return printable(value, keep="\n") if isinstance(value, str) else value


@cache
def _templates() -> Environment:
    # StrictUndefined: a misspelled name would leave an empty place in a published page; autoescape
    # is off by default (https://jinja.palletsprojects.com/en/stable/api/#autoescaping)
    return Environment(
        loader=PackageLoader("crossload.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )


def _source(name: str) -> str:
    # through the loader, so that scripts and styles are found in a zipped package too
    loader = _templates().loader
    assert loader is not None
    return loader.get_source(_templates(), name)[0]


def _allowed(text: str) -> str:
    """Give the source by which a Content-Security-Policy allows a text to run or to style.

    Texts of outcomes are untrusted: a script or style that slips through the escaping does not have
    this digest, and the browser ignores it
    (https://developer.mozilla.org/en-US/docs/Web/HTTP/Headers/Content-Security-Policy/script-src).
    """
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def script() -> str:
    """Give the script of every page: one function around all files, which so share their names."""
    parts = "\n".join(_source(name) for name in _SCRIPTS)
    return f'"use strict";\n(function () {{\n{parts}\n}})();\n'


def render_page(name: str, **values: Any) -> str:
    """Render a template with the style of all pages.

    Parameters
    ----------
    name
        File name of the template, in ``templates/``.
    values
        Values that the template uses; it fails if one is missing.
    """
    style = _source("page.css")
    # not escaped, because the text must have the digest that is allowed; it is our own
    styled = {"style": Markup(style), "style_digest": _allowed(style)}  # noqa: S704 - ours
    return _templates().get_template(name).render(**styled, **values)


def render_html(view: View) -> str:
    """Render the page of a view as HTML."""
    ids = [facts.id for facts in view.environments]
    return render_page(
        "matrix.html",
        view=view,
        ids=ids,
        labels=short_labels(ids, squeeze=False),
        versions_shown=versions_shown,
        web_address=web_address,
        compatibility=compatibility,
        cut=cut,
        literal_of=literal_of,
        grids=squares_of(view),
        most_squares=MOST_SQUARES,
        pairs=failures_by_pair(view),
        data=Markup(pack_page_data(view)),  # noqa: S704 - base64
        script=Markup(script()),  # noqa: S704 - ours
        script_digest=_allowed(script()),
    )
