"""Keeps outcomes and artifacts: on disk, behind URLs, and on their way between machines."""
