"""The interface for Python, notebooks, pytest and Sphinx.

Users import it by public names: ``crossload.check``, ``crossload.outcomes``, ``crossload.grid``,
``crossload.sphinx``; pytest finds its plug-in by itself.
"""

from __future__ import annotations
