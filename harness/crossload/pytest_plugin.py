"""The pytest plug-in by its public name, for those who load it by hand: ``-p crossload.pytest_plugin``."""

from __future__ import annotations

from crossload.api.pytest_plugin import crossload_check, pytest_addoption

__all__ = ["crossload_check", "pytest_addoption"]
