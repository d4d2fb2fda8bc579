"""The page in a real browser, from file://: what people click, type, follow and read."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from dataclasses import replace

from pages import VERSIONS, view_of

from crossload.report import make_view, write_index, write_reports
from crossload.report.html import render_html
from crossload.verdict import Judgement, Verdict

REPORTS = Path(__file__).resolve().parents[2] / "reports"

READ_SQUARES = """() => [...document.querySelectorAll("#grid td a")].map((a) => {
    const fields = new URLSearchParams(a.getAttribute("href").slice(1));
    const word = a.querySelector(".s").textContent + " " + a.querySelector(".w").textContent;
    return [fields.get("w"), fields.get("r"), word, a.querySelector(".n")?.textContent || ""];
})"""


@pytest.fixture(scope="module")
def view():
    return view_of()


@pytest.fixture(scope="module")
def path(view, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(render_html(view))
    return path


def squares(visited):
    """Read the heat map: {(writer, reader): (word, numbers)}."""
    return {
        (writer, reader): (word, numbers)
        for writer, reader, word, numbers in visited.page.evaluate(READ_SQUARES)
    }


def expected(grid):
    return {
        pair: (
            f"{square.worst.symbol.strip() or '·'}"
            + (f" {square.worst_count} " if square.failed else " ")
            + square.worst.word,
            f"{square.failed} of {square.failed + square.passed}" if square.failed else "",
        )
        for pair, square in grid.squares.items()
    }


def test_every_grid_of_the_page_is_that_of_the_view(view, path, visit):
    visited = visit(path)

    assert squares(visited) == expected(view.grids[0])
    for grid in view.grids[1:]:
        assert squares(visited.follow(f"#family={grid.family}")) == expected(grid)


@pytest.mark.parametrize(
    "name", sorted(each.parent.name for each in REPORTS.glob("*/summary.json"))
)
def test_published_pages_show_what_their_summary_says(name, visit):
    summary = json.loads((REPORTS / name / "summary.json").read_text())
    visited = visit(REPORTS / name / "index.html")

    for family, pairs in summary["families"].items():
        visited.follow("#" if family == "all cases" else f"#family={family}")
        shown = squares(visited)
        assert {pair: word.split()[-1] for pair, (word, _) in shown.items()} == {
            (p["writer"], p["reader"]): p["worst"] for p in pairs
        }


def test_a_click_opens_the_details_and_escape_closes_them(path, visit):
    visited = visit(path)
    visited.page.click("#grid tbody tr:nth-child(2) td:nth-of-type(3) a")
    visited.page.wait_for_selector("#detail-title")

    assert visited.text("#detail-title") == "sklearn-1.1 → sklearn-1.2"
    assert visited.fragment == "#w=sklearn-1.1&r=sklearn-1.2"
    assert visited.page.evaluate("document.activeElement.id") == "detail-title"
    answer = "It depends on the model: 3 of 6 measured cases give the same answers"
    assert answer in visited.text("#detail")
    visited.page.keyboard.press("Escape")
    visited.page.wait_for_selector("#detail-title", state="detached")
    assert visited.fragment == ""
    visited.page.go_back()
    visited.page.wait_for_selector("#detail-title")


def test_a_deep_link_shows_everything_of_one_cell(path, visit):
    text = visit(path, "#w=sklearn-1.3&r=sklearn-1.0&cell=ridge/joblib").text("#detail")

    for piece in (
        "! drift", "recall 0.9 -> 0.12", "unexplained", "DIFFERS",
        "8 predicted labels changed", "abababababababab", "1.2 kB", "Loading took 12.3 ms",
        "TOO FAR", "-0.78", "± 0.001", "Before saving", "After loading", "9 (1)", "1 (9)",
        "UserWarning: from another version", "ValueError: node", "2026-11-10 10:10 UTC",
        "this run: drift",
        "nox -s matrix -- m --case ridge/joblib --writer sklearn-1.3 --reader sklearn-1.0 --fresh",
        "half of the values moved by at most", "1 difference",
    ):  # fmt: skip
        assert piece in text


def test_the_plot_draws_the_quantiles(path, visit):
    visited = visit(path, "#w=sklearn-1.3&r=sklearn-1.0&cell=ridge/joblib")

    assert len(visited.page.get_attribute("svg.plot polyline", "points").split()) == 21
    assert "tolerance 1e-6" in visited.page.text_content("svg.plot")


def test_a_cause_is_told_with_its_remedy_and_link(path, visit):
    visited = visit(path, "#w=sklearn-1.0&r=sklearn-1.2&cell=forest/pickle")

    assert "Cause: the layout of nodes changed" in visited.text("#detail")
    assert "What helps: fit it again" in visited.text("#detail")
    link = visited.page.get_attribute("#detail a[rel=noreferrer]", "href")
    assert link == "https://example.org/1"


def test_packages_that_differ_come_first(path, visit):
    visited = visit(path, "#w=sklearn-1.3&r=sklearn-1.0")
    visited.page.click("#detail summary")

    tables = visited.page.locator("#detail details table")
    assert tables.nth(0).inner_text().split("\n")[-1].split() == ["scikit-learn", "1.3", "1.0"]
    assert "numpy" in tables.nth(1).inner_text()


def test_filters_change_the_table_the_count_and_the_address(view, path, visit):
    visited = visit(path)
    visited.page.select_option("#f-verdict", "drift")

    drifts = view.counts[Verdict.DRIFT]
    assert visited.text("#count") == f"{drifts} of {len(view.rows)} cells."
    assert visited.fragment == "#verdict=drift"
    assert {word for word, _ in squares(visited).values()} == {"! drift"}
    visited.page.fill("#f-text", "joblib-mmap")
    assert visited.text("#count") == f"{drifts // 3} of {len(view.rows)} cells."
    again = visit(path, visited.fragment)
    assert again.page.input_value("#f-text") == "joblib-mmap"
    assert squares(again) == squares(visited)
    visited.page.click("#clear")
    assert visited.text("#count") == f"All {len(view.rows)} cells."
    assert visited.fragment == ""


def test_only_unexplained_and_only_changes(view, path, visit):
    visited = visit(path, "#only=unexplained")
    assert visited.text("#count").startswith(f"{view.unexplained} of")

    visited.page.select_option("#f-only", "changes")
    assert visited.text("#count").startswith("1 of")


def test_versions_can_be_narrowed_and_equal_neighbours_merged(path, visit):
    visited = visit(path, "#from=sklearn-1.1&to=sklearn-1.2")
    assert {pair for pair, _ in squares(visited).items()} == {
        (f"sklearn-{a}", f"sklearn-{b}") for a in ("1.1", "1.2") for b in ("1.1", "1.2")
    }

    visited.go("#model=forest&format=joblib")
    assert len(squares(visited)) == len(VERSIONS) ** 2
    visited.page.check("#f-merge")
    assert visited.page.locator("#grid tbody th").all_inner_texts() == [
        "sklearn-1.0 to 1.1",
        "sklearn-1.2 to 1.3",
    ]
    assert "merge=1" in visited.fragment


def test_the_question_is_answered_in_one_sentence(path, visit):
    visited = visit(path)
    visited.page.select_option("#ask-w", "sklearn-1.0")
    visited.page.select_option("#ask-r", "sklearn-1.3")
    half = "3 of 6 measured cases give the same answers, 3 fail (3 load-error)."
    assert visited.text("#answer").startswith(f"It depends on the model: {half}")
    assert "ValueError: node array" in visited.text("#evidence")

    visited.page.select_option("#ask-model", "forest")
    assert visited.text("#answer").startswith("No: all 3 measured cases fail")
    visited.page.select_option("#ask-model", "ridge")
    visited.page.select_option("#ask-format", "pickle")
    assert visited.text("#answer").startswith(
        "Yes: the one measured case gives the same answers as before saving (1 identical)."
    )
    visited.page.select_option("#ask-r", "sklearn-1.1")
    assert visited.text("#answer").startswith("Cannot tell: 1 cell was not measured")
    visited.page.click("#evidence a")
    assert visited.text("#detail-title") == "sklearn-1.0 → sklearn-1.1"
    assert visited.fragment == "#model=ridge&format=pickle&w=sklearn-1.0&r=sklearn-1.1"


def test_the_keyboard_alone_is_enough(path, visit):
    visited = visit(path)
    keys = visited.page.keyboard
    keys.press("Tab")
    keys.press("Enter")  # the link that skips to the table
    label = "document.activeElement.ariaLabel"
    said = visited.page.evaluate(label)
    assert "saved with sklearn-1.0, loaded in sklearn-1.0, the same version: identical" in said
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "End", "Home", "ArrowRight"):
        keys.press(key)
    assert "saved with sklearn-1.1, loaded in sklearn-1.1" in visited.page.evaluate(label)
    keys.press("ArrowRight")
    keys.press("Enter")
    visited.page.wait_for_selector("#detail-title")
    assert visited.text("#detail-title") == "sklearn-1.1 → sklearn-1.2"
    keys.press("Escape")
    visited.page.wait_for_selector("#detail-title", state="detached")
    assert "saved with sklearn-1.1, loaded in sklearn-1.2" in visited.page.evaluate(label)


@pytest.mark.parametrize("fragment", ["", "#w=sklearn-1.3&r=sklearn-1.0&cell=ridge/joblib"])
def test_a_phone_needs_no_sideways_scrolling(path, visit, fragment):
    visited = visit(path, fragment, viewport={"width": 360, "height": 740})

    assert visited.page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize(
    "name", sorted(each.parent.name for each in REPORTS.glob("*/summary.json"))
)
def test_published_pages_fit_phones(name, visit):
    visited = visit(REPORTS / name / "index.html", viewport={"width": 360, "height": 740})
    visited.page.evaluate("document.querySelector('#grid tr:nth-child(2) td a').click()")
    visited.page.wait_for_selector("#detail-title")

    assert visited.page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "fragment", ["", "#w=sklearn-1.3&r=sklearn-1.0&cell=ridge/joblib", "#verdict=load-error"]
)
def test_axe_finds_no_serious_violation(path, visit, scheme, fragment):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    visited = visit(path, fragment, color_scheme=scheme)
    open_all = "for (const each of document.querySelectorAll('details')) each.open = true;"
    visited.page.evaluate(open_all)

    found = axe.Axe().run(visited.page).response
    serious = [
        (each["id"], [node["html"][:200] for node in each["nodes"][:3]])
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]
    assert serious == []
    assert len(found["passes"]) > 20  # it did look


def test_dark_mode_is_dark(path, visit):
    background = "getComputedStyle(document.body).backgroundColor"
    pages = [visit(path, color_scheme=each).page for each in ("light", "dark")]
    colours = [page.evaluate(background) for page in pages]

    assert colours == ["rgb(255, 255, 255)", "rgb(21, 23, 26)"]


def test_without_script_the_tables_can_be_read(view, path, visit):
    visited = visit(path, java_script_enabled=False)
    visited.page.goto(path.as_uri())

    assert visited.page.locator("table.grid").count() == len(view.grids)
    assert not visited.page.is_visible("#ask")
    visited.page.click("table.grid >> nth=0 >> tbody tr:nth-child(1) td:nth-of-type(3) a")
    assert visited.page.locator("h3:target").inner_text() == "sklearn-1.0 → sklearn-1.2"
    failures = visited.page.locator("h3:target + p + ul").inner_text()
    assert "3 load-error, such as forest/pickle: ValueError" in failures


def test_print_shows_the_table_and_hides_the_controls(path, visit):
    visited = visit(path)
    visited.page.emulate_media(media="print")

    assert visited.page.is_visible("#grid")
    assert not visited.page.is_visible("#filters")
    assert not visited.page.is_visible("#ask form")
    assert visited.text("#asked") == "Saved with sklearn-1.2, load in sklearn-1.3"
    assert visited.page.is_visible("#answer")


@pytest.mark.parametrize(
    "fragment",
    [
        "",
        "#w=sklearn-1.3&r=sklearn-1.0&cell=ridge/joblib",
        "#text=<img src=x onerror=alert(3)>&w=<b>&r=</script>",
        "#cell=%E0%A4%A",
    ],
)
def test_hostile_texts_stay_texts(tmp_path, visit, fragment):
    path = tmp_path / "hostile.html"
    path.write_text(render_html(view_of(hostile=True)))
    visited = visit(path, fragment)

    assert visited.page.locator("main img, main script, main b").count() == 0
    assert visited.page.title() == "<Models> & more"
    shown = visited.page.content()
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_a_link_to_nothing_says_so(path, visit):
    pair = visit(path, "#w=sklearn-9&r=sklearn-1.0").text("#detail")
    assert "No such pair in this matrix: sklearn-9 → sklearn-1.0" in pair
    case = visit(path, "#w=sklearn-1.1&r=sklearn-1.0&cell=nope").text("#detail")
    assert "No such case: nope" in case


def test_without_an_earlier_run_there_are_no_changes_to_choose(tmp_path, visit):
    path = tmp_path / "first.html"
    path.write_text(render_html(view_of(past=False)))
    visited = visit(path, "#w=sklearn-1.1&r=sklearn-1.0")

    assert "There is no earlier run to compare with." in visited.text("main")
    assert visited.page.locator("#f-only option").all_inner_texts() == ["everything", "unexplained"]
    assert "Last runs" not in visited.text("#detail")


def test_a_link_to_a_pair_asks_the_question_of_it(path, visit):
    visited = visit(path, "#w=sklearn-1.0&r=sklearn-1.2")

    chosen = [visited.page.input_value(field) for field in ("#ask-w", "#ask-r")]
    assert chosen == ["sklearn-1.0", "sklearn-1.2"]
    assert visited.text("#answer") == visited.text("#detail p >> nth=0")


def test_the_index_leads_to_every_matrix(tmp_path, browser):
    view = view_of()
    write_reports(view, tmp_path / "m")
    write_index(tmp_path)
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto((tmp_path / "index.html").as_uri())
    cells = page.locator("tbody td").all_inner_texts()
    page.click("th a")
    page.wait_for_selector("html[data-ready]")

    assert cells[2:5] == [str(len(view.rows)), str(view.passed), str(view.failed)]
    assert asked == [(tmp_path / "index.html").as_uri(), (tmp_path / "m" / "index.html").as_uri()]
    page.close()


def test_an_answer_names_what_it_depends_on(tmp_path, visit):
    base = view_of()
    good, bad = (
        next(r for r in base.rows if r.judgement.verdict is v)
        for v in (Verdict.IDENTICAL, Verdict.LOAD_ERROR)
    )

    def page(name, fails):
        rows = [
            replace(row, judgement=(bad if fails(row.cell.case) else good).judgement)
            for row in base.rows
        ]
        view = make_view(
            name="m", title="t", environments=base.environments, rows=rows, run=base.run
        )
        (tmp_path / name).write_text(render_html(view))
        return visit(tmp_path / name).text("#answer")

    assert page("format.html", lambda case: case.format == "pickle").startswith(
        "It depends on the format: 4 of 6"
    )
    assert page("model.html", lambda case: case.recipe == "forest").startswith(
        "It depends on the model: 3 of 6"
    )
    assert page("both.html", lambda case: case.name == "forest/pickle").startswith(
        "It depends on the model and the format: 5 of 6"
    )


def test_silent_changes_come_first_and_the_rest_is_counted(tmp_path, visit):
    base = view_of()
    cases = list(dict.fromkeys(row.cell.case.name for row in base.rows))

    def judged(case):
        verdict = Verdict.DRIFT if case == cases[5] else Verdict.LOAD_ERROR
        return Judgement(verdict=verdict, reason=f"reason {cases.index(case)}")

    rows = [replace(row, judgement=judged(row.cell.case.name)) for row in base.rows]
    (tmp_path / "p.html").write_text(
        render_html(
            make_view(name="m", title="t", environments=base.environments, rows=rows, run=base.run)
        )
    )

    items = visit(tmp_path / "p.html").page.locator("#evidence li").all_inner_texts()

    assert "drift, reason 5" in items[0]
    assert len(items) == 5
    assert items[-1] == "2 more failures"


def test_the_question_is_in_the_address_too(path, visit):
    visited = visit(path)
    visited.page.select_option("#ask-w", "sklearn-1.0")
    visited.page.select_option("#ask-model", "ridge")

    again = visit(path, visited.fragment)
    chosen = [again.page.input_value(f"#ask-{each}") for each in ("w", "r", "model")]
    assert chosen == ["sklearn-1.0", "sklearn-1.3", "ridge"]
    assert again.text("#answer") == visited.text("#answer")


def test_going_back_undoes_filters_and_skipping_keeps_them(view, path, visit):
    visited = visit(path)
    visited.page.select_option("#f-verdict", "drift")
    visited.page.select_option("#f-format", "pickle")
    visited.page.focus("body")
    visited.page.evaluate("document.querySelector('.skip').click()")
    assert visited.fragment == "#format=pickle&verdict=drift"
    assert visited.page.evaluate("document.activeElement.closest('#grid td') !== null")

    visited.page.go_back()
    visited.wait_until("document.getElementById('f-format').value === ''")
    assert visited.text("#count").startswith(f"{view.counts[Verdict.DRIFT]} of")
    visited.page.go_back()
    visited.wait_until("document.getElementById('f-verdict').value === ''")


def test_links_of_the_page_lead_to_the_table_that_they_change(path, visit):
    visited = visit(path)
    visited.page.click("text=load-error >> nth=0")
    visited.wait_until("document.activeElement.id === 'map-title'")

    assert "load-error" in visited.fragment
    top = "document.getElementById('map-title').getBoundingClientRect().top"
    assert visited.page.evaluate(top) < 400


def test_a_part_of_a_pair_says_so(path, visit):
    visited = visit(path, "#model=ridge&format=pickle&w=sklearn-1.0&r=sklearn-1.2")

    assert "Only model ridge, format pickle: show all cases of this pair" in visited.text("#detail")
    visited.page.click("text=show all cases of this pair")
    # the address changes before the page does
    visited.wait_until("!document.getElementById('detail').innerText.includes('Only model')")
    assert "It depends on the model" in visited.text("#detail")


def test_nothing_found_says_why(view, path, visit):
    visited = visit(path, "#family=nope")
    none = "no cell is all of what the filters ask for."
    assert visited.text("#count") == f"0 of {len(view.rows)} cells: {none}"
    assert "names no pair" in visited.go("#cell=ridge/pickle").text("#detail")


def test_known_reasons_can_be_looked_for(view, path, visit):
    expected = sum(row.finding.cause is not None for row in view.rows)

    assert visit(path, "#text=layout of nodes").text("#count").startswith(f"{expected} of")


def test_going_back_takes_the_question_back_too(path, visit):
    visited = visit(path)
    before = visited.text("#answer")
    visited.page.select_option("#f-format", "pickle")
    visited.page.select_option("#ask-r", "sklearn-1.0")
    assert visited.text("#answer") != before

    visited.page.go_back()
    visited.wait_until("document.getElementById('f-format').value === ''")
    assert visited.page.input_value("#ask-r") == "sklearn-1.3"
    assert visited.text("#answer") == before


def test_a_question_about_what_is_not_there_says_so(path, visit):
    visited = visit(path, "#qw=sklearn-9&qr=sklearn-1.0&qm=zzz")

    said = "This link asks for sklearn-9, zzz, which this matrix does not have."
    assert visited.text("#unknown") == said
    assert visited.go("#qw=sklearn-1.0&qr=sklearn-1.2").text("#unknown") == ""
