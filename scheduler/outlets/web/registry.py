"""Every address of the page, each a file of its own and a line here."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from starlette.responses import JSONResponse
from starlette.routing import Route

from scheduler.outlets.web import (
    act,
    assets,
    audit,
    bundle,
    day,
    health,
    metrics,
    now,
    openapi,
    run,
    schedule,
    signin,
    year,
)
from scheduler.outlets.web.entrance import Entrance
from scheduler.outlets.web.page import Desk, Page, answer_data
from scheduler.outlets.web.source import Source

PAGES: Final[tuple[Page, ...]] = (
    now.PAGE,
    day.PAGE,
    year.PAGE,
    schedule.PAGE,
    audit.PAGE,
    audit.SHEET,
    run.PAGE,
    bundle.PAGE,
    bundle.ZIP,
    health.ALIVE,
    health.READY,
    metrics.PAGE,
    Page(
        "/openapi.json",
        lambda *_: JSONResponse(openapi.document(PAGES)),
        "The description of all data, for who writes a client.",
    ),
    assets.STYLE,
    assets.SCRIPT,
    assets.ICON,
)
"""In the order of the tabs. Data stands before pages, so that `/day/{day}` does not take
`/day/2026-11-24.json`."""


def pages(entrance: Entrance) -> tuple[Page, ...]:
    """All of them, with those that a sign-in opens."""
    return (
        *PAGES,
        *(signin.pages(entrance) if entrance.signs_in else ()),
        *(act.pages(entrance) if entrance.acts else ()),
    )


def desk(source: Source, entrance: Entrance) -> Desk:
    """The desk of all pages."""
    shown = [each for each in pages(entrance) if each.tab]
    tabs = tuple((each.tab, each.also[0] if each.also else each.path) for each in shown)
    return Desk(source, tabs, {"acts": entrance.acts, "signs_in": entrance.signs_in})


def routes(at: Desk, entrance: Entrance) -> Iterator[Route]:
    """Each address with its answer."""
    every = pages(entrance)
    for page in every:
        if page.data:
            yield Route(page.json, partial(answer_data, at, data=page.data))
    for page in every:
        for path in (page.path, *page.also):
            yield Route(path, partial(page.answer, at), methods=list(page.methods))
