"""Waits on this machine for the browser that comes back from the sign-in, beside a person who may
paste the address instead."""

from __future__ import annotations

import asyncio
import threading
from typing import Final
from urllib.parse import urlsplit

from scheduler.gateway.fleet.hosts import is_here
from scheduler.httpserver import Request, Response, Server

_DONE: Final = b"You are signed in. Go back to the terminal."


class Listener:
    """Listens at a redirect address of this machine while it is open."""

    def __init__(self, redirect: str) -> None:
        self.address: str | None = None
        """The address the browser came to."""
        self.listening = False
        parts = urlsplit(redirect)
        self._port, self._path = parts.port or 80, parts.path
        self._mine = parts.scheme == "http" and is_here(parts.hostname or "")
        self._came, self._ready = threading.Event(), threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Listener:
        if self._mine:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
            self._ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None:
            self._thread.join(5)

    def wait(self, seconds: float) -> str | None:
        """The address, once the browser came; None where it did not come in time."""
        self._came.wait(seconds)
        return self.address

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = Server(self._answer)
        try:
            await server.listen_tcp(self._port)
            self.listening = True
        except OSError:
            return  # the port is taken; the person pastes
        finally:
            self._ready.set()
        await self._stop.wait()
        await server.close(grace=1.0)

    async def _answer(self, request: Request) -> Response:
        if request.path != self._path:
            return Response(404, b"Nothing is here.", (), "text/plain")
        self.address = f"{request.path}?{request.query}"
        self._came.set()
        return Response(200, _DONE, (), "text/plain")
