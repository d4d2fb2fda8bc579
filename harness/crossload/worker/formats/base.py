"""The base class of all formats: the facts and methods of a way of saving and a way of loading.

Recipe files import it as ``crossload.formats.Format``, in the driver and in pinned interpreters
alike.
"""

from typing import Any, Dict, Tuple


class Format(object):
    """Base of all formats; a format sets the attributes and writes ``save`` and ``load``.

    An object of it is made in the driver, too, which has none of the libraries: import them inside
    of ``save`` and ``load`` only.

    Attributes
    ----------
    name
        Name of the format, as matrix files list it.
    saver
        Name of the way of saving. Formats with an equal saver share artifacts, and must have the
        same ``save`` and ``filename``. Default: the format's own name.
    filename
        Name of the file or folder within the artifact's folder. Some libraries choose the layout by
        its suffix.
    kinds
        Kinds of recipes that the format takes: ``object``, ``keras``, ``tf-module``.
    modules
        Modules that the format cannot do without; imported before any fork.
    preload
        Submodules worth importing before any fork, because each child would import them anew.
    keeps
        ``model``: all of it; ``weights``: arrays for an architecture that is built anew;
        ``function``: the call alone.
    metric_tolerance
        Change of a metric that counts as none, unless a matrix says otherwise.

    Notes
    -----
    The keys of outcomes hold a digest of the classes of a format and of its attributes, so that
    what was measured with other code, or with other settings, is measured again.

    Examples
    --------
    ::

        class Dill(Format):
            name = "dill"
            filename = "model.dill"
            modules = ("dill",)

            def save(self, model, path, recipe):
                import dill

                with open(path, "wb") as stream:
                    dill.dump(model, stream)

            def load(self, path, recipe, data):
                import dill

                with open(path, "rb") as stream:
                    return dill.load(stream)
    """

    name = ""
    saver = ""
    filename = "model.bin"
    kinds: Tuple[str, ...] = ("object",)
    modules: Tuple[str, ...] = ()
    preload: Tuple[str, ...] = ()
    keeps = "model"
    metric_tolerance = 0.001

    def __init__(self) -> None:
        self.saver = self.saver or self.name

    def applies(self, kind: str) -> bool:
        """Say if models of this kind of recipe are ever saved in this format."""
        return kind in self.kinds

    def no_save(self, versions: Dict[str, str], kind: str) -> str:
        """Say why this format cannot be written here, which makes the case n/a.

        Parameters
        ----------
        versions
            Versions of the imported modules, by the name of the module.
        kind
            Kind of the recipe.

        Returns
        -------
        str
            The reason, for people; empty if the format can be written.
        """
        return self._lacks(versions)

    def no_load(self, versions: Dict[str, str], kind: str) -> str:
        """Say why this format cannot be read here, which makes the cell n/a.

        Parameters
        ----------
        versions
            Versions of the imported modules, by the name of the module.
        kind
            Kind of the recipe.

        Returns
        -------
        str
            The reason, for people; empty if the format can be read.
        """
        return self._lacks(versions)

    def _lacks(self, versions: Dict[str, str]) -> str:
        for module in self.modules:
            if module not in versions:
                return str(module) + " is not installed in this environment"
        return ""

    def save(self, model: Any, path: str, recipe: Any) -> None:
        """Write the fitted model.

        Parameters
        ----------
        model
            The fitted model.
        path
            File or folder to write, which does not exist yet; its name is ``filename``.
        recipe
            The `crossload.worker.contract.Recipe` that built the model.

        Raises
        ------
        Exception
            Anything that the library raises: it is recorded as the outcome.
        """
        raise NotImplementedError

    def load(self, path: str, recipe: Any, data: Any) -> Any:
        """Read what `save` wrote, and give an object that the recipe's outputs can be asked of.

        Parameters
        ----------
        path
            The file or folder.
        recipe
            The `crossload.worker.contract.Recipe` that built the model.
        data
            The data set, for formats that build the architecture anew; None where a user's own
            model is loaded.

        Returns
        -------
        object
            The model, or where ``keeps`` is ``function`` something to be called with the rows.

        Raises
        ------
        Exception
            Anything that the library raises: it is recorded as the outcome.
        """
        raise NotImplementedError
