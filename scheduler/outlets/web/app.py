"""The addresses of the page and what answers them; each page has its `.json` beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from scheduler.errors import SchedulerError
from scheduler.outlets.web import audit, day, metrics, now, run, words
from scheduler.outlets.web.address import QuestionError
from scheduler.outlets.web.shield import Shield
from scheduler.outlets.web.source import Source

Answer = Callable[[Request], Response]
Facts = Mapping[str, Any]

_STYLE: Final = files(__package__).joinpath("templates", "style.css")


class Pages:
    """Renders facts; a request at a time, each in a thread of its own."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._templates = Environment(
            loader=PackageLoader(__package__ or ""),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        self._templates.globals |= {
            "site": source.site,
            "zone": source.zone.key,
            "local": lambda at: words.local(at, source.zone),
            "day_of": lambda at: words.day_of(at, source.zone),
            "apart": words.apart,
            "setting": words.setting,
            "kind": words.kind,
        }

    def html(self, template: str, facts: Facts, status: int = 200) -> HTMLResponse:
        """A page."""
        return HTMLResponse(self._templates.get_template(template).render(facts), status)

    def now(self, _: Request) -> Response:
        """What is wanted, what is true, since when, what comes next."""
        return self.html("now.html", now.facts(self._state()))

    def now_json(self, _: Request) -> Response:
        """The state, as `tou status --format json`."""
        return JSONResponse(dict(self._state()))

    def healthz(self, _: Request) -> Response:
        """Whether the service turns."""
        return _verdict(now.alive(self._state()))

    def readyz(self, _: Request) -> Response:
        """Whether what is wanted is proven."""
        return _verdict(now.ready(self._state()))

    def day(self, request: Request) -> Response:
        """A day as a picture, and the why of a minute."""
        return self.html("day.html", day.facts(self._source, *_day_of(request)))

    def day_json(self, request: Request) -> Response:
        """The same as data."""
        return JSONResponse(day.to_json(self._source, *_day_of(request)))

    def audit(self, request: Request) -> Response:
        """Runs, the newest first."""
        return self.html("audit.html", audit.facts(self._source, request.query_params))

    def audit_json(self, request: Request) -> Response:
        """The same page of runs as data."""
        return JSONResponse(audit.to_json(self._source, request.query_params))

    def audit_csv(self, request: Request) -> Response:
        """The same page of runs for a spreadsheet."""
        text, following = audit.to_csv(self._source, request.query_params)
        headers = {"Content-Disposition": 'attachment; filename="runs.csv"'}
        if following:
            headers["Link"] = f'<{following}>; rel="next"'
        return Response(text, media_type="text/csv", headers=headers)

    def run(self, request: Request) -> Response:
        """One run: steps, evidence, why, and the rule as it was then."""
        found = run.facts(self._source, request.path_params["number"])
        return self.html("run.html", found) if found else _missing()

    def run_json(self, request: Request) -> Response:
        """The same as data."""
        found = run.to_json(self._source, request.path_params["number"])
        return JSONResponse(found) if found else _missing()

    def failed(self, request: Request, error: Exception) -> Response:
        """What is wrong, in a sentence, in the form that was asked for."""
        status, text = _told(error)
        if request.url.path.endswith((".json", "/healthz", "/readyz")):
            return JSONResponse({"error": text}, status)
        heading = HTTPStatus(status).phrase
        return self.html("error.html", {"heading": heading, "text": text, "page": ""}, status)

    def _state(self) -> Mapping[str, Any]:
        return self._source.state(self._source.now())


def make(source: Source) -> ASGIApp:
    """The application. The shield stands around all of it, also around the answer to a defect."""
    pages = Pages(source)
    answers: dict[str, Answer] = {
        "/": pages.now,
        "/now.json": pages.now_json,
        "/healthz": pages.healthz,
        "/readyz": pages.readyz,
        "/day": pages.day,
        "/day/{day}.json": pages.day_json,
        "/day/{day}": pages.day,
        "/audit": pages.audit,
        "/audit.json": pages.audit_json,
        "/audit.csv": pages.audit_csv,
        "/run/{number:int}.json": pages.run_json,
        "/run/{number:int}": pages.run,
        "/metrics": metrics.answer(source),
        "/style.css": _style,
    }
    app = Starlette(
        routes=[Route(path, answer) for path, answer in answers.items()],
        exception_handlers={
            QuestionError: pages.failed,
            SchedulerError: pages.failed,
            HTTPException: pages.failed,
        },
    )
    return Shield(app)


def _day_of(request: Request) -> tuple[str | None, str | None]:
    on = request.path_params.get("day") or request.query_params.get("on")
    return on, request.query_params.get("at") or None


def _style(_: Request) -> Response:
    return Response(_STYLE.read_bytes(), media_type="text/css")


def _verdict(told: Facts) -> JSONResponse:
    return JSONResponse(dict(told), 200 if told["ok"] else 503)


def _missing() -> Response:
    raise HTTPException(404, "There is no such run. The audit lists those there are.")


def _told(error: Exception) -> tuple[int, str]:
    if isinstance(error, HTTPException):
        plain = error.detail == HTTPStatus(error.status_code).phrase
        return error.status_code, "There is no such page." if plain else error.detail
    return (503 if isinstance(error, SchedulerError) else 400), str(error)
