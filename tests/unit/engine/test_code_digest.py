"""Code that cannot be followed name by name counts as a whole."""

from __future__ import annotations

from crossload.engine.code_digest import CodeIndex


def test_a_file_that_reaches_for_names_dynamically_counts_as_a_whole(tmp_path):
    path = tmp_path / "r.py"
    found = []
    for number in (1, 2):
        path.write_text(
            f"def a(): return globals()['b']\ndef b(): return {number}\n"
            "RECIPES = {'x': {'build': a}}\n"
        )
        found.append(CodeIndex({"r": path}).recipe("r", "x"))

    assert found[0] != found[1]


def test_recipes_that_are_not_written_out_count_as_a_whole(tmp_path):
    path = tmp_path / "r.py"
    found = []
    for number in (1, 2):
        path.write_text(f"other = {number}\nRECIPES = {{name: {{}} for name in 'xy'}}\n")
        found.append(CodeIndex({"r": path}).recipe("r", "x"))

    assert found[0] != found[1]
