"""The options of a run of matrices, as a command line gives them."""

from __future__ import annotations

from dataclasses import dataclass, field

from crossload.plan import Selection


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of ``crossload run`` and of the commands that judge and publish."""

    matrices: tuple[str, ...] = ()
    """Names of matrix files; all where there are none."""
    selection: Selection = field(default_factory=Selection)
    jobs: int = 0
    """Tasks at once; one for each core where it is 0."""
    strict: bool = False
    """Fail if a cell is not as expected, or was not measured."""
    dry_run: bool = False
    explain: bool = False
    """Say why cells are to be measured, and measure nothing."""
    fresh: bool = False
    """Measure anew what is known."""
    verify: bool = False
    """Read all files of environments first, and build anew what is not as it was installed."""
    no_fork: bool = False
    """Start a process for each batch, as where there is no fork."""
    budget: float | None = None
    """Seconds after which nothing new is begun."""
    frontier: bool = False
    """Measure boundaries, and infer what lies between equal neighbours."""
    executor: str = "local"
    """``local`` or ``dask``."""
    scheduler: str = ""
    """Address of a Dask scheduler."""
    store: str = ""
    """Folder, or URL that fsspec knows, of the store; by default ``.crossload/store``."""
    shard: str = ""
    """``3/8``: the third of eight parts."""
