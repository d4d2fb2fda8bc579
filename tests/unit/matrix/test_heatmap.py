"""The live map of writers and readers."""

from __future__ import annotations

import io
import re

import pytest
from builders_progress import OK
from helpers import plan
from rich.console import Console

from crossload.matrix.progress import LiveProgress


def live(width, height, cells):
    console = Console(
        file=io.StringIO(),
        width=width,
        height=height,
        force_terminal=True,
        highlight=False,
        markup=False,
    )
    ids = list(dict.fromkeys(cell.writer for cell in cells))
    progress = LiveProgress("m", ids, console=console)
    progress.close()  # what it shows is asked for; it need not draw it by itself
    return progress, console, ids


def lines_of(progress, console):
    with console.capture() as capture:
        console.print(progress._render())
    return [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in capture.get().splitlines()]


def test_the_live_map_fills(clock):
    cells = plan(("1.0", "1.1")).cells
    progress, console, ids = live(80, 24, cells)
    pair = [cell for cell in cells if (cell.writer, cell.reader) == (ids[0], ids[1])]
    other = [cell for cell in cells if (cell.writer, cell.reader) == (ids[1], ids[0])]
    same = [cell for cell in cells if (cell.writer, cell.reader) == (ids[0], ids[0])]
    progress.start(len(cells), [*pair, *other, *same])
    progress.settled(pair[:3], OK)
    assert progress.map.square(*ids) == ("▄", "yellow")
    progress.settled(pair[3:], OK)
    assert progress.map.square(*ids) == ("=", "green")
    progress.drifted(pair[:2])
    progress.settled(other[:1], {"kind": "load", "status": "crash"})

    lines = lines_of(progress, console)
    assert lines[1].split() == [ids[0], "!", "2"]
    assert lines[2].split() == [ids[1], "X", "1", "·"]
    assert any("3 failed so far" in line for line in lines)


@pytest.mark.parametrize(("versions", "width"), [(9, 80), (9, 120), (2, 80)])
def test_the_live_map_fits(versions, width):
    cells = plan(tuple(f"1.{n}.0" for n in range(versions))).cells
    progress, console, ids = live(width, 40, cells)
    progress.start(len(cells), cells)
    progress.settled(cells, {"kind": "load", "status": "crash"})
    lines = lines_of(progress, console)
    assert sum(any(each in line for each in ids) for line in lines) == len(ids)
    assert max(map(len, lines)) <= width


def test_a_map_that_does_not_fit_leaves_the_line():
    cells = plan(tuple(f"1.{n}.0" for n in range(12))).cells
    progress, console, _ = live(60, 10, cells)
    progress.start(len(cells), cells)
    assert len(lines_of(progress, console)) == 2


def test_a_narrow_map_shows_symbols_alone():
    cells = plan(tuple(f"1.{n}.0" for n in range(12))).cells
    progress, console, ids = live(46, 40, cells)
    progress.start(len(cells), cells)
    progress.settled(cells, {"kind": "load", "status": "crash"})
    lines = [line for line in lines_of(progress, console) if any(each in line for each in ids)]

    assert [line.split()[:2] for line in lines[:2]] == [["a", ids[0]], ["b", ids[1]]]
    assert [line.split()[2:] for line in lines] == [["X"] * 12] * 12


def test_a_map_that_is_too_narrow_leaves_the_line():
    cells = plan(tuple(f"1.{n}.0" for n in range(12))).cells
    progress, console, ids = live(30, 40, cells)
    progress.start(len(cells), cells)
    progress.settled(cells, {"kind": "load", "status": "crash"})

    assert not any(each in line for each in ids for line in lines_of(progress, console))
