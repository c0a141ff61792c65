"""What an address of the page is made of, and the desk that every answer is given at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from scheduler.outlets.web import words
from scheduler.outlets.web.source import Source, State

Facts = Mapping[str, Any]


class _Whole(IntegerConvertor):
    """A number in an address; Python refuses to read one of thousands of digits."""

    regex = "[0-9]{1,19}"


register_url_convertor("whole", _Whole())

ANY: Final[Facts] = {"type": "object"}


class Desk:
    """Where every answer is given: the facts' source, and the templates."""

    def __init__(
        self, source: Source, tabs: tuple[tuple[str, str], ...], more: Facts | None = None
    ) -> None:
        self.source = source
        self.templates = Environment(
            loader=PackageLoader(__package__ or ""),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        self.templates.globals |= {
            "site": source.site,
            "zone": source.zone.key,
            "tabs": tabs,
            "local": lambda at: words.local(at, source.zone),
            "clock": lambda at: words.clock_time(at, source.zone),
            "day_of": lambda at: words.day_of(at, source.zone),
            "near": lambda at, now: words.near(at, now, source.zone),
            "apart": words.apart,
            "setting": words.setting,
            "kind": words.kind,
            **(more or {}),
        }
        self.templates.filters["coded"] = words.coded
        # Put together now, and not while the first reader waits for a page.
        for name in self.templates.list_templates(("html",)):
            self.templates.get_template(name)

    def html(self, template: str, facts: Facts, status: int = 200) -> HTMLResponse:
        """A page. The facts name the tab that it stands under as `page`."""
        return HTMLResponse(self.templates.get_template(template).render(facts), status)

    def state(self) -> State:
        """The site's state, as of now."""
        return self.source.state(self.now())

    def now(self) -> datetime:
        """The instant of the question."""
        return self.source.now()


Answer = Callable[[Desk, Request], Response | Awaitable[Response]]
"""A plain function gets a thread of its own; whoever reads a form is a coroutine."""


@dataclass(frozen=True, slots=True)
class Page:
    """One address, and what answers there."""

    path: str
    """As Starlette writes it: `/run/{number:whole}`."""
    answer: Answer
    says: str
    """In one sentence; it stands in the description of all addresses."""
    tab: str = ""
    """Its word in the line of pages, for one that stands there."""
    also: tuple[str, ...] = ()
    """Further addresses of the same."""
    methods: tuple[str, ...] = ("GET",)
    json: str = ""
    """The address of the same as data."""
    data: Callable[[Desk, Request], Facts] | None = None
    """What is answered there."""
    shape: Facts | None = None
    """What that data looks like, as JSON Schema."""
    asks: tuple[tuple[str, str], ...] = ()
    """What may stand in the query, each with what it means."""


def rendered(template: str, facts: Callable[[Desk, Request], Facts]) -> Answer:
    """The answer that is a page: a template with its facts."""
    return lambda desk, request: desk.html(template, facts(desk, request))


def answer_data(desk: Desk, request: Request, data: Callable[[Desk, Request], Facts]) -> Response:
    """What answers at the address of a page's data."""
    return JSONResponse(dict(data(desk, request)))


def missing(text: str = "There is no such page.") -> HTTPException:
    """To be raised where an address leads to nothing."""
    return HTTPException(404, text)
