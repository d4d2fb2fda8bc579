"""The environments that integration tests share, and keep for the next run of the tests."""

from __future__ import annotations

from pathlib import Path

ENVIRONMENTS = Path(__file__).resolve().parents[2] / ".nox" / "test-environments"


def share_bytecode(folder: Path) -> None:
    """Let the environments of a folder share what they compile with all others of the tests."""
    folder.mkdir(parents=True, exist_ok=True)
    (ENVIRONMENTS / "bytecode").mkdir(parents=True, exist_ok=True)
    (folder / "bytecode").symlink_to(ENVIRONMENTS / "bytecode")
