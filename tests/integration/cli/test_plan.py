"""`tou plan`: its table at every width, and what it cannot plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Tou

WIDTHS = (20, 60, 80, 110, 200)


@pytest.mark.parametrize("columns", WIDTHS)
def test_the_table_fits_the_terminal_and_breaks_no_word(
    tou: Tou, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    words = set(tou("plan", "--from", "2026-11-23").out.split())
    monkeypatch.setenv("COLUMNS", str(columns))

    out = tou("plan", "--from", "2026-11-23").out

    # At 20 columns a longer word or a checksum has a line of its own.
    longest = max(map(len, out.splitlines()))
    assert longest <= max(columns, 26)
    titles = {"local:", "setting", "job:", "name:", "calendar:", "day:"}
    assert set(out.split()) <= words | titles


@pytest.mark.parametrize("columns", [60, 110])
def test_utc_is_left_out_where_there_is_no_room(
    tou: Tou, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    assert "UTC" not in tou("plan").out


IMPOSSIBLE = {
    "days that are no number": (("--days", "nan"), "is not a number of days"),
    "endless days": (("--days", "inf"), "is not a number of days"),
    "no days": (("--days", "0"), "is not a number of days"),
    "a century": (("--days", "36500"), "is not a number of days"),
    "the first year": (("--from", "0001-01-01"), "is out of range"),
    "the last days": (("--from", "9999-12-30"), "is out of range"),
    "an end beyond the calendar": (("--to", "9999-12-31"), "is out of range"),
    "an end too far": (("--to", "2100-01-01"), "more than 20 years"),
    "an end before the beginning": (("--to", "yesterday"), "--to must be later than --from"),
    "no time": (("--from", "soon"), "is not a time"),
}


@pytest.mark.parametrize(("words", "message"), IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_what_cannot_be_planned_is_one_usage_error(
    tou: Tou, words: tuple[str, str], message: str
) -> None:
    answer = tou("plan", *words)

    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err
    assert "defect" not in answer.err


def test_a_bare_length_of_time_is_ahead(tou: Tou) -> None:
    answer = tou("plan", "--to", "3 days", "--format", "csv")

    assert answer.code == 0
    assert len(answer.out.splitlines()) > 6


def test_a_name_with_escapes_is_shown_safely(tou: Tou, home: Path) -> None:
    (home / "evil.yaml").write_text(
        'schedule: "evil\\e[2Jname"\ntimezone: UTC\nrules:\n'
        '  - {name: "rule\\e]0;x\\a", mode: backup, reserve: 100%}\n'
    )

    out = tou("plan", "--schedule", "evil.yaml").out

    assert not [each for each in out if not each.isprintable() and each != "\n"]


@pytest.mark.parametrize("words", [("own.yaml",), ("--schedule", "own.yaml")])
def test_a_file_is_planned(tou: Tou, home: Path, words: tuple[str, ...]) -> None:
    (home / "own.yaml").write_text(
        "schedule: my own\ntimezone: UTC\nrules:\n  - {name: keep, mode: backup, reserve: 100%}\n"
    )

    answer = tou("plan", *words)

    assert answer.code == 0, answer.err
    assert answer.out.startswith("my own (UTC)\n")


def test_a_plan_of_a_tariff_says_what_is_needed_and_where_its_hours_are(tou: Tou) -> None:
    answer = tou("plan", "pge-e-6")

    assert answer.code == 2
    assert "pge-e-6 is a tariff" in answer.err
    assert "tou tariff show pge-e-6" in answer.err


def test_a_file_named_twice_is_refused(tou: Tou) -> None:
    assert tou("plan", "a.yaml", "--schedule", "b.yaml").code == 2
