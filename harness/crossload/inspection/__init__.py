"""Reads saved models without executing them: their format, who wrote them, what they would call."""

from __future__ import annotations

from crossload.inspection.detect import inspect_file
from crossload.inspection.facts import ImportedName, Inspection, NotAModel, WriterVersion

__all__ = ["ImportedName", "Inspection", "NotAModel", "WriterVersion", "inspect_file"]
