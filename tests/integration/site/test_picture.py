"""A day as a picture: what it shows is what the audit holds, and nothing in it can act."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from scheduler.audit.readings import KeptReading
from scheduler.outlets import picture
from scheduler.outlets.hindsight import Life, hindsight
from scheduler.outlets.picture.day import DayPicture, Span
from scheduler.outlets.picture.page import page, summary, table
from scheduler.outlets.watched import Gap
from scheduler.plan import LeaseKind
from scheduler.site.asked import Asked
from scheduler.words import Wake

from .conftest import Home

at = datetime.fromisoformat
SVG = "{http://www.w3.org/2000/svg}"


def drawn(
    house: Home, start: str = "2026-07-06T00:00Z", hours: int = 24, zone: str = "UTC"
) -> DayPicture:
    house.runs()
    begin = at(start)
    span = (begin, begin + timedelta(hours=hours))
    facts = hindsight(
        house.database, "home", *span, now=house.clock.instant, life=Life(running=True, seen=None)
    )
    return picture.day(facts, *span, ZoneInfo(zone))


def clocks(spans: tuple[Span, ...]) -> list[tuple[str, str, str]]:
    return [(f"{each.start:%H:%M}", f"{each.end:%H:%M}", each.setting) for each in spans]


@pytest.fixture
async def paused(house: Home) -> Home:
    """Started at 9; paused by somebody with a name that a page must not obey, from 21:30 to 23."""
    await house.look(Wake.START)
    await house.settle()
    house.at(21, 30)
    until = house.clock.instant + timedelta(minutes=90)
    await house.site.grant(Asked(LeaseKind.PAUSE, until, who="<script>anna</script>"))
    await house.look(Wake.OVERRIDE)
    await house.next(Wake.BOUNDARY)
    await house.next(Wake.BOUNDARY)
    await house.settle()
    house.at(23, 30)
    return house


async def test_wanted_and_proven_part_where_the_audit_says_so(paused: Home) -> None:
    day = drawn(paused)

    assert clocks(day.proven) == [
        ("09:00", "23:00", "Self-Powered, 5 %"),
        ("23:00", "23:30", "Backup-only, 100 %"),
    ]
    assert [(f"{a:%H:%M}", f"{b:%H:%M}") for a, b in day.parted()] == [("22:00", "23:00")]
    assert [mark.outcome for mark in day.marks] == ["confirmed", "deferred", "confirmed"]
    assert [(f"{a:%H:%M}", f"{b:%H:%M}") for a, b, _ in day.pauses] == [("21:30", "23:00")]
    assert summary(day) == "1 h 0 min known not to be as wanted."


async def test_the_picture_is_one_svg_without_script_or_anything_from_outside(paused: Home) -> None:
    day = drawn(paused)

    text = picture.draw(day, link=lambda run: f"/run/{run}")

    tree = ElementTree.fromstring(text)
    assert tree.tag == f"{SVG}svg"
    # Marks are links, and nothing may be linked inside an image (axe: nested-interactive).
    assert tree.get("role") == "group"
    assert {each.tag.removeprefix(SVG) for each in tree.iter()}.isdisjoint({"script", "image"})
    assert "<script>" not in text
    titles = [each.text or "" for each in tree.iter(f"{SVG}title")]
    assert any(title.startswith("not as wanted, 22:00:00 to 23:00:00") for title in titles)
    assert any("confirmed" in title and "run 1" in title for title in titles)


async def test_the_table_holds_what_the_picture_shows(paused: Home) -> None:
    rows = table(drawn(paused))

    kinds = [row[2] for row in rows]
    assert kinds.count("run") == 3
    assert ("22:00:00", "23:00:00", "not as wanted", "") in [
        (row[0], row[1][:7] + "0", *row[2:]) for row in rows
    ]
    assert rows == sorted(rows, key=lambda row: row[0])


async def test_a_gap_is_drawn_as_a_gap_and_proves_nothing(house: Home) -> None:
    await house.look(Wake.START)
    await house.settle()
    gone = house.clock.instant
    house.clock.move(hours=3)
    await house.site.recorder.event("service", "start", {"seen": gone.isoformat()})
    await house.look(Wake.START)
    await house.settle()
    house.clock.move(hours=1)

    day = drawn(house)

    assert [(f"{x.start:%H:%M}", f"{x.end:%H:%M}") for x in day.gaps] == [("09:00", "12:00")]
    assert clocks(day.proven)[1:] == [("12:00", "13:00", "Self-Powered, 5 %")]
    assert day.proven[0].end == day.gaps[0].start
    assert "nobody was watching, 09:00:00 to 12:00:00" in picture.draw(day)
    assert isinstance(day.gaps[0], Gap)


async def test_the_charge_is_drawn_where_it_is_known(house: Home) -> None:
    await house.look(Wake.START)
    for hour in range(3):
        reading = KeptReading(at=at(f"2026-07-06T1{hour}:00Z"), source="memory", charge=50.0 + hour)
        await house.site.recorder.reading(reading)

    assert [charge for _, charge in drawn(house).charge][-3:] == [50.0, 51.0, 52.0]
    assert 'class="charge"' in picture.draw(drawn(house))


async def test_a_page_of_days_stands_alone(paused: Home) -> None:
    text = page("home & <b>", [drawn(paused), drawn(paused, "2026-07-07T00:00Z")])

    class Seen(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.tags: list[str] = []
            self.outside: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.tags.append(tag)
            self.outside += [v for k, v in attrs if k in {"src", "href"} and v]

    seen = Seen()
    seen.feed(text)
    assert "script" not in seen.tags
    assert "link" not in seen.tags
    assert seen.outside == []
    assert seen.tags.count("svg") == 2
    assert seen.tags.count("table") == 2
    assert "home &amp; &lt;b&gt;" in text


async def test_the_hours_of_a_short_day_are_those_of_the_wall_clock(house: Home) -> None:
    await house.look(Wake.START)
    day = drawn(house, "2026-03-28T23:00Z", 23, "Europe/Berlin")

    text = picture.draw(day)

    assert day.start == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert [each for each in ("03", "06", "21", "24") if f">{each}</text>" in text] == [
        "03",
        "06",
        "21",
        "24",
    ]
