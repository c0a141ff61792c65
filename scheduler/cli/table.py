"""Tables and paragraphs as wide as the terminal: columns of detail give way first, then text wraps
at words and never inside one. What files say is shown as printable characters only.

Knows nothing of schedules or of the audit.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

PROSE = 100
"""The widest line of running text; longer ones are hard to read."""

_GAP = "  "
_NOTE = " " * 6
_NARROW = 12
# No number is parted from its unit, and no weekday from its date.
_TOGETHER = re.compile(r"(?<=\d) (?=(?:h|min|s|ms|kWh?)\b|%)|(?<=\b[A-Z][a-z]{2}) (?=\d)")
_BOUND = "\x00"


@dataclass(frozen=True, slots=True)
class Column:
    """How one column behaves where the terminal is narrow."""

    title: str
    wraps: bool = False
    """May take several lines; a column that does not is always as wide as its longest cell."""
    leave_out: Literal["never", "late", "early"] = "never"
    """`early`: before anything wraps. `late`: only where wrapping does not suffice. Of several,
    the rightmost goes first."""
    paint: Callable[[str], str] | None = None
    """Adds a style to a line of a cell; must not change its width."""


def terminal_width() -> int | None:
    """The columns of the terminal, or of COLUMNS; None where a file or a program reads."""
    try:
        asked = int(os.environ.get("COLUMNS", ""))
    except ValueError:
        asked = 0
    if asked > 0:
        return asked
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except (OSError, ValueError, AttributeError):
        return None


def prose_width() -> int:
    return min(terminal_width() or PROSE, PROSE)


def table(
    rows: Sequence[Sequence[str]],
    columns: Sequence[Column | str],
    *,
    below: Sequence[Sequence[str]] | None = None,
    width: int | None = None,
) -> str:
    """Rows under their titles, two spaces apart, no wider than `width` or the terminal where that
    can be had. `below` has for each row the lines that are indented under it."""
    width = width or terminal_width()
    asked = [each if isinstance(each, Column) else Column(each) for each in columns]
    cells = [[printable(cell) for cell in row] for row in rows]
    lines = [[column.title for column in asked], *cells]
    shown, widths = _fitting(lines, asked, width)
    under = [[], *(below or [[] for _ in rows])]
    if width is not None and _total(widths, range(len(widths))) > width:
        return "\n\n".join(
            "\n".join([*_block(row, asked, width), *_indented(notes, width)])
            for row, notes in zip(cells, under[1:], strict=True)
        )
    inside = [asked[at] for at in shown]
    text: list[str] = []
    for line, notes in zip(lines, under, strict=True):
        text += _drawn([line[at] for at in shown], inside, widths)
        text += _indented(notes, width)
    return "\n".join(text)


def paragraph(text: str, *, first: str = "", rest: str | None = None) -> str:
    """Text wrapped at words in the width of prose, `first` before its first line and `rest`
    before the others (as many blanks as `first` is wide where it is not given)."""
    indent = " " * text_width(first) if rest is None else rest
    room = max(prose_width() - max(text_width(first), text_width(indent)), 1)
    lines = wrapped(text, room)
    return "\n".join((indent if number else first) + line for number, line in enumerate(lines))


def flow(items: Iterable[str], gap: str = "   ") -> str:
    """Short items side by side, in as many lines as the width of prose asks for; none is parted."""
    lines: list[str] = []
    for item in map(printable, items):
        joined = f"{lines[-1]}{gap}{item}" if lines else item
        if lines and text_width(joined) <= prose_width():
            lines[-1] = joined
        else:
            lines.append(item)
    return "\n".join(lines)


def wrapped(text: str, width: int) -> list[str]:
    """Lines of whole words; a word longer than `width` has a line of its own."""
    if text_width(text) <= width:
        return [text]
    lines: list[str] = []
    for word in _TOGETHER.sub(_BOUND, text).split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return [line.replace(_BOUND, " ") for line in lines] or [""]


def printable(text: str) -> str:
    """One line of printable characters: what could move a cursor or turn the reading direction
    is shown as its escape."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escape(each) for each in text)


def _escape(character: str) -> str:
    if unicodedata.category(character) == "Zs":
        return " "
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def text_width(text: str) -> int:
    """The columns that a text takes: two for wide characters, none for accents that combine."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF")
        for each in text
    )


def _fitting(
    lines: Sequence[Sequence[str]], columns: Sequence[Column], width: int | None
) -> tuple[list[int], list[int]]:
    natural = [max(text_width(line[at]) for line in lines) for at in range(len(columns))]
    least = [
        _least(lines, at, natural[at]) if column.wraps else natural[at]
        for at, column in enumerate(columns)
    ]
    shown = list(range(len(columns)))
    if width is None:
        return shown, natural
    for when, sizes in (("early", natural), ("late", least)):
        for at in reversed(range(len(columns))):
            if columns[at].leave_out == when and _total(sizes, shown) > width:
                shown.remove(at)
    return shown, _shared(natural, least, shown, width)


def _least(lines: Sequence[Sequence[str]], at: int, natural: int) -> int:
    """The longest word, and not so little that every line has one word."""
    words = (word for line in lines for word in _TOGETHER.sub(_BOUND, line[at]).split())
    return max(min(natural, _NARROW), max(map(text_width, words), default=0))


def _total(sizes: Sequence[int], shown: Sequence[int]) -> int:
    return sum(sizes[at] for at in shown) + len(_GAP) * (len(shown) - 1)


def _shared(
    natural: Sequence[int], least: Sequence[int], shown: Sequence[int], width: int
) -> list[int]:
    """The widest column that can gives way first."""
    sizes = list(natural)
    while _total(sizes, shown) > width:
        able = [at for at in shown if sizes[at] > least[at]]
        if not able:
            break
        sizes[max(able, key=lambda at: sizes[at])] -= 1
    return [sizes[at] for at in shown]


def _drawn(line: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> Iterator[str]:
    parts = [wrapped(cell, size) for cell, size in zip(line, widths, strict=True)]
    for pieces in zip_longest(*parts, fillvalue=""):
        yield _joined(pieces, columns, widths)


def _indented(notes: Sequence[str], width: int | None) -> Iterator[str]:
    room = max((width or PROSE) - len(_NOTE), 1)
    for note in notes:
        yield from (_NOTE + text for text in wrapped(printable(note), room))


def _joined(pieces: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    last = max((at for at, piece in enumerate(pieces) if piece), default=0)
    return _GAP.join(
        (column.paint(piece) if column.paint and piece else piece)
        + " " * (size - text_width(piece) if at < last else 0)
        for at, (piece, column, size) in enumerate(zip(pieces, columns, widths, strict=True))
        if at <= last
    )


def _block(row: Sequence[str], columns: Sequence[Column], width: int) -> Iterator[str]:
    """A row as lines of `title: cell`, where the terminal is too narrow for columns."""
    for cell, column in zip(row, columns, strict=True):
        if not cell or column.leave_out == "early":
            continue
        named = f"{column.title}: {cell}" if column.title else cell
        first, *more = wrapped(named, width - len(_GAP))
        yield first
        yield from (_GAP + line for line in more)
