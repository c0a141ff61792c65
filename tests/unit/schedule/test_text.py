from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from scheduler.schedule import text
from scheduler.schedule.text import Reserve
from scheduler.schedule.values import ClockTime, ClockWindow, DateRange, PeriodEdge
from scheduler.setting import HOLD, Mode

MODES = {
    "self_consumption": Mode.SELF_CONSUMPTION,
    "Self-Powered": Mode.SELF_CONSUMPTION,
    "self powered": Mode.SELF_CONSUMPTION,
    "AUTONOMOUS": Mode.AUTONOMOUS,
    "Time-Based Control": Mode.AUTONOMOUS,
    "time-based control": Mode.AUTONOMOUS,
    "backup": Mode.BACKUP,
    "Backup-only": Mode.BACKUP,
    "backup-ONLY": Mode.BACKUP,
}

RESERVES: dict[object, Reserve] = {
    "5%": Reserve(5.0),
    "5 %": Reserve(5.0),
    5: Reserve(5.0),
    "20": Reserve(20.0),
    9.75: Reserve(9.75),
    "12.5%": Reserve(12.5),
    0: Reserve(0.0),
    "100%": Reserve(100.0),
    "hold": Reserve(HOLD),
    "Hold": Reserve(HOLD),
    "9.75% raw": Reserve(5.0, raw=True),
    "24 raw": Reserve(20.0, raw=True),
    "5% RAW": Reserve(0.0, raw=True),
    "100% raw": Reserve(100.0, raw=True),
}

DURINGS: dict[str, object] = {
    "22:00-08:00": ClockWindow(79_200, 28_800),
    "9:30-10:00": ClockWindow(34_200, 36_000),
    "16:00:05-16:00:10": ClockWindow(57_605, 57_610),
    "00:00-24:00": ClockWindow(0, 86_400),
    "22:00-00:00": ClockWindow(79_200, 86_400),
    "22:00 - 24:00": ClockWindow(79_200, 86_400),
    "super_off_peak": "super_off_peak",
    "P1": "P1",
    " on_peak ": "on_peak",
}

TIMES: dict[str, object] = {
    "07:15": ClockTime(26_100),
    "7:15": ClockTime(26_100),
    "16:00:05": ClockTime(57_605),
    "00:00": ClockTime(0),
    "on_peak.start": PeriodEdge("on_peak", "start", timedelta(0)),
    "super_off_peak.end - 45m": PeriodEdge("super_off_peak", "end", -timedelta(minutes=45)),
    "super_off_peak.end-45m": PeriodEdge("super_off_peak", "end", -timedelta(minutes=45)),
    "on_peak.start + 1h30m": PeriodEdge("on_peak", "start", timedelta(minutes=90)),
    "P1.end +90s": PeriodEdge("P1", "end", timedelta(seconds=90)),
}

DATES = {
    "2026-12-24": DateRange(date(2026, 12, 24), date(2026, 12, 24)),
    "2026-12-24..2027-01-01": DateRange(date(2026, 12, 24), date(2027, 1, 1)),
    "2028-02-29 .. 2028-03-01": DateRange(date(2028, 2, 29), date(2028, 3, 1)),
}

DURATIONS: dict[object, timedelta] = {
    "90s": timedelta(seconds=90),
    "5m": timedelta(minutes=5),
    "2h": timedelta(hours=2),
    "1h30m": timedelta(minutes=90),
    "24h": timedelta(hours=24),
    0: timedelta(0),
    "0": timedelta(0),
}

TABLES: list[tuple[Callable[[object], object], object, object]] = [
    (parse, written, meant)
    for parse, table in (
        (text.mode, MODES),
        (text.reserve, RESERVES),
        (text.during, DURINGS),
        (text.at, TIMES),
        (text.dates, DATES),
        (text.duration, DURATIONS),
    )
    for written, meant in table.items()
]


@pytest.mark.parametrize(
    ("parse", "written", "meant"), TABLES, ids=[f"{row[0].__name__} {row[1]}" for row in TABLES]
)
def test_a_text_means_what_it_says(
    parse: Callable[[object], object], written: object, meant: object
) -> None:
    assert parse(written) == meant


NOT_AT_ALL: list[object] = [
    None,
    True,
    -1,
    10**30,
    -0.5,
    "",
    " ",
    "\x00",
    "x" * 5000,
    "9" * 5000,
    "9" * 5000 + "h",
    "24:00",
    "99:99-99:99",
    "..",
    "-",
    ".start",
    "a.start - " + "9" * 400 + "h",
    "raw",
    "% raw",
    "²:00-³:00",
    [],
    {},
    [["a"]],
    "2999-99-99",
    "0000-00-00",
]
PARSERS = [
    text.name,
    text.path,
    text.timezone,
    text.mode,
    text.reserve,
    text.during,
    text.day,
    text.season,
    text.dates,
    text.duration,
    text.limit,
    text.job_kind,
    text.at,
]


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__name__)
def test_nonsense_is_refused_in_one_short_printable_sentence(
    parse: Callable[[object], object],
) -> None:
    for written in NOT_AT_ALL:
        try:
            parse(written)
        except ValueError as error:
            message = str(error)
        else:
            continue
        assert message.isprintable()
        assert len(message) < 300
        assert message.endswith((".", "?"))
