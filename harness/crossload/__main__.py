"""The command line as ``python -m crossload``."""

from __future__ import annotations

import sys

from crossload.cli.main import main

sys.exit(main())
