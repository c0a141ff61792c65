"""The page's process: one socket on loopback, stopped by SIGTERM or Ctrl-C within two seconds."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from scheduler import memory
from scheduler.errors import ConfigurationError
from scheduler.outlets.web.address import Listen

_GRACE: Final = 2
PATIENCE: Final = 60.0
"""Seconds; an act may take ten, behind a few checks of passwords."""
_MOST_AT_ONCE: Final = 32


class Impatient(H11Protocol):
    """Closes a connection that has not asked, and taken its answer, in time: a few that never end
    would keep everybody else out."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody comes."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(PATIENCE, transport.abort)

    def on_response_complete(self) -> None:
        """An answer was taken; the next question has its own time."""
        self._deadline.cancel()
        self._deadline = self.loop.call_later(PATIENCE, self.transport.abort)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        self._deadline.cancel()
        super().connection_lost(exc)


class _Server(uvicorn.Server):
    """Leaves the process's signals alone: uvicorn's own way raises them again at the end, so that
    an ordinary stop would look like a death."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield


def serve(app: ASGIApp, where: Listen, *, began: Callable[[Listen], None]) -> None:
    """Answer until told to stop; `began` hears where, once somebody can ask. Raises
    ConfigurationError where the address is taken."""
    with closing(_bound(where)) as bound:
        port = bound.getsockname()[1]
        asyncio.run(_serve(app, bound, lambda: began(Listen(where.host, port))))


async def _serve(app: ASGIApp, bound: socket.socket, began: Callable[[], None]) -> None:
    config = uvicorn.Config(
        app,
        http=Impatient,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_MOST_AT_ONCE,
        timeout_graceful_shutdown=_GRACE,
    )
    server = _Server(config)

    def stop() -> None:
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    bound.listen(_MOST_AT_ONCE)
    memory.stay()
    began()
    await server.serve([bound])


def _bound(where: Listen) -> socket.socket:
    family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
    # Named, since asyncio sends at once on what it sees to be TCP. Else the body of a page waits
    # 40 ms for the browser to acknowledge its head.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((where.host, where.port))
    except OSError as error:
        made.close()
        raise ConfigurationError(
            f"{where.url}: the page cannot answer there: {error.strerror}. Choose another with"
            " --listen."
        ) from None
    return made
