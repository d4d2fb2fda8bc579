"""A real browser: Debian's chromium (or what CHROMIUM names), headless, steered by Playwright."""

from __future__ import annotations

import os
import shutil
import time

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def browser():
    program = os.environ.get("CHROMIUM") or next(
        (found for name in NAMES if (found := shutil.which(name))), None
    )
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("no chromium: CI must look at the pages (apt-get install chromium)")
        pytest.skip("no chromium on this machine: the pages were NOT looked at")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


class Visit:
    """One page in a browser, and everything that it asked for or complained of."""

    def __init__(self, context, path):
        self.page = context.new_page()
        self.path = path
        self.complaints, self.requests = [], []
        self.page.on(
            "console", lambda message: self.complaints.append(f"{message.type}: {message.text}")
        )
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def go(self, fragment=""):
        """Open the page anew, with a fragment; give the visit."""
        self.page.goto("about:blank")
        self.requests.clear()
        self.page.goto(f"{self.path.as_uri()}{fragment}")
        self.page.wait_for_selector("html[data-ready]")
        return self

    def follow(self, fragment):
        """Change the fragment of the page that is open, as a link does."""
        self.page.evaluate("(hash) => { location.hash = hash; }", fragment)
        self.page.wait_for_timeout(50)
        return self

    def wait_until(self, condition):
        """Wait until an expression is true.

        Playwright's ``wait_for_function`` asks again with ``eval`` inside of the page, which the
        page's Content-Security-Policy refuses.
        """
        end = time.monotonic() + 10
        while not self.page.evaluate(condition):
            assert time.monotonic() < end, f"never true: {condition}"
            self.page.wait_for_timeout(20)

    def text(self, selector):
        return self.page.inner_text(selector)

    @property
    def fragment(self):
        return self.page.evaluate("decodeURIComponent(location.hash)")


@pytest.fixture
def visit(browser):
    """Give a function that opens a file.

    At the end no page may have complained of anything, or asked for anything but itself.
    """
    made = []

    def open_page(path, fragment="", **how):
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | how))
        made.append((context, Visit(context, path)))
        return made[-1][1].go(fragment) if how.get("java_script_enabled", True) else made[-1][1]

    yield open_page
    for context, visited in made:
        page = visited.path.as_uri()
        elsewhere = [url for url in visited.requests if url.split("#")[0] != page]
        context.close()
        assert (visited.complaints, elsewhere) == ([], [])
