"""The page's look and its one small script: files of our own, and nothing from outside."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from scheduler.outlets.picture import svg as picture
from scheduler.outlets.web.page import Answer, Desk, Page

_FOLDER: Final = files(__package__).joinpath("templates")


def answer_style(_: Desk, __: Request) -> Response:
    """The style sheet, with that of the pictures."""
    own = _FOLDER.joinpath("style.css").read_text(encoding="utf-8")
    return Response(f"{own}{picture.STYLE}\n", media_type="text/css")


def _file(name: str, kind: str) -> Answer:
    return lambda _, __: Response(_FOLDER.joinpath(name).read_bytes(), media_type=kind)


STYLE: Final = Page("/style.css", answer_style, "The style of all pages.")
SCRIPT: Final = Page(
    "/page.js", _file("page.js", "text/javascript"), "The cross-hair of a day; no page needs it."
)
ICON: Final = Page(
    "/icon.svg", _file("icon.svg", "image/svg+xml"), "The mark in the tab of a browser."
)
