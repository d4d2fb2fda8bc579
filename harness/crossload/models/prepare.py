"""All that is settled about a model before anything is loaded; no process, no network.

Which versions wrote it, in which way it is loaded, and which versions it is to go to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossload.errors import ConfigError
from crossload.models.model import Model
from crossload.models.needs import Needs, provided_by
from crossload.models.question import CannotTell
from crossload.models.trust import Trust

if TYPE_CHECKING:
    from crossload.inspection import Inspection
    from crossload.models.question import Question
    from crossload.models.targets import Target

SUPPORTING = ("numpy", "scipy", "joblib", "pandas", "cloudpickle", "skops")
"""Packages that follow the library that a model is made of: their versions are resolved with it."""

KERAS = {"tensorflow", "keras"}
"""Packages whose versions belong together."""


class Preparation:
    """The versions and the way of loading of one model.

    Parameters
    ----------
    inspection
        The facts about the file.
    question
        The options of the user.
    source
        The versions that wrote the file, as the user names them; None to take those that it
        records.
    """

    def __init__(self, inspection: Inspection, question: Question, source: Target | None) -> None:
        self.inspection, self.question = inspection, question
        # rows with text can only be given as a DataFrame, whatever the model remembers of names
        frame = ("pandas",) if question.data is not None and question.data.has_text else ()
        self.needs = Needs(inspection, question.code, question.packages, optional=frame)
        self._source = source

    def source(self) -> Target:
        """Give the versions that wrote the file.

        Raises
        ------
        CannotTell
            Neither the file nor the user says it.
        """
        if self._source is not None:
            return self._named(self._source) if self._source.complete else self._source
        recorded = self.needs.writer()
        if recorded is None:
            text = "the file does not record which versions wrote it"
            raise CannotTell(
                text, 'name them: --from "scikit-learn==1.2.2", or --from requirements.txt'
            )
        return recorded

    def model(self) -> Model:
        """Give the model with its way of loading.

        Raises
        ------
        CannotTell
            The user must bring code, a package, or the network that weights belong to.
        ConfigError
            The user chose a way of loading that the format does not have.
        """
        ways = self.needs.ways
        way = self.question.way or ways[0]
        if way not in ways:
            path = self.inspection.path
            raise ConfigError([f"--load-as {way}: {path} is loaded as {' or '.join(ways)}"])
        provided = provided_by(self.question.code) | {
            each.replace("-", "_") for each in self.question.packages
        }
        lacking = [each for each in self.needs.own_modules if each not in provided]
        # a package may hold modules of any name, so that with packages loading has to show it
        if lacking and not self.question.packages:
            modules = f"module{'s' if len(lacking) > 1 else ''} {', '.join(lacking[:5])}"
            text = f"it needs the {modules}, no package that crossload knows"
            raise CannotTell(
                text,
                "--with-code PATH of the file or folder, "
                "or --with PACKAGE if the package index has it",
            )
        in_main = [each.name for each in self.inspection.names if each.module == "__main__"]
        if in_main and not self.question.code:
            text = f"it was saved by a script that defines {', '.join(in_main[:5])} itself"
            raise CannotTell(text, "--with-code SCRIPT (its code will run)")
        if way in ("weights-h5", "checkpoint") and not self.question.build:
            text = "it holds weights alone, and loading needs the network they belong to"
            raise CannotTell(
                text,
                "--with-code model.py --build FUNCTION, which gives the network without weights",
            )
        unsafe = self.question.trust is Trust.DANGEROUS
        return Model(self.needs, way, self.question.code, self.question.build, unsafe)

    def target(self, wanted: Target) -> Target:
        """Complete the versions that are wanted with those of the model's library as it was.

        Who names NumPy alone does not upgrade scikit-learn with it.

        Raises
        ------
        CannotTell
            A lock does not name the library, or nothing says which versions wrote the file.
        """
        if wanted.complete:
            return self._named(wanted)
        source = self.source()
        kept = [
            name for name in self.needs.packages if name not in SUPPORTING and source.version(name)
        ]
        if KERAS & set(wanted.packages):
            kept = [name for name in kept if name not in KERAS]
        return wanted.with_packages(
            {name: f"=={source.version(name)}" for name in kept if name not in wanted.packages}
        )

    def _named(self, lock: Target) -> Target:
        """Give a lock back if it names the library of the model, else raise `CannotTell`."""
        lacking = [
            name
            for name in self.libraries
            # a lock with one of the two is enough: the other comes with it
            if name not in lock.packages and not (name in KERAS and KERAS & set(lock.packages))
        ]
        if lacking:
            text = f"{lock.source} does not name {', '.join(lacking)}"
            raise CannotTell(text, "name a lock that does, or give versions")
        return lock

    @property
    def libraries(self) -> list[str]:
        """The packages that the model is made of."""
        found = [
            name
            for name in self.needs.packages
            if name not in SUPPORTING and name not in self.question.packages
        ]
        return found or ["numpy"]

    def concerns(self, lock: Target) -> bool:
        """Say if a lock names a package that the model is made of."""
        return any(name in lock.packages for name in self.libraries)
