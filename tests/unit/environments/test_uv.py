"""The environment of uv: nothing of the caller's that steers it away from the lock."""

from __future__ import annotations

import pytest

from crossload.environments.uv import clean_environment


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        ("UV_PYTHON", False),
        ("UV_PYTHON_PREFERENCE", False),
        ("UV_PYTHON_INSTALL_MIRROR", True),
        ("UV_PYTHON_INSTALL_DIR", True),
        ("UV_PYTHON_DOWNLOADS", True),
        ("UV_EXCLUDE_NEWER", False),
        ("UV_NO_BINARY_PACKAGE", False),
        ("UV_DEFAULT_INDEX", True),
        ("PYTHONPATH", False),
        ("VIRTUAL_ENV", False),
        ("SSL_CERT_FILE", True),
    ],
)
def test_variables_that_stay(name, stays):
    assert (name in clean_environment({name: "x"})) is stays


def test_settings_are_those_of_the_user_and_never_of_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "uv.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "config"
    environ = {"XDG_CONFIG_HOME": str(config), "HOME": str(tmp_path), "APPDATA": str(config)}
    without = clean_environment(environ)
    (config / "uv").mkdir(parents=True)
    (config / "uv" / "uv.toml").write_text("")

    assert str(tmp_path / "uv.toml") not in without.values()
    assert "UV_NO_CONFIG" in without or "UV_CONFIG_FILE" in without
    assert clean_environment(environ)["UV_CONFIG_FILE"] == str(config / "uv" / "uv.toml")
    assert "UV_NO_CONFIG" not in clean_environment({**environ, "UV_CONFIG_FILE": "mine.toml"})
