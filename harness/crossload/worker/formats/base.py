"""The base class of all formats: what a way of saving and a way of loading must say of themselves.

Recipe files import it as ``crossload.formats.Format``, in the driver and in pinned interpreters alike.
"""

from typing import Any, Dict, Tuple


class Format(object):
    """Base of all formats; a plug-in sets the attributes and writes ``save`` and ``load``."""

    name = ""
    saver = ""
    """Name of the way of saving; formats with an equal saver share artifacts.  Default: the format's own name."""
    filename = "model.bin"
    """Name of the file or folder within the artifact's folder; some libraries choose the layout by its suffix."""
    kinds: Tuple[str, ...] = ("object",)
    modules: Tuple[str, ...] = ()
    """Modules the format cannot do without; imported before any fork."""
    preload: Tuple[str, ...] = ()
    """Submodules worth importing before any fork, because each child would import them anew."""
    keeps = "model"
    """``model``: all of it; ``weights``: arrays for an architecture that is built anew; ``function``: the call alone."""
    metric_tolerance = 0.001

    def __init__(self) -> None:
        self.saver = self.saver or self.name

    def applies(self, kind: str) -> bool:
        """Whether models of this kind are ever saved in this format."""
        return kind in self.kinds

    def no_save(self, versions: Dict[str, str], kind: str) -> str:
        """Why this format cannot be written with these module versions (then the case is n/a); empty if it can."""
        return self._lacks(versions)

    def no_load(self, versions: Dict[str, str], kind: str) -> str:
        """The same for loading."""
        return self._lacks(versions)

    def _lacks(self, versions: Dict[str, str]) -> str:
        for module in self.modules:
            if module not in versions:
                return str(module) + " is not installed in this environment"
        return ""

    def save(self, model: Any, path: str, recipe: Any) -> None:
        """Write the fitted model to ``path``."""
        raise NotImplementedError

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Read ``path`` and give an object that the recipe's outputs can be asked of."""
        raise NotImplementedError
