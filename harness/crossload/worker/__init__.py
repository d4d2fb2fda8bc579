"""Code that runs inside the pinned interpreters.

It keeps to the grammar of Python 3.6, the standard library and NumPy, and imports nothing else of
crossload.  The driver imports `contract` and `formats` too, for the names and properties of recipes
and formats.
"""
