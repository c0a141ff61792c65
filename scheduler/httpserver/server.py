"""Listens on TCP, TLS and Unix sockets, and has one handler answer whoever comes."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import h11

from scheduler.httpserver import unix_socket
from scheduler.httpserver.connection import Bounds, Connection
from scheduler.httpserver.message import Request, Response, problem

Handler = Callable[[Request], Awaitable[Response]]

log = logging.getLogger(__name__)


class Server:
    """Serves one handler on as many sockets as it is told to listen on."""

    def __init__(self, handler: Handler, *, bounds: Bounds | None = None) -> None:
        self._handler = handler
        self._bounds = bounds or Bounds()
        self._servers: list[asyncio.Server] = []
        self._named: dict[Path, tuple[asyncio.Server, int]] = {}
        self._connections: set[asyncio.Task[None]] = set()

    async def listen_tcp(
        self, port: int = 0, *, host: str = "127.0.0.1", context: ssl.SSLContext | None = None
    ) -> int:
        """Listen on a TCP port, any free one by default, and return it. Raises OSError."""
        server = await asyncio.start_server(self._greet, host, port, ssl=context)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def listen_unix(self, path: Path, *, mode: int = 0o600) -> None:
        """Listen on a Unix socket; a stale one is replaced, and one of ours whose name somebody
        removed. Raises OSError where somebody else answers there, where something else has the
        name, and for a path over 107 bytes."""
        await unix_socket.clear(path)
        bound, inode = unix_socket.bind(path, mode)
        server = await asyncio.start_unix_server(self._greet, sock=bound)
        if path in self._named:
            self._named[path][0].close()
        self._named[path] = server, inode

    async def close(self, *, grace: float = 0.0) -> None:
        """Stop listening; after `grace` seconds what is still being answered is broken off."""
        for server in self._servers:
            server.close()
        for path, (server, inode) in self._named.items():
            server.close()
            unix_socket.remove(path, inode)
        self._servers, self._named = [], {}
        tasks = set(self._connections)
        if grace and tasks:
            await asyncio.wait(tasks, timeout=grace)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # a turn of the loop for the transports that were just broken off

    def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = unix_socket.peer_of(writer.get_extra_info("socket"))
        connection = Connection(reader, writer, self._bounds, peer=peer)
        task = asyncio.ensure_future(self._serve(connection))
        self._connections.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._connections.discard(task)
        if not task.cancelled() and (failure := task.exception()):
            log.error("a response broke off", exc_info=failure)

    async def _serve(self, connection: Connection) -> None:
        try:
            if len(self._connections) > self._bounds.connections:
                await connection.refuse(503, "Too many connections; try again.")
            else:
                await self._converse(connection)
            await connection.close()
        except h11.RemoteProtocolError as error:
            with suppress(OSError):
                await connection.refuse(error.error_status_hint, str(error))
                await connection.close()
        except OSError:
            pass  # it left, or is too slow (TimeoutError); either way nobody listens
        finally:
            connection.abort()

    async def _converse(self, connection: Connection) -> None:
        while request := await connection.request():
            await connection.answer(await self._handled(request))

    async def _handled(self, request: Request) -> Response:
        """The handler's response; a defect in it is logged, and told without its details."""
        task = asyncio.ensure_future(self._handler(request))
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
        failure = None if task.cancelled() else task.exception()
        if failure is None and not task.cancelled():
            return task.result()
        log.error("%s %s failed", request.method, request.path, exc_info=failure)
        return problem(500, "This is a defect of the program; its log says more.")
