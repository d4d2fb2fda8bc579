"""The lock of uv."""

from __future__ import annotations

from builders_requirements import locked

UV = """
version = 1
requires-python = "==3.11.*"

[[package]]
name = "mine"
version = "0.1"
source = { virtual = "." }

[[package]]
name = "numpy"
version = "1.26.4"
source = { registry = "https://host/simple" }
resolution-markers = ["python_full_version < '3.10'"]

[[package]]
name = "numpy"
version = "2.1.3"
source = { registry = "https://host/simple" }
resolution-markers = ["python_full_version >= '3.10'"]

[[package]]
name = "forked"
version = "1.0"
source = { git = "https://host/forked" }
"""


def test_uv_lock(tmp_path):
    found = locked(tmp_path, "uv.lock", UV)

    assert (found.kind, found.packages, found.python) == ("uv.lock", {"numpy": "==2.1.3"}, "3.11")
    assert found.unusable == ["forked (git)"]
