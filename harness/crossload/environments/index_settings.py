"""Addresses of package indexes and certificates, as the settings of pip and uv have them."""

from __future__ import annotations

import configparser
import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


NETWORK_HINT = "check the network and HTTPS_PROXY; what is locked and built needs neither"
"""For the user, where a package index does not answer."""


def index_urls(environ: Mapping[str, str], home: Path, default: str) -> list[str]:
    """Give the addresses of the indexes that are asked by the settings of pip and uv.

    Reads ``uv.toml`` and ``pip.conf`` of the user, and ``/etc/pip.conf``.

    Parameters
    ----------
    environ
        Environment variables.
    home
        The home folder of the user.
    default
        The index that is asked where no setting names another.

    Returns
    -------
    list of str
        The main index first.
    """
    # uv names its main index UV_DEFAULT_INDEX since 0.4.23; UV_INDEX_URL is the older name
    main = (
        environ.get("UV_DEFAULT_INDEX")
        or environ.get("UV_INDEX_URL")
        or environ.get("PIP_INDEX_URL")
    )
    # UV_INDEX may have names in front of its addresses, NAME=URL
    extra = [re.sub(r"^[\w.-]+=", "", each) for each in environ.get("UV_INDEX", "").split()]
    extra += environ.get("UV_EXTRA_INDEX_URL", "").split()
    extra += environ.get("PIP_EXTRA_INDEX_URL", "").split()
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    own_main, own_extra = _uv_settings(config / "uv" / "uv.toml")
    main, extra = main or own_main, extra + own_extra
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
    more = [url for url in extra if url.startswith("http")]
    # further indexes are asked beside the default one, not in its place
    return list(dict.fromkeys([main or default, *more]))


def certificates(environ: Mapping[str, str]) -> str:
    """Give the bundle of certificates that requests, pip or uv is set to use; empty for none."""
    # behind a company's proxy pip and uv work by these; requests alone knows the first two
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "SSL_CERT_FILE")
    return next((environ[name] for name in names if environ.get(name)), "")


def _uv_settings(path: Path) -> tuple[str | None, list[str]]:
    """Read the main index and the further ones from a file of uv."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None, []  # uv itself will say what is wrong with its file
    rows = [row for row in _list(table.get("index")) if isinstance(row, dict) and "url" in row]
    default = next((str(row["url"]) for row in rows if row.get("default")), None)
    # an explicit index is for the packages of a project that name it
    further = [str(row["url"]) for row in rows if not (row.get("default") or row.get("explicit"))]
    further += [str(each) for each in _list(table.get("extra-index-url"))]
    main = default or table.get("index-url")
    return (str(main) if main else None), further


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
