"""Digests of the code that an outcome depends on: what a root reaches, and nothing else.

From a recipe, a format or a measurement all names are followed that its text mentions, also into
sibling modules; names that are not defined there belong to libraries, and the lock speaks for
those.  Too much is followed rather than too little: a local variable that is called like a
function brings that function in.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from crossload.engine.definitions import read_module

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from crossload.engine.definitions import Definition, Module, Place


def file_digest(path: str | Path) -> str:
    """Give the digest of a file's content."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:24]


class CodeIndex:
    """Modules that may mention each other: those below one folder, or a recipe file by itself.

    Parameters
    ----------
    paths
        Files by their names as modules of the common folder.
    """

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._modules = {
            name: read_module(name, str(path), file_digest(path)) for name, path in paths.items()
        }

    def has(self, module: str, definition: str) -> bool:
        """Say if there is such a definition."""
        return module in self._modules and definition in self._modules[module].definitions

    def digest(self, roots: Iterable[Place], *, texts: Iterable[Place] = ()) -> str:
        """Give the digest of everything that some definitions reach.

        Parameters
        ----------
        roots
            Where to begin; all that they mention is followed.
        texts
            Definitions whose text alone counts, without what it mentions.

        Raises
        ------
        KeyError
            A definition is not there.
        """
        seen: dict[Place, str] = {place: self._definition(place).text for place in texts}
        for root in roots:
            self._follow(root, seen)
        # a statement that is no definition runs when the module is imported, whatever is used of it
        for module in sorted({module for module, _ in seen}):
            for index, each in enumerate(self._modules[module].loose):
                seen[module, f"#{index}"] = each.text
        state = hashlib.sha256()
        for (module, name), text in sorted(seen.items()):
            state.update(f"{module}\0{name}\0{text}\0".encode())
        return state.hexdigest()[:24]

    def recipe(self, module: str, name: str) -> str:
        """Give the digest of one recipe: its entry, all that it reaches, and ``IMPORTS``.

        The whole file counts where entries are not written out one by one, or names are reached
        for dynamically.
        """
        found = self._modules[module]
        entry = f"RECIPES[{name!r}]"
        if entry not in found.definitions or found.dynamic:
            return hashlib.sha256(f"{module}\0{found.text}".encode()).hexdigest()[:24]
        return self.digest(
            [(module, entry), *([(module, "IMPORTS")] if self.has(module, "IMPORTS") else [])]
        )

    def _definition(self, place: Place) -> Definition:
        module, name = place
        return self._modules[module].definitions[name]

    def _follow(self, root: Place, seen: dict[Place, str]) -> None:
        open_places = [root]
        while open_places:
            place = open_places.pop()
            if place in seen:
                continue
            definition = self._definition(place)
            seen[place] = definition.text
            module = self._modules[place[0]]
            # what runs on import may register or change any of the module's definitions
            for each in module.loose:
                open_places.extend(self._mentioned(module, each))
            open_places.extend(self._mentioned(module, definition))

    def _mentioned(self, module: Module, definition: Definition) -> Iterator[Place]:
        for name in definition.names:
            source, inner = module.siblings.get(name, ("", ""))
            whole = f"{source}.{inner}".lstrip(".")
            if whole in self._modules:  # a module was imported: what is used of it counts
                used = [attribute for owner, attribute in definition.attributes if owner == name]
                yield from (
                    (whole, each) for each in used if each in self._modules[whole].definitions
                )
            elif source in self._modules:
                if inner in self._modules[source].definitions:
                    yield source, inner
            elif name in module.definitions:
                yield module.name, name
