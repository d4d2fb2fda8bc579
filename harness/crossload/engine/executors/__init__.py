"""Executors do what `run` decides: on this machine, or on the workers of a Dask cluster."""
