"""Runs a plan: what next, on which environment; keeps outcomes; the only place that starts processes of pinned Pythons."""
