"""The version of crossload.

It stands below everything else, so that what records it imports nothing with it; hatchling reads
it from here too.
"""

from __future__ import annotations

__version__ = "0.2.0"
