"""Names are rated by what loading would do with them."""

from __future__ import annotations

import pytest
from builders_inspection import inspect_file

from crossload.inspection.facts import Danger


def test_names_are_judged(tmp_path):
    names = {
        "sklearn.svm._classes SVC": Danger.KNOWN,
        "sklearn.svm Elsewhere": Danger.UNKNOWN,
        "mypackage.models Mine": Danger.UNKNOWN,
        "os system": Danger.DANGEROUS,
        "builtins exec": Danger.DANGEROUS,
        "builtins set": Danger.KNOWN,
        "sklearn os.system": Danger.UNKNOWN,
        "pandas.io.pytables HDFStore": Danger.UNKNOWN,
        "collections OrderedDict": Danger.KNOWN,
    }
    text = b"\x80\x04]("
    for pair in names:
        module, name = pair.split()
        text += (
            b"\x8c"
            + bytes([len(module)])
            + module.encode()
            + b"\x8c"
            + bytes([len(name)])
            + name.encode()
            + b"\x93"
        )
    (tmp_path / "x").write_bytes(text + b"e.")

    assert {
        f"{each.module} {each.name}": each.danger for each in inspect_file(tmp_path / "x").names
    } == names


@pytest.mark.parametrize(
    ("name", "danger"),
    [
        ("pandas.eval", Danger.DANGEROUS),
        ("pandas.read_pickle", Danger.DANGEROUS),
        ("numpy.load", Danger.DANGEROUS),
        ("numpy.memmap", Danger.DANGEROUS),
        ("joblib.load", Danger.DANGEROUS),
        ("joblib.disk.delete_folder", Danger.DANGEROUS),
        ("sklearn.utils._testing.check_output", Danger.DANGEROUS),
        ("sklearn.feature_selection._base.attrgetter", Danger.DANGEROUS),
        ("importlib.import_module", Danger.DANGEROUS),
        ("marshal.loads", Danger.DANGEROUS),
        ("types.FunctionType", Danger.DANGEROUS),
        ("io.open", Danger.DANGEROUS),
        ("multiprocessing.Process", Danger.DANGEROUS),
        ("builtins.execfile", Danger.DANGEROUS),
        ("torch.load", Danger.DANGEROUS),
        ("copyreg.add_extension", Danger.DANGEROUS),
        ("numpy.distutils.fcompiler.gnu.Popen", Danger.UNKNOWN),
        ("mine.Model", Danger.UNKNOWN),
        ("collections.OrderedDict", Danger.KNOWN),
        ("numpy.float64", Danger.KNOWN),
        ("numpy.core.multiarray._reconstruct", Danger.DANGEROUS),
        ("sklearn.neighbors._kd_tree.newObj", Danger.UNKNOWN),
        ("scipy.sparse._csr.csr_matrix", Danger.UNKNOWN),
        ("sklearn._loss._loss.__pyx_unpickle_CyHalfSquaredError", Danger.UNKNOWN),
        ("sklearn.datasets.load_files", Danger.DANGEROUS),
    ],
)
def test_functions_of_known_libraries_that_are_called_are_not_all_harmless(tmp_path, name, danger):
    module, _, function = name.rpartition(".")
    (tmp_path / "x").write_bytes(f"(lc{module}\n{function}\n(S'x'\ntRa.".encode())

    (found,) = inspect_file(tmp_path / "x").names
    assert (found.danger, found.called) == (danger, True)


def test_a_function_that_is_a_value_is_not_called(tmp_path):
    (tmp_path / "x").write_bytes(
        b"(lcsklearn.feature_selection._univariate_selection\nf_classif\na."
    )

    (found,) = inspect_file(tmp_path / "x").names
    assert (found.danger, found.called) == (Danger.KNOWN, False)
