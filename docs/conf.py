"""Configure Sphinx, which builds the manual: ``nox -s docs``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.util import logging

from crossload.config import json_schema
from crossload.report.parquet import COLUMNS
from crossload.version import __version__

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

project, author, version = "crossload", "the crossload developers", __version__
project_copyright = "the crossload developers, BSD-3-Clause"
highlight_language = "none"
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "crossload.sphinx",
    "sphinx_argparse_cli",
]
napoleon_google_docstring = False
default_role = "code"
exclude_patterns = ["_build", "_generated"]
html_theme = "furo"
html_title = f"crossload {version}"
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
nitpicky = True
# signatures name types of other libraries and of rooms that are not public;
# links of pages stay strict
nitpick_ignore_regex = [("py:.*", ".*")]

_OUTSIDE = re.compile(r"\[([^\]]+)\]\((?:\.\./)([^)\s]+)\)")
"""Links out of docs/, which GitHub follows and a manual cannot."""


def _name_files(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace links to files of the repository by their names.

    A link that leads nowhere is a warning, which ends the build.
    """

    def named(found: re.Match[str]) -> str:
        text, path = found.groups()
        if not (ROOT / path.split("#")[0]).exists():
            logging.getLogger(__name__).warning("%s: no file %s in the repository", docname, path)
        plain = text.strip("`")
        return (
            f"`{path}`"
            if plain in (path, path.rstrip("/"))
            else f"{text} (`{path}` in the repository)"
        )

    source[0] = _OUTSIDE.sub(named, source[0])


def _keys(schema: dict[str, Any], path: str) -> list[tuple[str, str]]:
    """List (key, meaning) of everything that a matrix file may say."""
    found = []
    for name, each in schema.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        found.append((here, each.get("description", "")))
        inner = each.get("additionalProperties")
        if isinstance(inner, dict):
            found += _keys(inner, f"{here}.NAME")
        if each.get("type") == "array":
            found += _keys(each.get("items", {}), f"{here}[]")
        found += _keys(each, here)
    return found


def _generate(app: Sphinx) -> None:
    """Write the parts of the reference that are generated from the program."""
    del app
    folder = HERE / "_generated"
    folder.mkdir(exist_ok=True)
    tables = {
        "keys.md": ("key", _keys(json_schema(), "")),
        "columns.md": ("column", list(COLUMNS.items())),
    }
    for name, (heading, rows) in tables.items():
        lines = [
            f"| {heading} | meaning |",
            "| --- | --- |",
            *(f"| `{key}` | {text} |" for key, text in rows),
        ]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Connect both to Sphinx, which calls this function."""
    app.connect("builder-inited", _generate)
    app.connect("source-read", _name_files)
