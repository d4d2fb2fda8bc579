"""Code that runs inside the pinned interpreters: Python 3.6 grammar, stdlib and NumPy, no import of the rest of crossload.

The driver imports `contract` and `formats` too, for the names and properties of recipes and formats.
"""
