"""Addresses of package indexes and certificates, as the settings of pip and uv have them."""

from __future__ import annotations

import configparser
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


NETWORK_HINT = "check the network and HTTPS_PROXY; what is locked and built needs neither"
"""For the user, where a package index does not answer."""


def index_urls(environ: Mapping[str, str], home: Path) -> list[str]:
    """Give the index addresses that pip's and uv's settings name.

    Reads ``uv.toml`` and ``pip.conf`` of the user, and ``/etc/pip.conf``.

    Parameters
    ----------
    environ
        Environment variables.
    home
        The home folder of the user.

    Returns
    -------
    list of str
        The main index first; empty where nothing is set, which means PyPI.
    """
    # uv names its main index UV_DEFAULT_INDEX since 0.4.23; UV_INDEX_URL is the older name
    main = (
        environ.get("UV_DEFAULT_INDEX")
        or environ.get("UV_INDEX_URL")
        or environ.get("PIP_INDEX_URL")
    )
    extra = (
        f"{environ.get('UV_EXTRA_INDEX_URL', '')} {environ.get('PIP_EXTRA_INDEX_URL', '')}".split()
    )
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    if not main:
        main = _uv_setting(config / "uv" / "uv.toml")
    for path in (
        environ.get("PIP_CONFIG_FILE"),
        config / "pip" / "pip.conf",
        home / ".pip" / "pip.conf",
        "/etc/pip.conf",
    ):
        # no interpolation: credentials in an address may hold "%40"
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(path or os.devnull, encoding="utf-8")
        except configparser.Error:
            continue  # pip itself will say what is wrong with its file
        main = main or parser.get("global", "index-url", fallback=None)
        extra += parser.get("global", "extra-index-url", fallback="").split()
    # pip takes folders (file:) for indexes too; they have no dates that could be asked for
    urls = ([main] if main else []) + [url for url in extra if url.startswith("http")]
    return list(dict.fromkeys(urls))


def certificates(environ: Mapping[str, str]) -> str:
    """Give the bundle of certificates that requests, pip or uv is set to use; empty for none."""
    # behind a company's proxy pip and uv work by these; requests alone knows the first two
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "SSL_CERT_FILE")
    return next((environ[name] for name in names if environ.get(name)), "")


def _uv_setting(path: Path) -> str | None:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError):
        return None
    default = next((row.get("url") for row in table.get("index", []) if row.get("default")), None)
    return default or table.get("index-url")
