"""Names of functions and of packages are told apart."""

from __future__ import annotations

import pytest

from crossload.models.build_names import split_build


@pytest.mark.parametrize(
    ("text", "names", "function", "packages"),
    [
        (None, ["wrapt", "some-thing"], "", ["wrapt", "some-thing"]),
        ("def network():\n    pass\n", ["wrapt", "network"], "network", ["wrapt"]),
        ("import wrapt\ndef network():\n    pass\n", ["wrapt", "network"], "network", ["wrapt"]),
        ("from other import network\n", ["network", "wrapt"], "network", ["wrapt"]),
        ("", ["mine.py:network"], "mine.py:network", []),
        ("", ["some-thing"], "", ["some-thing"]),
    ],
)
def test_a_function_of_the_code_and_packages(tmp_path, text, names, function, packages):
    code = []
    if text is not None:
        (tmp_path / "mine.py").write_text(text)
        code = [tmp_path / "mine.py"]

    assert split_build(names, code) == (function, packages)
