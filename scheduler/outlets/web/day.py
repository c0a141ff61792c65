"""A day by its address: its picture, the same as a table, and the why of a minute of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from starlette.requests import Request

from scheduler import clock
from scheduler.outlets import picture
from scheduler.outlets.explain import explain, sentence
from scheduler.outlets.hindsight import Hindsight
from scheduler.outlets.picture.day import PowersAt
from scheduler.outlets.picture.page import summary, table
from scheduler.outlets.web import address
from scheduler.outlets.web.page import Page, rendered
from scheduler.outlets.web.shapes import SHOWN_DAY
from scheduler.outlets.web.source import Source
from scheduler.outlets.web.strip import strip

MINUTE: Final = timedelta(minutes=1)
_TONES: Final[Mapping[str, str]] = {
    "as wanted": "good",
    "not as wanted": "bad",
    "not proven": "doubt",
    "paused": "waiting",
    "nobody watching": "quiet",
    "to come": "quiet",
}


@dataclass(frozen=True, slots=True)
class AskedDay:
    """A day as it was asked for."""

    on: date
    now: datetime
    known: Hindsight
    shown: picture.DayPicture

    @classmethod
    def of(cls, source: Source, on: str | None) -> AskedDay:
        """Raises QuestionError for a day that is none."""
        now = source.now()
        found = address.day(on) if on else clock.localise(now, source.zone).date()
        start, end = address.ends(found, source.zone)
        known = source.hindsight(start, end, now)
        return cls(found, now, known, picture.day(known, start, end, source.zone))


def facts(source: Source, on: str | None, at: str | None) -> dict[str, Any]:
    """What the template shows. Raises QuestionError for a day or a time that is none."""
    asked = AskedDay.of(source, on)
    shown, today = asked.shown, clock.localise(asked.now, source.zone).date()
    return {
        "page": "Day",
        "day": asked.on,
        "before": asked.on - timedelta(days=1),
        "after": asked.on + timedelta(days=1),
        "today": today,
        "at": at or "",
        "why": _why(source, asked, at) if at else None,
        "summary": summary(shown) if shown.start <= asked.now else "Still to come: as planned.",
        "picture": picture.draw(shown, link=_run, styled=False),
        "narrow": picture.draw(shown, link=_run, frame=picture.narrow(shown), styled=False),
        "metered": bool(shown.powers),
        "charged": bool(shown.charge),
        "begins": int(shown.start.timestamp()),
        "ends": int(shown.end.timestamp()),
        "stretches": [_row(each, shown) for each in picture.stretches(shown)],
        "rows": table(shown),
        "strip": strip(source, asked.now),
    }


def to_json(source: Source, on: str | None, at: str | None) -> dict[str, Any]:
    """The picture as data."""
    asked = AskedDay.of(source, on)
    shown = asked.shown
    keys = ("from", "to", "what", "which")
    return {
        "site": source.site,
        "day": asked.on.isoformat(),
        "timezone": source.zone.key,
        "start": clock.iso(shown.start),
        "end": clock.iso(shown.end),
        "summary": summary(shown),
        "parted": [{"from": clock.iso(a), "to": clock.iso(b)} for a, b in shown.parted()],
        "stretches": [_stretch_json(each) for each in picture.stretches(shown)],
        "gaps": [gap.to_json() for gap in shown.gaps],
        "runs": [{"run": m.run, "at": clock.iso(m.at), "outcome": m.outcome} for m in shown.marks],
        "powers": [_power_json(each) for each in shown.powers],
        "charge": [{"at": clock.iso(each), "percent": value} for each, value in shown.charge],
        "table": [dict(zip(keys, row, strict=True)) for row in table(shown)],
        "strip": [each.to_json() for each in strip(source, asked.now)],
        "why": _why(source, asked, at) if at else None,
    }


def _run(number: int) -> str:
    return f"/run/{number}"


def _row(each: picture.DayStretch, shown: picture.DayPicture) -> dict[str, Any]:
    """A stretch for the list below the picture; its minute is one inside it."""
    local, middle = clock.localise(each.start, shown.zone), each.start + MINUTE
    asked = clock.localise(middle if middle < each.end else each.start, shown.zone)
    end = clock.localise(each.end, shown.zone)
    return {
        "from": f"{local:%H:%M}",
        "to": "24:00" if each.end == shown.end else f"{end:%H:%M}",
        "begins": int(each.start.timestamp()),
        "ends": int(each.end.timestamp()),
        "ask": None if each.word == "to come" else f"{asked:%H:%M}",
        "word": each.word,
        "tone": _TONES[each.word],
        "wanted": (each.wanted or "").replace(" %", "\u00a0%"),
        "by": each.by,
        "proven": each.proven if each.proven != each.wanted else None,
    }


def _stretch_json(each: picture.DayStretch) -> dict[str, Any]:
    told = {"from": clock.iso(each.start), "to": clock.iso(each.end), "word": each.word}
    return {**told, "wanted": each.wanted, "by": each.by, "proven": each.proven}


def _power_json(each: PowersAt) -> dict[str, Any]:
    told = {"at": clock.iso(each.at), "solar_w": each.solar}
    return {**told, "load_w": each.load, "grid_w": each.grid}


def _why(source: Source, asked: AskedDay, at: str) -> dict[str, Any]:
    instant = address.minute(at, asked.on, source.zone)
    if instant > asked.now:
        raise address.QuestionError(
            "That minute is still to come; `tou plan` shows what will be wanted."
        )
    told = explain(asked.known, instant)
    return {**told.to_json(), "answer": sentence(told, source.zone)}


def _day_of(request: Request) -> tuple[str | None, str | None]:
    on = request.path_params.get("day") or request.query_params.get("on")
    return on, request.query_params.get("at") or None


PAGE: Final = Page(
    "/day/{day}",
    rendered("day.html", lambda desk, request: facts(desk.source, *_day_of(request))),
    "A day as a picture: wanted against proven, runs, charge; and the why of a minute.",
    tab="Day",
    also=("/day",),
    json="/day/{day}.json",
    data=lambda desk, request: to_json(desk.source, *_day_of(request)),
    shape=SHOWN_DAY,
    asks=(("at", "A minute of that day, such as 17:05: why was it so?"),),
)
