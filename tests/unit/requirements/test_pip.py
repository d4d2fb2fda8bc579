"""Lists of requirements for pip."""

from __future__ import annotations

from builders_requirements import locked

from crossload.requirements import pip as module


def test_requirements_txt_with_hashes_markers_includes_and_what_cannot_be_used(tmp_path):
    (tmp_path / "base.txt").write_text("scipy==1.10.1\n")
    found = locked(
        tmp_path,
        "requirements.txt",
        "# made by hand\n-r base.txt\n--index-url https://host/simple\n"
        "scikit-learn==1.2.2 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        'numpy==1.24.3 ; python_version >= "3.8"  # why\ncolorama==0.4 ; sys_platform == "plan9"\n'
        "-e ./mine\nmine @ file:///tmp/mine\n./wheels/x.whl\nflask\n",
    )

    assert found.packages == {
        "scipy": "==1.10.1",
        "scikit-learn": "==1.2.2",
        "numpy": "==1.24.3",
        "flask": "",
    }
    assert found.unusable == [
        "the option --index-url: packages come from the index that uv and pip are set to",
        "an editable project in line 9",
        "mine @ file://...",
        "a path in line 11",
    ]


def test_every_requirement_of_a_package_holds_and_constraints_require_nothing(tmp_path):
    (tmp_path / "cons.txt").write_text("scikit-learn<2\nunasked==1\n")
    (tmp_path / "more.txt").write_text("scipy==1.11.4\n")
    found = locked(
        tmp_path,
        "requirements.txt",
        "# why \\\nscikit-learn==1.5.2\nscikit-learn>=1.0\n-c cons.txt\n"
        "-rmore.txt\nnumpy==1 # x \\\n",
    )

    assert found.packages["scikit-learn"].split(",") == ["<2", "==1.5.2", ">=1.0"]
    assert found.packages["scipy"] == "==1.11.4"
    assert found.packages["numpy"] == "==1"


def test_includes_stay_below_the_folder_of_the_lock_and_nothing_else_is_read(tmp_path):
    (tmp_path / "secret.txt").write_text("TOKEN=hunter2\n")
    (tmp_path / "sub").mkdir()
    # a project of its own: the temporary folder may lie within a checkout
    (tmp_path / "sub" / "pyproject.toml").touch()
    found = locked(
        tmp_path,
        "sub/requirements.txt",
        f"-r ../secret.txt\n-r {tmp_path}/secret.txt\n-r /proc/self/environ\nnumpy==1.0\n",
    )

    assert found.packages == {"numpy": "==1.0"}
    assert "hunter2" not in str(found.unusable)
    assert len(found.unusable) == 3


def test_an_include_that_includes_itself_ends(tmp_path):
    found = locked(tmp_path, "requirements.txt", "-r requirements.txt\nnumpy==1.0\n")

    assert found.packages == {"numpy": "==1.0"}


def test_a_file_that_is_included_thousands_of_times_is_looked_for_once(tmp_path, monkeypatch):
    looked = []
    within = module.within
    monkeypatch.setattr(
        module, "within", lambda path, top: looked.append(path) or within(path, top)
    )
    (tmp_path / "base.txt").write_text("scipy==1.10.1\n")
    found = locked(tmp_path, "requirements.txt", "-r base.txt\n-r none.txt\n" * 5000)

    assert found.packages == {"scipy": "==1.10.1"}
    assert len(looked) == 2
    assert len(found.unusable) == 1
