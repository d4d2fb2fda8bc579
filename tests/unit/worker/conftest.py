"""Makes the builders of this folder importable, and keeps joblib from counting cores."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# joblib asks another process for the number of cores, once, unless it is told here
os.environ.setdefault("LOKY_MAX_CPU_COUNT", "1")
