"""What to look up about the tariff and the zone database that a plan rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from scheduler.advice.outlook import Outlook
from scheduler.errors import Place, Problem
from scheduler.schedule.document import Document
from scheduler.schedule.tariff import Tariff
from scheduler.schedule.tariff_doubts import doubts
from scheduler.schedule.values import Schedule
from scheduler.schedule.zones import ZoneData


def tariff_advice(
    tariff: Tariff, document: Document, zone_data: ZoneData, today: date
) -> tuple[Problem, ...]:
    """What is doubtful about a tariff file, at the keys that say so."""
    top = Place(document.file, 1, 1)
    found = [replace(each.in_file(document), severity="warning") for each in doubts(tariff, today)]
    return (*found, *_old(zone_data, top, today))


def of_schedule(schedule: Schedule, tariff: Tariff, today: date) -> list[Problem]:
    """The same of the tariff that a schedule names, at the line that names it."""
    place = schedule.tariff_place or Place(schedule.file, 1, 1)
    return [
        Problem(place, "tariff", f"{tariff.name}: {each.message}", each.id, "warning")
        for each in doubts(tariff, today)
    ]


def zone_data_old(outlook: Outlook) -> Iterator[Problem]:
    """The zone database is at most a year old."""
    place = outlook.schedule.tariff_place or Place(outlook.schedule.file, 1, 1)
    yield from _old(outlook.zone_data, place, outlook.today)


def _old(zone_data: ZoneData, place: Place, today: date) -> Iterator[Problem]:
    if not zone_data.older_than_a_year(today):
        return
    message = (
        f"The zone data {zone_data.version} ({zone_data.source}) is more than a year old, so "
        "clock changes may be wrong. Upgrade the tzdata package."
    )
    yield Problem(place, "", message, "zone-data-old", "warning")
