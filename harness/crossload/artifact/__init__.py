"""Reads saved models without executing them: what they are, who wrote them, what they would call."""

from __future__ import annotations

from crossload.artifact.facts import Inspection, Name, NotAModel, Written
from crossload.artifact.look import look

__all__ = ["Inspection", "Name", "NotAModel", "Written", "look"]
