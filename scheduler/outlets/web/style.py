"""The page's look: one style sheet, and nothing from outside."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from scheduler.outlets.web.page import Desk, Page

_STYLE: Final = files(__package__).joinpath("templates", "style.css")


def answer(_: Desk, __: Request) -> Response:
    """The style sheet."""
    return Response(_STYLE.read_bytes(), media_type="text/css")


PAGE: Final = Page("/style.css", answer, "The style of all pages.")
