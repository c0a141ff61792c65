"""Tables and paragraphs of every width."""

from __future__ import annotations

import pytest

from scheduler.cli import table as tables
from scheduler.cli.table import Column, paragraph, printable, table, wrapped

COLUMNS = (
    "local",
    Column("UTC", leave_out="early"),
    Column("setting", wraps=True),
    Column("calendar", wraps=True, leave_out="late"),
)
ROWS = [
    ["22:05 PST", "2026-11-24 06:05Z", "Backup-only, 100 %, no charging from the grid", "winter"],
    ["07:55 PST", "2026-11-24 15:55Z", "Self-Powered, 5 %", "winter super_off_peak"],
]
WORDS = {word for row in ROWS for cell in row for word in cell.split()}


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80, 110, 200])
def test_a_table_fits_and_no_word_is_broken(width: int) -> None:
    lines = table(ROWS, COLUMNS, width=width).splitlines()

    assert max(map(len, lines)) <= width
    titles = {"local", "UTC", "setting", "calendar", "local:", "setting:", "calendar:"}
    assert {word for line in lines for word in line.split()} <= WORDS | titles


def test_utc_goes_before_anything_wraps() -> None:
    lines = table(ROWS, COLUMNS, width=85).splitlines()

    assert lines[0].split() == ["local", "setting", "calendar"]
    assert len(lines) == 3


def test_a_late_column_goes_only_where_wrapping_does_not_suffice() -> None:
    assert "calendar" in table(ROWS, COLUMNS, width=60)
    assert "calendar" not in table(ROWS, COLUMNS, width=34)


def test_where_no_columns_fit_each_row_is_a_block() -> None:
    blocks = table(ROWS, COLUMNS, width=20).split("\n\n")

    assert len(blocks) == 2
    assert blocks[1].splitlines()[:3] == ["local: 07:55 PST", "setting:", "  Self-Powered, 5 %"]


def test_without_a_terminal_nothing_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "terminal_width", lambda: None)

    assert len(table(ROWS, COLUMNS).splitlines()) == 3


def test_a_number_stays_with_its_unit_and_a_weekday_with_its_date() -> None:
    assert wrapped("reserve 100 % on Mon 2026-11-23", 15) == [
        "reserve 100 %",
        "on",
        "Mon 2026-11-23",
    ]


def test_a_word_longer_than_the_line_is_whole() -> None:
    assert wrapped("see schedules/home-of-the-house.yaml now", 10) == [
        "see",
        "schedules/home-of-the-house.yaml",
        "now",
    ]


def test_what_a_file_says_cannot_move_the_cursor() -> None:
    text = table([["evil\x1b[2J\r\nname\u202e\x9b31m"]], ["name"], width=80)

    assert text == "name\nevil\\x1b[2J\\r\\nname\\u202e\\x9b31m"


def test_a_blank_of_another_script_is_a_blank() -> None:
    assert printable("a\u00a0b\u3000c") == "a b c"


def test_wide_characters_are_counted_as_two_columns() -> None:
    lines = table([["昼の間", "x"], ["abcdef", "y"]], ["name", "z"], width=80).splitlines()

    assert lines[1:] == ["昼の間  x", "abcdef  y"]


def test_notes_stand_indented_under_their_row() -> None:
    text = table([["#1", "x"]], ["run", "what"], below=[["the gateway shows another"]], width=24)

    assert text.splitlines()[2:] == ["      the gateway shows", "      another"]


def test_a_paragraph_hangs_under_its_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")

    assert paragraph("one two three four", first="note  ") == "note  one two three\n      four"


def test_columns_of_nonsense_are_no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "-3")

    assert tables.prose_width() == 100
