"""The HTML page of a view: one file, no script, no network."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from crossload.report.view import View, short_labels, versions_shown


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("crossload.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_html(view: View) -> str:
    """The page as text."""
    ids = [facts.id for facts in view.environments]
    return _templates().get_template("matrix.html").render(
        view=view, ids=ids, labels=short_labels(ids), versions_shown=versions_shown
    )
