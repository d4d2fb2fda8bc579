"""The page without script: sound HTML, in which no text of outcomes is markup."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from builders_report import HOSTILE, VERDICTS, view_of

from crossload.report import (
    render_terminal,
    write_reports,
)
from crossload.report.feed import FEED_NAME
from crossload.report.html import render_html
from crossload.report.markdown import render_markdown
from crossload.verdict import Verdict


@pytest.mark.parametrize("render", [render_html, render_markdown, render_terminal])
def test_text_of_pinned_processes_is_escaped(render):
    text = render(view_of(Verdict.LOAD_ERROR, Verdict.DRIFT, reason=HOSTILE))

    assert "\x1b" not in text
    if render is not render_terminal:
        assert text.count("</script>") == (
            2 if render is render_html else 0
        )  # those of the page itself
        assert "<b>x</b>" not in text


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.cells, self.ids, self.addresses, self.headings, self.open = [], [], [], [], []
        self.in_grids, self.grid = 0, False

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "table":
            self.grid = found.get("class") == "grid"
        self.in_grids += tag == "td" and self.grid
        if tag in ("td", "th"):
            self.cells.append("")
            self.open.append(tag)
            if tag == "th":
                self.headings.append(found.get("scope"))
        if "id" in found:
            self.ids.append(found["id"])
        self.addresses += [value for key, value in attributes if key in ("src", "href")]

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.open.pop()

    def handle_data(self, data):
        if self.open:
            self.cells[-1] += data


def test_the_page_is_sound(tmp_path):
    view = view_of(*VERDICTS)
    write_reports(view, tmp_path, {FEED_NAME: "the feed"})
    page = Page()
    text = render_html(view)
    page.feed(text)

    assert "&lt;td" not in text
    assert text.count('<table class="grid">') == len(view.grids)
    assert page.in_grids == len(view.grids) * len(view.environments) ** 2
    assert all(cell.strip() for cell in page.cells)
    assert len(set(page.ids)) == len(page.ids)
    assert all(each.startswith("#") or (tmp_path / each).exists() for each in page.addresses)
    assert all(scope in ("row", "col") for scope in page.headings)
