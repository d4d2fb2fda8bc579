"""Take the picture of a published page that README shows: ``nox -s picture``.

The script opens ``reports/sklearn/index.html`` in the browser that the tests use, shows the
question with its answer and the map, and writes ``docs/page.png``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MOST_BYTES = 150_000
"""README is read on slow lines too."""

_TOGETHER = """() => {
  // the question and its answer, then the map: what lies between is for reading, not for a picture
  const ask = document.getElementById("ask");
  ask.after(document.getElementById("map-title"), document.getElementById("map"));
  window.scrollTo(0, 0);
}"""


def main() -> int:
    """Take the picture; give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, default=ROOT / "reports" / "sklearn" / "index.html")
    parser.add_argument("--fragment", default="", help="filters of the page, as in its address")
    parser.add_argument("--size", default="1120x1090", help="width x height of the window")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "page.png")
    chosen = parser.parse_args()
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        advice = "apt-get install chromium, or name one in CHROMIUM"
        sys.stderr.write(f"no chromium here: {advice}\n")
        return 8
    width, height = map(int, chosen.size.split("x"))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(chosen.page.as_uri() + chosen.fragment)
        page.wait_for_selector("html[data-ready]")
        page.evaluate(_TOGETHER)
        page.screenshot(path=chosen.output)
        browser.close()
    with Image.open(chosen.output) as picture:  # a page has few colours: a palette is a third
        picture.convert("RGB").quantize(64).save(chosen.output, optimize=True)
    size = chosen.output.stat().st_size
    sys.stdout.write(f"{chosen.output.name}: {size // 1000} kB\n")
    return 0 if size <= MOST_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
