"""Texts of libraries without what differs from run to run, and shortened so that both ends stay.

Two failures with one cause must have one text: reports group failures by their text, and two equal
runs must give equal tables.
"""

import re

_TERMINAL = re.compile(
    # https://en.wikipedia.org/wiki/ANSI_escape_code: codes with parameters (CSI), commands to the
    # terminal (OSC), and the short ones; bounded, because texts are untrusted
    r"\x1b\[[0-?]{0,32}[ -/]{0,8}[@-~]|\x1b\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)|\x1b[ -/]{0,8}[0-~]"
)

_PASSING = (
    # artifacts lie in folders that are called by their digest; errors name them
    (re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{32,128}(?![0-9A-Za-z])"), "<digest>"),
    # https://docs.python.org/3/library/tempfile.html#tempfile.mkdtemp
    (re.compile(r"(?<![0-9A-Za-z])tmp[a-z0-9_]{8}(?![0-9A-Za-z_])"), "<temporary>"),
    (re.compile(r"(?<![0-9A-Za-z])0x[0-9a-fA-F]{6,}"), "0x..."),
    # TensorFlow begins its messages with the day, the time and a number of the process
    # (https://abseil.io/docs/cpp/guides/logging)
    (re.compile(r"\b([IWEF])\d{4} \d\d:\d\d:\d\d\.\d{1,9} +\d{1,10}\b"), r"\1 <time>"),
    # XGBoost begins messages and errors with [16:22:31]
    (
        re.compile(
            r"(?<![\d:])(?:\d{4}-\d\d-\d\d[ T])?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
            r"(?:Z|[+-]\d\d:?\d\d)?(?![\d:])"
        ),
        "<time>",
    ),
    (re.compile(r"(?i)\b(pid|process id|process number)([ :=]{1,3})\d{1,10}\b"), r"\1\2<number>"),
    (re.compile(r"/proc/\d{1,10}\b"), "/proc/<number>"),
    (re.compile(r"(?i)\b(thread(?: id)?)([ :=]{1,3})\d{6,20}\b"), r"\1\2<number>"),
)
"""Parts of texts that differ from machine to machine or from run to run, and say nothing."""


def without_run(text: str) -> str:
    """Take out what differs from run to run and from machine to machine, and says nothing.

    Parameters
    ----------
    text
        Any text of a library.

    Returns
    -------
    str
        The text without codes for terminals; digests, temporary folders, addresses, times, and
        numbers of processes and threads are words such as ``<time>``.
    """
    text = _TERMINAL.sub("", text)
    for pattern, word in _PASSING:
        text = pattern.sub(word, text)
    return text


def shortened(text: str, most: int) -> str:
    """Shorten a text to at most that many characters, and keep its beginning and its end.

    Keras 3 writes the cause at the end, behind a configuration that fills pages ("Exception
    encountered: ..."); most others write it at the beginning.
    """
    if len(text) <= most:
        return text
    sign = " ... "
    head = (most - len(sign)) * 4 // 7
    return text[:head] + sign + text[len(text) - (most - len(sign) - head) :]
