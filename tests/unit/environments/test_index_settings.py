"""Index addresses and certificates: pip's and uv's settings are honoured."""

from __future__ import annotations

from crossload.environments.index_settings import certificates, index_urls


def test_index_settings_of_pip_and_uv_are_honoured(tmp_path):
    assert index_urls({}, tmp_path) == []
    assert index_urls({"PIP_INDEX_URL": "https://a/simple"}, tmp_path) == ["https://a/simple"]
    assert index_urls(
        {"UV_DEFAULT_INDEX": "https://u/", "PIP_INDEX_URL": "https://a/"}, tmp_path
    ) == ["https://u/"]
    (tmp_path / ".config" / "pip").mkdir(parents=True)
    (tmp_path / ".config" / "pip" / "pip.conf").write_text(
        "[global]\nindex-url = https://c/simple\nextra-index-url = https://d/simple file:///e\n"
    )

    assert index_urls({}, tmp_path) == ["https://c/simple", "https://d/simple"]


def test_the_index_setting_of_a_uv_file_is_honoured(tmp_path):
    (tmp_path / ".config" / "uv").mkdir(parents=True)
    (tmp_path / ".config" / "uv" / "uv.toml").write_text(
        '[[index]]\nurl = "https://q/simple"\ndefault = true\n'
    )

    assert index_urls({}, tmp_path) == ["https://q/simple"]


def test_certificates_of_pip_and_uv_are_used_for_the_index():
    assert certificates({}) == ""
    assert certificates({"SSL_CERT_FILE": "/s", "PIP_CERT": "/p"}) == "/p"
    assert certificates({"SSL_CERT_FILE": "/s", "REQUESTS_CA_BUNDLE": "/r"}) == "/r"
    assert certificates({"SSL_CERT_FILE": "/s", "PIP_CERT": ""}) == "/s"
