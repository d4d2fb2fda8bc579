"""Lock files of tests: written to a folder and read."""

from __future__ import annotations

from crossload.requirements import read_locked

EVIL = " @ file:///tmp/evil.tar.gz"


def locked(tmp_path, name, text, *, minor=""):
    path = tmp_path / name
    path.write_text(text)
    return read_locked(str(path), option="--from", minor=minor)


def pylock(*packages, head=""):
    """A pylock.toml that keeps the standard, apart from what a test puts into it."""
    return "\n".join(['lock-version = "1.0"\ncreated-by = "a test"', head, *packages])


def released(name, version, *, more=""):
    """A package of a pylock.toml with one file in the index."""
    file = f"{name.replace('-', '_')}-{version}.tar.gz"
    return (
        f'[[packages]]\nname = "{name}"\nversion = "{version}"\n{more}\n'
        f'sdist = {{url = "https://host/{file}", hashes = {{sha256 = "00"}}}}'
    )
