"""Makes the builders of users' models importable, which ``crossload.check`` is tested with."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "models"))
