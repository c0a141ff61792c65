"""`/metrics`, for Prometheus and what speaks its language; docs/metrics.md has each metric."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from scheduler.errors import ConfigurationError
from scheduler.outlets.web.source import Source

if TYPE_CHECKING:
    from scheduler.outlets.web.families import Metrics


def answer(source: Source) -> Callable[[Request], Response]:
    """What answers a scrape. A page that nobody scrapes does not pay for it."""
    metrics = cache(lambda: _made(source))

    def scraped(request: Request) -> Response:
        text, content_type = metrics().text(request.headers.get("accept", ""))
        return Response(text, headers={"Content-Type": content_type})

    return scraped


def _made(source: Source) -> Metrics:
    try:
        from scheduler.outlets.web.families import Metrics
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"/metrics needs {error.name}, which is not installed. Run: pip install"
            " 'tou-scheduler[web]'"
        ) from None
    return Metrics(source)
