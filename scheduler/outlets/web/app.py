"""The application: every address of the registry, and what is said where something is wrong."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from scheduler.errors import SchedulerError
from scheduler.outlets.web import registry
from scheduler.outlets.web.address import QuestionError
from scheduler.outlets.web.entrance import Entrance, Turnstile
from scheduler.outlets.web.shield import Shield
from scheduler.outlets.web.source import Source

_FOR_MACHINES: Final = (".json", "/healthz", "/readyz")
_HEADINGS: Final = {
    400: "That cannot be shown",
    404: "Not here",
    500: "The page failed",
    503: "Nothing can be shown now",
}

_DEFECT: Final = (
    "This is a defect of the page, and of nothing else: the service goes on. Its journal tells more"
    " (`journalctl -u tou-web`); send that with the bundle, please."
)


def make(source: Source, entrance: Entrance | None = None) -> ASGIApp:
    """The application. The shield stands around all of it, also around the answer to a defect."""
    entrance = entrance or Entrance()
    desk = registry.desk(source, entrance)

    def failed(request: Request, error: Exception) -> Response:
        """What is wrong, in a sentence, in the form that was asked for."""
        status, text = _told(error)
        if request.url.path.endswith(_FOR_MACHINES):
            return JSONResponse({"error": text}, status)
        heading = _HEADINGS.get(status, HTTPStatus(status).phrase)
        return desk.html("error.html", {"heading": heading, "text": text, "page": ""}, status)

    app: ASGIApp = Starlette(
        routes=list(registry.routes(desk, entrance)),
        exception_handlers=dict.fromkeys(
            (QuestionError, SchedulerError, HTTPException, Exception), failed
        ),
    )
    if entrance.reach.closed:
        app = Turnstile(app, entrance)
    return Shield(app, entrance.reach, posts=entrance.signs_in)


def _told(error: Exception) -> tuple[int, str]:
    if isinstance(error, HTTPException):
        plain = error.detail == HTTPStatus(error.status_code).phrase
        return error.status_code, "There is no such page." if plain else error.detail
    if isinstance(error, SchedulerError | QuestionError):
        return (503 if isinstance(error, SchedulerError) else 400), str(error)
    return 500, _DEFECT
