"""Makes the builders of this folder importable, and keeps the network out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import requests

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(session, method, url, **_):
        msg = f"a unit test asks the network: {url}"
        raise AssertionError(msg)

    monkeypatch.setattr(requests.Session, "request", refuse)
