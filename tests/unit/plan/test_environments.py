"""Environments as a matrix file names them."""

from __future__ import annotations

from dataclasses import replace

from helpers import plan

from crossload.plan import environments_of, load_specs


def test_environments_have_all_that_the_file_says(folder):
    path, write, _ = folder
    write("one")
    first, second, extra = environments_of(load_specs(path)[0])

    assert (first.id, first.requires, first.extras) == (
        "one-1.0.2",
        ("scikit-learn==1.0.2",),
        ("joblib",),
    )
    assert (first.as_of, first.python, first.axis) == ("today", "3.10", "scikit-learn")
    assert second.pins == {"scikit-learn": "1.2.2"}
    assert (extra.id, extra.requires, extra.extras) == (
        "one-extra",
        ("numpy==1.26.4",),
        ("pandas",),
    )
    assert (extra.as_of, extra.python, extra.axis) == ("release+60d", None, None)
    assert len({each.inputs_digest for each in (first, second, extra)}) == 3


def test_every_part_of_an_environment_changes_the_digest_of_its_inputs(folder):
    path, write, _ = folder
    write("one")
    base = environments_of(load_specs(path)[0])[0]
    fields = {name: getattr(base, name) for name in base.__slots__}
    changes = [{"requires": ("x==1",)}, {"extras": ()}, {"as_of": "2020-01-01"}, {"python": None}]

    digests = {type(base)(**(fields | change)).inputs_digest for change in changes}

    assert len(digests | {base.inputs_digest}) == 5
    assert (
        type(base)(**(fields | {"id": "other", "axis": None})).inputs_digest == base.inputs_digest
    )


def test_pins_are_exact_versions_on_this_platform():
    environment = replace(
        plan().environments[0],
        requires=(
            "Scikit_Learn==1.0",
            "numpy>=1,<2",
            "scipy==1.11.*",
            "joblib==1.2 ; python_version > '3'",
            "pandas==2 ; os_name == 'plan9'",
        ),
    )

    assert environment.pins == {"scikit-learn": "1.0", "joblib": "1.2"}


def test_variables_are_of_every_environment_and_pythons_of_their_version(folder):
    path, write, _ = folder
    write("one")
    spec = load_specs(path)[0]
    axis = replace(spec.axes[0], python_of=(("1.2.2", "3.11"),), variables=(("A", "b"),))
    first, second, extra = environments_of(replace(spec, axes=(axis,)))

    assert (first.python, second.python) == ("3.10", "3.11")
    assert first.variables == second.variables == (("A", "b"),)
    assert (first.variables_text, extra.variables_text) == ('[["A", "b"]]', "")
    # a lock does not depend on them
    assert first.inputs_digest == environments_of(spec)[0].inputs_digest
