"""The words of a digest. A line with nothing to say is left out; a week in which nothing happened
is one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from scheduler import clock
from scheduler.outlets.digest.energy import FromGrid, coverage, dearest_peak, metered
from scheduler.outlets.digest.week import Week, switched, tariff_of
from scheduler.outlets.notices.notice import span
from scheduler.outlets.switched import Switched
from scheduler.outside import said

NOTHING: Final = "Nothing for you to do."
_OLD: Final = timedelta(days=365)
_NOISE: Final = 0.05
"""kWh of a week; less is a meter's noise."""


def digest(week: Week) -> str:
    """The text: five lines first, then a row a day."""
    switches, energy = switched(week), metered(week)
    peak, watch, ahead = _peak(week, energy), _watch(week), _ahead(week)
    first, money = _switches(week, switches), _money(week, energy)
    calm = all(each.late is not None and not each.wrong for each in switches)
    if calm and switches and not peak and not watch and ahead == NOTHING:
        return " ".join(each for each in (first, money, ahead) if each)
    lines = [first, peak, money, watch, ahead]
    rows = _rows(week, switches, energy)
    return "\n".join([*(each for each in lines if each), "", *rows])


def _switches(week: Week, found: Sequence[Switched]) -> str:
    begins = f"Week of {_local(week, week.facts.start):%-d %b}:"
    if all(each.schedule is None for each in week.facts.thens):
        return f"{begins} what was due is not known. {week.facts.thens[-1].problem or ''}".strip()
    if not found:
        return f"{begins} no switch was due."
    good = [each.late for each in found if each.late is not None]
    worst = f", worst {span(max(good))} late" if good else ""
    wrong = sum((each.wrong for each in found), timedelta(0))
    told = f"{begins} {len(good)} of {len(found)} switches confirmed{worst}."
    return f"{told} Wrong setting: {span(wrong) if wrong else '0 min'}."


def _peak(week: Week, found: Sequence[FromGrid]) -> str:
    total = sum(each.imported for each in found if each.peak)
    run = dearest_peak(found)
    if total < _NOISE or not run:
        return ""
    first, last = _local(week, run[0].start), _local(week, run[-1].end)
    lowest = min((each.charge for each in run if each.charge is not None), default=None)
    highest = max((each.load for each in run if each.load is not None), default=None)
    known = [] if lowest is None else [f"battery at {lowest:.0f} %"]
    known += [] if highest is None else [f"load up to {highest / 1000:.1f} kW"]
    why = f" ({', '.join(known)})" if known else ""
    return f"Grid in peak: {total:.1f} kWh, most on {first:%a %H:%M}-{last:%H:%M}{why}."


def _money(week: Week, found: Sequence[FromGrid]) -> str:
    if not found:
        return ""
    covered = f"readings cover {100 * coverage(found, week.end - week.facts.start):.1f} %"
    total = sum(each.imported for each in found)
    if any(each.price is None for each in found):
        return f"From the grid: {total:.1f} kWh ({covered})."
    paid = sum(each.imported * (each.price or 0.0) for each in found)
    currency = found[-1].currency
    without = ""
    if all(each.bare is not None for each in found):
        bare = sum((each.bare or 0.0) * (each.price or 0.0) for each in found)
        without = f"; without battery {bare:.2f}"
    return f"From the grid at list prices: {paid:.2f} {currency}{without} ({covered})."


def _watch(week: Week) -> str:
    parts = [*_incidents(week), *_unwatched(week), *_firmware(week), *_old_tariff(week)]
    return f"Watch: {'; '.join(parts)}." if parts else ""


def _incidents(week: Week) -> Iterator[str]:
    if not week.stories:
        return
    lasted = {each: (each.until or week.end) - each.since for each in week.stories}
    worst = max(week.stories, key=lambda each: lasted[each])
    count = len(week.stories)
    what = "1 incident" if count == 1 else f"{count} incidents, the longest"
    yield f"{what} of {span(lasted[worst])}: {said(worst.text, limit=120).rstrip('.')}"


def _unwatched(week: Week) -> Iterator[str]:
    start, end = week.facts.start, week.end
    cut = [
        (min(gap.end or end, end) - max(gap.start or start, start), gap.why)
        for gap in week.facts.gaps
    ]
    lengths = [each for each in cut if each[0] > timedelta(0)]
    if lengths:
        total = sum((each[0] for each in lengths), timedelta(0))
        yield f"nobody watched for {span(total)} ({max(lengths)[1]})"


def _firmware(week: Week) -> Iterator[str]:
    for each in week.firmware[-1:]:
        version = said(each.detail.get("firmware") or "another one", limit=40)
        yield f"firmware {version} came {_local(week, each.at):%a %H:%M}"


def _old_tariff(week: Week) -> Iterator[str]:
    tariff = tariff_of(week.ahead)
    if tariff is not None and tariff.checked is not None:
        age = _local(week, week.facts.now).date() - tariff.checked
        if age >= _OLD:
            yield f"tariff last compared {round(age.days / 30.4)} months ago"


def _ahead(week: Week) -> str:
    """The days to come that are unlike others, and what a person should do."""
    days = [*_holidays(week), *_clock_change(week)]
    open_now = [each.text for each in week.stories if each.until is None]
    to_do = f"To look at: {said(open_now[0], limit=200)}" if open_now else NOTHING
    if week.ahead is None:
        to_do = "To look at: the schedule cannot be read; `tou check` tells why."
    return f"Next week: {'; '.join(days)}. {to_do}" if days else to_do


def _holidays(week: Week) -> Iterator[str]:
    tariff = tariff_of(week.ahead)
    first = _local(week, week.facts.end).date()
    dates = [first + timedelta(days=number) for number in range(7)]
    years = sorted({each.year for each in dates})
    for holiday in (each for year in years if tariff for each in tariff.holidays_in(year)):
        if tariff and holiday.date in dates:
            periods = list(dict.fromkeys(period for _, period in tariff.day(holiday.date).periods))
            all_day = f" ({str(periods[0]).replace('_', '-')} all day)" if len(periods) == 1 else ""
            yield f"{holiday.date:%a %-d %b} is {said(holiday.name, limit=60)}{all_day}"


def _clock_change(week: Week) -> Iterator[str]:
    for number in range(7):
        at = week.facts.end + timedelta(days=number)
        here, there = _local(week, at), _local(week, at + timedelta(days=1))
        if here.utcoffset() != there.utcoffset():
            yield f"the clock changes in the night to {there:%a %-d %b}"


def _rows(week: Week, switches: Sequence[Switched], energy: Sequence[FromGrid]) -> Iterator[str]:
    """A day each."""
    for number in range(7):
        day = (_local(week, week.facts.start + timedelta(days=number, hours=3))).date()
        due = [each for each in switches if _local(week, each.at).date() == day]
        done = [each.late for each in due if each.late is not None]
        worst = f", worst {span(max(done))}" if done else ""
        read = [each for each in energy if _local(week, each.start).date() == day]
        kwh = f", {sum(each.imported for each in read):.1f} kWh from the grid" if read else ""
        yield f"{day:%a %d %b}: {len(done)} of {len(due)} switches{worst}{kwh}"


def _local(week: Week, at: datetime) -> datetime:
    return clock.localise(at, week.zone)
