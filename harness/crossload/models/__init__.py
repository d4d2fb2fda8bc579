"""Users' own models: may they be loaded after an upgrade, and do they give the same answers?  Measured, on their files."""

from __future__ import annotations
