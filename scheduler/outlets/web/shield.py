"""What stands before every answer: only hosts of this machine, only questions, and the headers that
keep a browser from doing more with a page than show it.
"""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scheduler.outlets.web.address import Reach

# Style and script are files of ours and never stand in a page.
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; "
    "script-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


# A page that has forms must tell itself where they come from, and nobody else.
_OF_FORMS: Final = {"Referrer-Policy": "same-origin"}

_STRANGE: Final = (
    "This page answers to the names of its own machine only, such as 127.0.0.1, and to that of"
    " TOU_WEB_URL.\n"
)
_SHOWS_ONLY: Final = (
    "This page shows and does not act: use `tou override`, `tou pause`, `tou apply`.\n"
)
_FOREIGN: Final = "This form comes from another page than ours. Nothing was done.\n"


class Shield:
    """The outermost layer of the page."""

    def __init__(self, app: ASGIApp, reach: Reach = Reach(), *, posts: bool = False) -> None:  # noqa: B008 -- frozen
        self._app, self._reach, self._posts = app, reach, posts
        self._headers = {**HEADERS, **(_OF_FORMS if posts else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what may not ask, and put the headers on whatever is answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._reach.knows(hosts[0]):
            return PlainTextResponse(_STRANGE, 421)
        if scope["method"] in {"GET", "HEAD"}:
            return None
        if not self._posts:
            return PlainTextResponse(_SHOWS_ONLY, 405, {"Allow": "GET, HEAD"})
        if scope["method"] != "POST":
            return PlainTextResponse("Ask with GET, act with POST.\n", 405, {"Allow": "GET, POST"})
        if not _of_ours(headers, self._reach):
            return PlainTextResponse(_FOREIGN, 403)
        return None


def _of_ours(headers: Headers, reach: Reach) -> bool:
    """Whether a form was sent by a page of this very origin. Browsers say so; whoever does not
    is no browser, and has no session to be misused, but is told nothing either."""
    site = headers.get("sec-fetch-site", "same-origin")
    origins = headers.getlist("origin")
    sent = len(origins) == 1 and reach.sent_by_us(origins[0], headers["host"])
    return sent and site == "same-origin"
