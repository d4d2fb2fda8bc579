"""The names given to ``--build``: packages to build from source, or a function of the code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crossload.models.model import code_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def split_build(names: Sequence[str], code: Sequence[Path]) -> tuple[str, list[str]]:
    """Tell the function that gives a network from the packages that may be built from source.

    Both are named by ``--build``.

    Returns
    -------
    str
        The function of the code; empty where there is none.
    list of str
        The packages.
    """
    if not code:
        return "", list(names)
    texts = [each.read_text("utf-8", "replace") for path in code for each in code_files(path)]
    functions = [name for name in names if ":" in name or _defines(texts, name)]
    packages = [name for name in names if name not in functions]
    # the code may get it in a roundabout way: loading will tell
    guesses = functions or [name for name in names if name.isidentifier()]
    return (guesses[0] if guesses else ""), packages


def _defines(texts: Sequence[str], name: str) -> bool:
    word = re.escape(name)
    pattern = re.compile(
        rf"^(?:(?:async\s+)?def|class)\s+{word}\b|^{word}\s*[:=]|^from\s.*\bimport\b.*\b{word}\b",
        re.MULTILINE,
    )
    return any(pattern.search(text) for text in texts)
