"""A day by its address: its picture, the same as a table, and the why of a minute of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from scheduler import clock
from scheduler.outlets import picture
from scheduler.outlets.explain import explain, sentence
from scheduler.outlets.hindsight import Hindsight
from scheduler.outlets.picture.page import summary, table
from scheduler.outlets.web import address
from scheduler.outlets.web.page import Desk, Facts, Page
from scheduler.outlets.web.source import Source


def facts(source: Source, on: str | None, at: str | None) -> dict[str, Any]:
    """What the template shows. Raises QuestionError for a day or a time that is none."""
    found, known, shown, now = _asked(source, on)
    today = clock.localise(now, source.zone).date()
    return {
        "page": "Day",
        "day": found,
        "before": found - timedelta(days=1),
        "after": found + timedelta(days=1),
        "today": today,
        "at": at or "",
        "why": _why(source, known, found, at, now) if at else None,
        "summary": summary(shown),
        "picture": picture.draw(shown, link=lambda run: f"/run/{run}"),
        "rows": table(shown),
    }


def to_json(source: Source, on: str | None, at: str | None) -> dict[str, Any]:
    """The picture as data."""
    found, known, shown, now = _asked(source, on)
    keys = ("from", "to", "what", "which")
    return {
        "site": source.site,
        "day": found.isoformat(),
        "timezone": source.zone.key,
        "start": clock.iso(shown.start),
        "end": clock.iso(shown.end),
        "summary": summary(shown),
        "parted": [{"from": clock.iso(a), "to": clock.iso(b)} for a, b in shown.parted()],
        "gaps": [gap.to_json() for gap in shown.gaps],
        "runs": [{"run": m.run, "at": clock.iso(m.at), "outcome": m.outcome} for m in shown.marks],
        "table": [dict(zip(keys, row, strict=True)) for row in table(shown)],
        "why": _why(source, known, found, at, now) if at else None,
    }


def _asked(source: Source, on: str | None) -> tuple[date, Hindsight, picture.DayPicture, datetime]:
    now = source.now()
    found = address.day(on) if on else clock.localise(now, source.zone).date()
    start, end = address.ends(found, source.zone)
    known = source.hindsight(start, end, now)
    return found, known, picture.day(known, start, end, source.zone), now


def _why(source: Source, known: Hindsight, on: date, at: str, now: datetime) -> dict[str, Any]:
    instant = address.minute(at, on, source.zone)
    if instant > now:
        raise address.QuestionError(
            "That minute is still to come; `tou plan` shows what will be wanted."
        )
    told = explain(known, instant)
    return {**told.to_json(), "answer": sentence(told, source.zone)}


def answer(desk: Desk, request: Request) -> Response:
    """The page of a day."""
    return desk.html("day.html", facts(desk.source, *_day_of(request)))


def data(desk: Desk, request: Request) -> Facts:
    """The same as data."""
    return to_json(desk.source, *_day_of(request))


def _day_of(request: Request) -> tuple[str | None, str | None]:
    on = request.path_params.get("day") or request.query_params.get("on")
    return on, request.query_params.get("at") or None


PAGE: Final = Page(
    "/day/{day}",
    answer,
    "A day as a picture: wanted against proven, runs, charge; and the why of a minute.",
    tab="Day",
    also=("/day",),
    json="/day/{day}.json",
    data=data,
    asks=(("at", "A minute of that day, such as 17:05: why was it so?"),),
)
