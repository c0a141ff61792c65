"""`/metrics`, for Prometheus and what speaks its language; docs/metrics.md has each metric."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import Response

from scheduler.extras import extra
from scheduler.outlets.web.page import Desk, Page
from scheduler.outlets.web.source import Source

if TYPE_CHECKING:
    from scheduler.outlets.web.families import Metrics


def answer(desk: Desk, request: Request) -> Response:
    """A scrape. A page that nobody scrapes does not pay for it."""
    text, content_type = _metrics(desk.source).text(request.headers.get("accept", ""))
    return Response(text, headers={"Content-Type": content_type})


@lru_cache(maxsize=4)
def _metrics(source: Source) -> Metrics:
    """One for each source, since it keeps what was counted."""
    with extra("web", "/metrics"):
        from scheduler.outlets.web.families import Metrics
    return Metrics(source)


PAGE: Final = Page("/metrics", answer, "State and counters in the form of Prometheus.")
