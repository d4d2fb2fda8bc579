"""Runs a plan: says what is measured next, and is the only room that starts pinned Pythons."""
