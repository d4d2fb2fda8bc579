"""Users' own models, and the answer to whether they may be loaded after an upgrade.

Everything here is measured on the user's files. ``check`` is one question; ``blame``, ``bisect``,
``route`` and ``--newest-safe`` are searches that ask it many times.
"""

from __future__ import annotations
