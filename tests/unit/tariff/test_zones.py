"""Zone names as people write them, and which of two zone databases is used."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from scheduler import clock
from scheduler.schedule import zones
from scheduler.schedule.zones import ZoneData, newer, zone


@pytest.mark.parametrize(
    "name", ["America/Los_Angeles", "US/Pacific", "America/Argentina/Ushuaia", "UTC", "Etc/UTC"]
)
def test_a_place_and_a_link_to_one_are_taken(name: str) -> None:
    assert zone(name).key == name


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("PST", "Write America/Los_Angeles"),
        ("pst8pdt", "Write America/Los_Angeles"),
        ("EST5EDT", "Write America/New_York"),
        ("MST", "America/Phoenix in Arizona"),
        ("GMT", "Write Europe/London, or UTC"),
        ("CET", "Write Europe/Madrid or Europe/Berlin"),
        ("AEST", "America|Australia/Brisbane in Queensland"),
        ("america/los_angeles", r"Did you mean America/Los_Angeles\?"),
        ("Los Angeles", r"Did you mean America/Los_Angeles\?"),
        ("sydney", r"Did you mean Australia/Sydney\?"),
        ("Europe/Londn", r"Did you mean Europe/London\?"),
        ("UTC-8", "knows no summer time"),
        ("+01:00", "knows no summer time"),
        ("Mars/Olympus", "Write a place such as"),
        ("../../etc/passwd", "not an IANA time zone"),
        ("/etc/localtime", "not an IANA time zone"),
        ("localtime", "not an IANA time zone"),
        ("posix/America/Los_Angeles", "Did you mean|not an IANA"),
        ("", "not an IANA time zone"),
        ("a\0b", "not an IANA time zone"),
    ],
)
def test_anything_else_is_answered_with_a_way_out(name: str, advice: str) -> None:
    with pytest.raises(ValueError, match=advice) as caught:
        zone(name)

    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("system", "package", "expected"),
    [
        ("2025b", "2026f", ZoneData("package", "2026f", None)),
        ("2026b", "2026b", ZoneData("system", "2026b", date(2026, 4, 23))),
        ("2026c", "2026b", ZoneData("system", "2026c", date(2026, 7, 8))),
        ("2025c", "2026a", ZoneData("package", "2026a", date(2026, 3, 2))),
        (None, "2024a", ZoneData("package", "2024a", date(2024, 2, 1))),
        ("2025b", None, ZoneData("system", "2025b", date(2025, 3, 22))),
    ],
)
def test_the_newer_zone_database_is_used(
    system: str | None, package: str | None, expected: ZoneData
) -> None:
    assert newer(system, package) == expected


@pytest.mark.parametrize(
    ("version", "today", "old"),
    [
        ("2025b", "2026-03-22", False),
        ("2025b", "2026-03-23", True),
        ("2027a", "2028-12-30", False),
        ("2027a", "2029-01-01", True),
        (None, "2029-01-01", False),
    ],
)
def test_a_release_is_old_after_a_year(version: str | None, today: str, old: bool) -> None:
    """A release whose day is not known counts as one of the last day of its year."""
    data = newer(version, None)

    assert data.older_than_a_year(date.fromisoformat(today)) is old


def test_the_zone_database_in_use_tells_its_version() -> None:
    data = zones.zone_data()

    assert data.version is not None
    assert data.version >= "2026a"


@pytest.mark.parametrize(
    ("name", "utc_hour"),
    [
        ("America/Vancouver", 14),
        ("America/Edmonton", 13),
        ("America/Los_Angeles", 15),
        ("Europe/London", 7),
    ],
)
def test_the_laws_of_2026_are_known(name: str, utc_hour: int) -> None:
    """07:55 by the wall on 2026-12-01; British Columbia and Alberta stay on summer time."""
    wall = clock.localise(datetime(2026, 12, 1, utc_hour, 55, tzinfo=UTC), zone(name))

    assert (wall.hour, wall.minute) == (7, 55)
