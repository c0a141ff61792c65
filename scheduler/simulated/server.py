"""The simulated gateway on a loopback port: the door, TLS or plain HTTP, and the connections.

One port serves both: the first byte of a connection tells which it is. The door is shut while
the device restarts, so that connections are really refused.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Final, Unpack

import h11

from scheduler.httpserver import Connection, Response
from scheduler.simulated import certificate, desk, odd
from scheduler.simulated.device import Device
from scheduler.simulated.exchange import Received, Reply
from scheduler.simulated.faults import Faults
from scheduler.simulated.loopback import LOOPBACK, Logged, Served
from scheduler.simulated.options import Options, OptionWords
from scheduler.simulated.timepiece import Timepiece

_TLS_HANDSHAKE: Final = b"\x16"
_BACKLOG: Final = 64
# A timer may fire a little early; the door looks again just after the time.
_AFTER: Final = 0.005
# Go sends answers above 2 KiB in chunks; small-device clients are known to stumble over it.
_CHUNKED_FROM: Final = 2048

log = logging.getLogger(__name__)


class SimulatedGateway(Served):
    """A gateway with a battery behind it, on 127.0.0.1. Keywords are those of `Options`."""

    def __init__(
        self,
        *,
        faults: Faults | None = None,
        now: Callable[[], datetime] | None = None,
        monotonic: Callable[[], float] | None = None,
        **words: Unpack[OptionWords],
    ) -> None:
        self.options = Options(**words)
        self.faults: Faults = faults or Faults()
        self._timepiece = Timepiece(now, monotonic)
        self.device = Device(self.options, self.faults, self._timepiece.read)
        self._certificate = self._first_certificate()
        self._context = certificate.server_context(self._certificate)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listener: socket.socket | None = None
        self._shut = True
        self._port = 0
        self._opening: asyncio.TimerHandle | None = None
        self._connections: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<SimulatedGateway {self.device.profile.name} {self.url}>"

    @property
    def port(self) -> int:
        """The port it is bound to; 0 before the start."""
        return self._port

    @property
    def url(self) -> str:
        return f"https://{LOOPBACK}:{self._port}"

    @property
    def certificate_pem(self) -> str:
        return self._certificate.pem

    @property
    def fingerprint(self) -> str:
        return self._certificate.fingerprint

    @property
    def serving(self) -> bool:
        return self._loop is not None

    def bind(self, port: int = 0) -> None:
        """Take a port of 127.0.0.1, any free one by default; connections are refused until it is
        started. Raises OSError if it is taken."""
        self._listener = _bound(port)
        self._port = self._listener.getsockname()[1]

    async def start(self, port: int = 0) -> None:
        """Listen, on the port that was bound or on this one. Raises OSError if it is taken."""
        if self._listener is None:
            self.bind(port)
        self._loop = asyncio.get_running_loop()
        self._timepiece.wind(self._loop.time)
        self.faults.changed = self.device.restarted = self._look_now
        self._mind_the_door()
        log.info("simulated gateway %s answers at %s", self.device.profile.name, self.url)

    async def stop(self) -> None:
        self.faults.changed = self.device.restarted = self._loop = None
        self._shut_door()
        if self._opening is not None:
            self._opening.cancel()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        tasks = tuple(self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # One turn of the loop for the transports that were just aborted.
        await asyncio.sleep(0)

    def watch(self, told: Callable[[Logged], None]) -> None:
        self.device.on_request = told

    def state(self) -> dict[str, object]:
        """The settings sent, in force and obeyed, the sitemaster, and what was asked."""
        device = self.device
        return {
            "url": self.url,
            "fingerprint": self.fingerprint,
            "version": device.version,
            "sent": asdict(device.staged),
            "active": asdict(device.active),
            "obeyed": asdict(device.obeyed),
            "running": device.sitemaster_running,
            "charge_percent": round(device.charge, 2),
            "logins": device.logins,
            "sessions": device.sessions,
            "requests": len(device.requests),
        }

    def act(self, name: str, data: Mapping[str, object]) -> bool:
        """`stop` the sitemaster; `reboot`, perhaps into a `version`; `sessions/drop`."""
        device, version = self.device, data.get("version")
        match name:
            case "stop":
                device.stop(device.turn())
            case "reboot":
                device.reboot(version=version if isinstance(version, str) else None)
            case "sessions/drop":
                device.drop_sessions()
            case _:
                return False
        return True

    def change_certificate(self) -> None:
        """Show another certificate to whoever connects next, as after some upgrades."""
        self._certificate = certificate.make_certificate(site_ca=self.device.profile.site_ca)
        self._context = certificate.server_context(self._certificate)

    def _first_certificate(self) -> certificate.OwnCertificate:
        site_ca, path = self.device.profile.site_ca, self.options.identity
        if path is None:
            return certificate.make_certificate(site_ca=site_ca)
        return certificate.load_or_make(Path(path), site_ca=site_ca)

    # The door.

    def _look_now(self) -> None:
        """Mind the door at once; from another thread as soon as the loop turns."""
        try:
            here = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        if here is self._loop:
            self._mind_the_door()
        elif self._loop is not None:
            self._loop.call_soon_threadsafe(self._mind_the_door)

    def _mind_the_door(self) -> None:
        """Open or shut it as the device and the faults will have it."""
        away = self.device.away_seconds_left
        if away > 0:
            self._look_again(away + _AFTER)
        if away > 0 or self.faults.refuse:
            self._shut_door()
            self._break_connections()
        else:
            self._open_door()

    def _look_again(self, seconds: float) -> None:
        if self._opening is not None:
            self._opening.cancel()
        self._opening = asyncio.get_running_loop().call_later(seconds, self._mind_the_door)

    def _open_door(self) -> None:
        if self._listener is None or not self._shut:
            return
        self._shut = False
        self._listener.listen(_BACKLOG)
        asyncio.get_running_loop().add_reader(self._listener, self._somebody_comes)

    def _shut_door(self) -> None:
        """Connections are refused where the port is bound and nobody listens."""
        if self._listener is None or self._shut:
            return
        self._shut = True
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()
        self._listener = _bound(self._port)

    def _somebody_comes(self) -> None:
        if self._listener is None:
            return
        try:
            client, _ = self._listener.accept()
        except OSError:
            return
        client.setblocking(False)
        task = asyncio.get_running_loop().create_task(self._greet(client))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    def _break_connections(self) -> None:
        """All but the one that is just being answered; it ends by itself."""
        for task in self._connections:
            if task is not asyncio.current_task():
                task.cancel()

    # A connection.

    async def _greet(self, client: socket.socket) -> None:
        with client:
            if self.faults.silent:
                await asyncio.Event().wait()
            if self.faults.take_switch("new_certificate"):
                self.change_certificate()
            with suppress(OSError):
                await self._converse(client, await _first_byte(client))

    def _shown_context(self, first: bytes) -> ssl.SSLContext | None:
        """The TLS of this connection; None for plain HTTP."""
        if first != _TLS_HANDSHAKE:
            return None
        if not self.faults.take("stranger"):
            return self._context
        made = certificate.make_certificate(site_ca=self.device.profile.site_ca)
        return certificate.server_context(made)

    async def _converse(self, client: socket.socket, first: bytes) -> None:
        if not first:
            return
        encrypted = first == _TLS_HANDSHAKE
        reader, writer = await _streams(client, self._shown_context(first))
        try:
            wire = Connection(reader, writer)
            while await self._answer_one(wire, encrypted=encrypted):
                pass
            await wire.close()
        finally:
            writer.transport.abort()

    async def _answer_one(self, wire: Connection, *, encrypted: bool) -> bool:
        """Whether the connection may go on after one request and its answer."""
        try:
            found = await wire.request()
        except h11.RemoteProtocolError as error:
            await wire.refuse(error.error_status_hint, str(error))
            return False
        if found is None:
            return False
        request = Received(found.method, found.path, found.query, found.headers, found.body)
        if delay := self.options.latency + self.faults.slow:
            await asyncio.sleep(delay)
        outcome = desk.attend(self.device, request, encrypted=encrypted)
        log.debug("%s %s: %s", request.method, request.path, outcome.answer)
        self._mind_the_door()
        if outcome.manner == "hang":
            await asyncio.Event().wait()
        if outcome.answer is not None:
            response = self._response(outcome.answer, outcome.manner)
            await wire.answer(response, broken=outcome.manner == "broken")
        return outcome.answer is not None and outcome.manner != "broken" and not self._shut

    def _response(self, answer: Reply, manner: str) -> Response:
        date = self.device.shown(self._timepiece.read())
        headers = (
            ("Cache-Control", "no-cache, no-store"),
            *answer.headers,
            ("Date", format_datetime(date, usegmt=True)),
        )
        if len(answer.body) > _CHUNKED_FROM:
            headers = (*headers, ("Transfer-Encoding", "chunked"))
        body: bytes | AsyncIterator[bytes] = answer.body
        if manner == "drip":
            body = odd.dripping(answer.body)
        elif manner == "endless":
            body = odd.endless()
        return Response(answer.status, body, headers, answer.content_type)


def _bound(port: int) -> socket.socket:
    """A socket of its own port on which nobody listens yet."""
    # Named, since asyncio sends at once on what it sees to be TCP. Else the first answer waits
    # 40 ms for the client to acknowledge the end of the handshake.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setblocking(False)
        bound.bind((LOOPBACK, port))
    except OSError:
        bound.close()
        raise
    return bound


async def _first_byte(client: socket.socket) -> bytes:
    """The first byte a client sends, left where it is; empty when it leaves without a word."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(client, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(client)
    return client.recv(1, socket.MSG_PEEK)


async def _streams(
    client: socket.socket, context: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, client, ssl=context)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)
