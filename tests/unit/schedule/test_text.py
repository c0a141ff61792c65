from __future__ import annotations

import contextlib
import re
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
    "TBC": Mode.AUTONOMOUS,
    "Time-of-Use": Mode.AUTONOMOUS,
    "Time-Based": Mode.AUTONOMOUS,
    "time based": Mode.AUTONOMOUS,
}

RESERVES: dict[object, Reserve] = {
    "5%": Reserve(5.0),
    "5 %": Reserve(5.0),
    "100 %": Reserve(100.0),
    " 20  % ": Reserve(20.0),
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
    "10pm-8am": ClockWindow(79_200, 28_800),
    "midnight-6am": ClockWindow(0, 21_600),
    "super_off_peak": "super_off_peak",
    "P1": "P1",
    " on_peak ": "on_peak",
}

TIMES: dict[str, object] = {
    "07:15": ClockTime(26_100),
    "7:15": ClockTime(26_100),
    "16:00:05": ClockTime(57_605),
    "00:00": ClockTime(0),
    "8am": ClockTime(28_800),
    "noon": ClockTime(43_200),
    "off_peak.end - 45 min": PeriodEdge("off_peak", "end", -timedelta(minutes=45)),
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
    "2026-12-24 - 2026-12-26": DateRange(date(2026, 12, 24), date(2026, 12, 26)),
    "2026-12-24 to 2026-12-26": DateRange(date(2026, 12, 24), date(2026, 12, 26)),
    "2026-12-24–2026-12-26": DateRange(date(2026, 12, 24), date(2026, 12, 26)),
    "2026-12-24/2026-12-26": DateRange(date(2026, 12, 24), date(2026, 12, 26)),
}

DURATIONS: dict[object, timedelta] = {
    "90s": timedelta(seconds=90),
    "5m": timedelta(minutes=5),
    "2h": timedelta(hours=2),
    "1h30m": timedelta(minutes=90),
    "24h": timedelta(hours=24),
    0: timedelta(0),
    "0": timedelta(0),
    "45min": timedelta(minutes=45),
    "1 hour": timedelta(hours=1),
    "1 hour 30 minutes": timedelta(minutes=90),
    "90 sec": timedelta(seconds=90),
    "2H": timedelta(hours=2),
}

DAYS = {
    "Monday": "mon",
    "saturday": "sat",
    "Thurs": "thu",
    "tues": "tue",
    "weekdays": "weekday",
    "Weekends": "weekend",
    "holidays": "holiday",
    "SUN": "sun",
}

CHARGES = {"full": "full", "3 kW": 3000.0, "1.5kw": 1500.0, "800 W": 800.0}

TABLES: list[tuple[Callable[[object], object], object, object]] = [
    (parse, written, meant)
    for parse, table in (
        (text.mode, MODES),
        (text.reserve, RESERVES),
        (text.during, DURINGS),
        (text.at, TIMES),
        (text.dates, DATES),
        (text.duration, DURATIONS),
        (text.day, DAYS),
        (text.charge, CHARGES),
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
    text.floor,
    text.grid_charging,
    text.export,
    text.drift,
    text.guard,
    text.charge,
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


PUT_RIGHT: list[tuple[Callable[[object], object], object, str]] = [
    (text.during, "8-10", "08:00-10:00"),
    (text.during, "4-9pm", "16:00-21:00"),
    (text.during, "16.00-21.00", "16:00-21:00"),
    (text.at, "7", "07:00"),
    (text.at, "end of off_peak", "off_peak.end"),
    (text.at, "the start of on_peak", "on_peak.start"),
    (text.day, "mon-fri", "[mon, tue, wed, thu, fri]"),
    (text.day, "Friday - Monday", "[fri, sat, sun, mon]"),
    (text.day, "every day", "Leave the key out"),
    (text.dates, "24.12.2026", "Write 2026-12-24."),
    (text.dates, "12/24/2026", "Write 2026-12-24."),
    (text.dates, "01/02/2026", "Write 2026-01-02 or 2026-02-01."),
    (text.dates, "Dec 24, 2026", "Write 2026-12-24."),
    (text.dates, "24 December 2026", "Write 2026-12-24."),
    (text.dates, 20261224, "Write 2026-12-24"),
    (text.dates, "2026/12/24", "Write 2026-12-24."),
    (text.duration, "1.5h", "Write 1h30m."),
    (text.duration, "0:45", "Write 45m."),
    (text.duration, "PT45M", "Write 45m."),
    (text.duration, 45, "Write 45m for minutes"),
    (text.reserve, "20 percent", "Write 20%, or hold."),
    (text.reserve, "20,5%", "Write 20.5%, or hold."),
    (text.grid_charging, True, "Write allow."),
    (text.grid_charging, "no", "Write deny."),
    (text.export, "battery_ok", "Write battery."),
    (text.export, "pv_only", "Write solar."),
    (text.export, "never", "Write none."),
    (text.guard, "storm", "storm_watch"),
]


@pytest.mark.parametrize(
    ("parse", "written", "said"),
    PUT_RIGHT,
    ids=[f"{row[0].__name__} {row[1]}" for row in PUT_RIGHT],
)
def test_what_is_nearly_right_is_answered_with_itself_put_right(
    parse: Callable[[object], object], written: object, said: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        parse(written)


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__name__)
def test_no_text_is_read_by_a_pattern_before_its_length_is_known(
    parse: Callable[[object], object],
) -> None:
    """24,000 spaces took a minute."""
    for long in (" " * 3_000_000 + "x", "1" + " " * 3_000_000 + "%", "a." + "end " * 700_000):
        with contextlib.suppress(ValueError):
            assert len(str(parse(long))) < 100
