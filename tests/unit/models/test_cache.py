"""The folder of the cache."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crossload.models.cache import cache_folder


def test_the_cache_is_where_the_user_wants_it(tmp_path, monkeypatch):
    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path.resolve()


@pytest.mark.skipif(sys.platform != "linux", reason="XDG is the convention of Linux")
def test_the_cache_follows_the_variables_of_the_desktop(tmp_path, monkeypatch):
    monkeypatch.delenv("CROSSLOAD_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert cache_folder() == Path("/elsewhere/crossload")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "crossload"
