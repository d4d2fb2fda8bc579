"""The reader of matrix files: TOML in, frozen dataclasses out, all mistakes at once."""

from __future__ import annotations

from crossload.config.causes import Cause, load_causes, shipped_causes
from crossload.config.load import find_matrices, load_matrix
from crossload.config.matrix_schema import json_schema
from crossload.config.spec import AxisSpec, EnvironmentSpec, Limits, MatrixSpec, Rule, Tolerance

__all__ = [
    "AxisSpec",
    "Cause",
    "EnvironmentSpec",
    "Limits",
    "MatrixSpec",
    "Rule",
    "Tolerance",
    "find_matrices",
    "json_schema",
    "load_causes",
    "load_matrix",
    "shipped_causes",
]
