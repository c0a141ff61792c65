"""Generated tariffs against a look-up that knows nothing but minutes."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scheduler.errors import ScheduleError
from scheduler.schedule.tariff import period_at
from scheduler.schedule.tariff_file import parse_tariff

NAMES = ("alpha", "beta", "gamma", "delta")
CUTS = st.lists(st.integers(0, 1439), min_size=2, max_size=6, unique=True).map(sorted)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A day's windows as text, and the period of each of its minutes."""
    cuts = draw(CUTS)
    names = [draw(st.sampled_from(NAMES)) for _ in cuts]
    minutes = [""] * 1440
    windows: dict[str, list[str]] = {}
    for start, end, name in zip(cuts, [*cuts[1:], cuts[0]], names, strict=True):
        for offset in range((end - start) % 1440):
            minutes[(start + offset) % 1440] = name
        windows.setdefault(name, []).append(f"{clock(start)}-{clock(end)}")
    rest = draw(st.sampled_from(sorted(windows))) if draw(st.booleans()) else None
    parts = (
        f"{name}: otherwise" if name == rest else f"{name}: [{', '.join(spans)}]"
        for name, spans in windows.items()
    )
    return "{" + ", ".join(parts) + "}", minutes


def file_of(season_cut: date, tables_by_key: dict[str, str], holidays: str = "") -> str:
    before = season_cut - timedelta(days=1)
    tables_text = ", ".join(f"{key}: {text}" for key, text in tables_by_key.items())
    return (
        "tariff: Generated\ntimezone: Europe/London\n"
        f"seasons: {{early: 01-01..{before:%m-%d}, late: {season_cut:%m-%d}..12-31}}\n"
        f"{holidays}"
        f"windows: {{early: {{{tables_text}}}, late: {{every_day: {tables_by_key['weekend']}}}}}\n"
    )


@settings(max_examples=60)
@given(
    tables_by_key=st.fixed_dictionaries({key: tables() for key in ("weekday", "weekend", "wed")}),
    season_cut=st.dates(date(2028, 1, 2), date(2028, 12, 31)),
    day=st.dates(date(2026, 1, 1), date(2029, 12, 31)),
    holiday=st.booleans(),
)
def test_a_day_equals_a_naive_look_up_of_every_minute(
    tables_by_key: dict[str, tuple[str, list[str]]], season_cut: date, day: date, holiday: bool
) -> None:
    texts = {key: text for key, (text, _) in tables_by_key.items()}
    holidays = f"holidays: {{dates: [{day}], count_as: weekend}}\n" if holiday else ""
    tariff = parse_tariff(file_of(season_cut, texts, holidays), "generated.yaml")
    early = (day.month, day.day) < (season_cut.month, season_cut.day)
    working = "wed" if day.weekday() == 2 else "weekday"
    _, minutes = tables_by_key["weekend" if not early or holiday or day.weekday() >= 5 else working]

    found = tariff.day(day)

    assert found.season == ("early" if early else "late")
    assert [period_at(found, minute * 60) for minute in range(1440)] == minutes
    assert [period_at(found, minute * 60 + 59) for minute in range(1440)] == minutes
    assert found.periods[0][0] == 0
    assert all(a[0] < b[0] and a[1] != b[1] for a, b in pairwise(found.periods))


def one_table(text: str) -> str:
    return (
        "tariff: Generated\ntimezone: Australia/Brisbane\nseasons: {all_year: 01-01..12-31}\n"
        f"windows: {{all_year: {{every_day: {text}}}}}\n"
    )


@settings(max_examples=80)
@given(cuts=CUTS, which=st.integers(0, 5), by=st.integers(1, 600), later=st.booleans())
def test_a_window_that_starts_early_or_late_is_an_overlap_or_a_gap(
    cuts: list[int], which: int, by: int, later: bool
) -> None:
    which %= len(cuts)
    start, end = cuts[which], cuts[(which + 1) % len(cuts)]
    before = cuts[which - 1]
    room = (end - start) % 1440 if later else (start - before) % 1440
    assume(by < room)
    moved = (start + by if later else start - by) % 1440
    spans = [
        f"p{n}: {clock(moved if n == which else cut)}-{clock(cuts[(n + 1) % len(cuts)])}"
        for n, cut in enumerate(cuts)
    ]

    with pytest.raises(ScheduleError) as caught:
        parse_tariff(one_table("{" + ", ".join(spans) + "}"), "generated.yaml")

    (problem, *others) = caught.value.problems
    assert problem.id == ("window-gap" if later else "window-overlap")
    assert all(f"p{n} " in problem.message for n in (which, (which - 1) % len(cuts)))
    edge = f"{clock(start)}-{clock(moved)}" if later else f"{clock(moved)}-{clock(start)}"
    told = "".join(each.message for each in (problem, *others)).replace("24:00", "00:00")
    assert all(part in told for part in edge.split("-"))


@settings(max_examples=60)
@given(first=st.integers(0, 365), length=st.integers(0, 365), shift=st.sampled_from([-1, 1]))
def test_seasons_that_do_not_tile_the_year_are_refused(first: int, length: int, shift: int) -> None:
    def day(number: int) -> str:
        return f"{date(2028, 1, 1) + timedelta(days=number % 366):%m-%d}"

    assume(2 <= length <= 363)
    text = (
        "tariff: Generated\ntimezone: Australia/Brisbane\n"
        f"seasons: {{a: {day(first)}..{day(first + length)}, "
        f"b: {day(first + length + 1 + shift)}..{day(first - 1)}}}\n"
        "windows: {a: {every_day: {x: otherwise}}, b: {every_day: {x: otherwise}}}\n"
    )

    with pytest.raises(ScheduleError) as caught:
        parse_tariff(text, "generated.yaml")

    (problem,) = caught.value.problems
    assert problem.id == ("season-gap" if shift == 1 else "season-overlap")
    assert day(first + length + (1 if shift == 1 else 0)) in problem.message
