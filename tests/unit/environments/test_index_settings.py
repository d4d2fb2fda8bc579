"""Index addresses and certificates: pip's and uv's settings are honoured."""

from __future__ import annotations

import pytest

from crossload.environments.index_settings import certificates, index_urls

DEFAULT = "https://default/simple"


def test_index_settings_of_pip_and_uv_are_honoured(tmp_path):
    assert index_urls({}, tmp_path, DEFAULT) == [DEFAULT]
    assert index_urls({"PIP_INDEX_URL": "https://a/simple"}, tmp_path, DEFAULT) == [
        "https://a/simple"
    ]
    assert index_urls(
        {"UV_DEFAULT_INDEX": "https://u/", "PIP_INDEX_URL": "https://a/"}, tmp_path, DEFAULT
    ) == ["https://u/"]
    (tmp_path / ".config" / "pip").mkdir(parents=True)
    (tmp_path / ".config" / "pip" / "pip.conf").write_text(
        "[global]\nindex-url = https://c/simple\nextra-index-url = https://d/simple file:///e\n"
    )

    assert index_urls({}, tmp_path, DEFAULT) == ["https://c/simple", "https://d/simple"]


def test_the_index_setting_of_a_uv_file_is_honoured(tmp_path):
    (tmp_path / ".config" / "uv").mkdir(parents=True)
    (tmp_path / ".config" / "uv" / "uv.toml").write_text(
        '[[index]]\nurl = "https://q/simple"\ndefault = true\n'
    )

    assert index_urls({}, tmp_path, DEFAULT) == ["https://q/simple"]


def test_certificates_of_pip_and_uv_are_used_for_the_index():
    assert certificates({}) == ""
    assert certificates({"SSL_CERT_FILE": "/s", "PIP_CERT": "/p"}) == "/p"
    assert certificates({"SSL_CERT_FILE": "/s", "REQUESTS_CA_BUNDLE": "/r"}) == "/r"
    assert certificates({"SSL_CERT_FILE": "/s", "PIP_CERT": ""}) == "/s"


@pytest.mark.parametrize(
    "environ",
    [
        {"UV_EXTRA_INDEX_URL": "https://more/simple"},
        {"PIP_EXTRA_INDEX_URL": "https://more/simple"},
        {"UV_INDEX": "mine=https://more/simple"},
    ],
)
def test_further_indexes_are_asked_beside_the_default_one(tmp_path, environ):
    assert index_urls(environ, tmp_path, DEFAULT) == [DEFAULT, "https://more/simple"]


def test_further_indexes_of_a_uv_file_are_honoured(tmp_path):
    (tmp_path / ".config" / "uv").mkdir(parents=True)
    path = tmp_path / ".config" / "uv" / "uv.toml"
    path.write_text(
        'extra-index-url = ["https://b/simple"]\n[[index]]\nname = "a"\nurl = "https://a/simple"\n'
        '[[index]]\nname = "x"\nurl = "https://x/simple"\nexplicit = true\n'
    )
    assert index_urls({}, tmp_path, DEFAULT) == [DEFAULT, "https://a/simple", "https://b/simple"]
    path.write_text("index = 3\n")
    assert index_urls({}, tmp_path, DEFAULT) == [DEFAULT]
