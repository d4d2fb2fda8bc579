"""The grammar of a matrix file, stated once.

The checks of the loader, the published JSON Schema and the manual come from it.
"""

from __future__ import annotations

from typing import Any

from crossload.config.schema import Key, ListOf, Number, OneOf, Table, TableOf, Text

# At most 60 characters: nox names the folder of an environment after it, and takes a digest
# instead where the path gets too long.
ID = r"[a-z0-9][a-z0-9._+-]{0,59}"
_AS_OF = Text(
    r"today|\d{4}-\d{2}-\d{2}|release\+\d+d",
    '"release+60d", a date such as "2024-06-30", or "today"',
)
_PACKAGE = r"[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]"
_PYTHON = Text(r"3\.\d{1,2}", 'a minor version such as "3.10"')
_TOLERANCES = {
    "metric": Key(Number(at_least=0), "largest drift of a metric (two-sided)"),
    "atol": Key(Number(at_least=0), "absolute tolerance of numeric outputs"),
    "rtol": Key(Number(at_least=0), "relative tolerance of numeric outputs"),
}
_RULE = Table(
    {
        "writer": Key(Text(), 'environment id or pattern, or a specifier such as "sklearn>=1.8"'),
        "reader": Key(Text(), "the same for the environment that loads"),
        "case": Key(Text(), 'case such as "random-forest/joblib", patterns allowed'),
        "recipe": Key(Text(), "recipe, patterns allowed"),
        "format": Key(Text(), "format, patterns allowed"),
    },
    nonempty=True,
)
_VARIABLES = Key(
    TableOf(Text()), 'environment variables of its processes, such as TF_USE_LEGACY_KERAS = "1"'
)
_WITH = Key(
    ListOf(Text()), "packages wanted beside the pinned ones; left out where no release existed yet"
)

MATRIX_FILE = Table(
    {
        "matrix": Key(
            Table(
                {
                    "title": Key(Text(), "heading of the tables", required=True),
                    "recipes": Key(
                        ListOf(Text(), nonempty=True),
                        "recipe files, relative to this file",
                        required=True,
                    ),
                    "controls": Key(
                        ListOf(Text()), "recipe files of controls: artifacts damaged on purpose"
                    ),
                    "formats": Key(
                        ListOf(Text(), nonempty=True),
                        "formats to save and load with",
                        required=True,
                    ),
                    "build": Key(
                        ListOf(Text(_PACKAGE, "the name of a package")),
                        "packages that may be built from source, which runs their code",
                    ),
                }
            ),
            "what is tested",
            required=True,
        ),
        "axis": Key(
            TableOf(
                Table(
                    {
                        "versions": Key(
                            ListOf(Text(), nonempty=True), "versions, oldest first", required=True
                        ),
                        "prefix": Key(
                            Text(ID, "lower-case letters, digits, '.', '-'"),
                            "first part of environment ids",
                        ),
                        "requires": Key(
                            ListOf(Text(), nonempty=True), 'requirements, default "NAME=={version}"'
                        ),
                        "with": _WITH,
                        "as-of": Key(_AS_OF, "date at which dependencies are resolved"),
                        "python": Key(
                            OneOf(_PYTHON, TableOf(_PYTHON)),
                            "interpreter, or a table of version to interpreter; chosen by itself if"
                            " not given",
                        ),
                        "variables": _VARIABLES,
                    }
                )
            ),
            "a package moved over versions, one environment a version",
        ),
        "environment": Key(
            ListOf(
                Table(
                    {
                        "id": Key(
                            Text(ID, "lower-case letters, digits, '.', '-', at most 60"),
                            "name",
                            required=True,
                        ),
                        "packages": Key(
                            ListOf(Text(), nonempty=True), "requirements", required=True
                        ),
                        "with": _WITH,
                        "as-of": Key(_AS_OF, "date at which dependencies are resolved"),
                        "python": Key(_PYTHON, "interpreter; chosen by itself if not given"),
                        "variables": _VARIABLES,
                    }
                ),
                unique=False,
            ),
            "an environment spelled out",
        ),
        "select": Key(
            Table(
                {
                    "include": Key(ListOf(_RULE), "only cells that match one of these"),
                    "exclude": Key(ListOf(_RULE), "no cell that matches one of these"),
                }
            ),
            "which cells are planned",
        ),
        "limits": Key(
            Table(
                {
                    "seconds": Key(Number(above=0), "time limit of one save or load"),
                    "memory-mb": Key(
                        Number(whole=True, above=0),
                        "memory limit of the process that saves or loads",
                    ),
                }
            ),
            "limits of one save or load",
        ),
        "tolerance": Key(
            Table(
                _TOLERANCES
                | {"case": Key(TableOf(Table(_TOLERANCES)), "tolerances by case pattern")}
            ),
            "how far outputs may move",
        ),
    }
)


def json_schema() -> dict[str, Any]:
    """Describe a matrix file as JSON Schema (draft 2020-12), for editors.

    ``matrix/schema.json`` holds a copy; a test compares the two.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "crossload matrix file",
        **MATRIX_FILE.schema(),
    }
