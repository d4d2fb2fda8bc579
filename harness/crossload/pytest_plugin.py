"""The pytest plug-in by its public name.

pytest finds it by the entry point ``pytest11``; ``-p crossload.pytest_plugin`` loads it by hand.
"""

from __future__ import annotations

from crossload.api.pytest_plugin import crossload_check, pytest_addoption

__all__ = ["crossload_check", "pytest_addoption"]
