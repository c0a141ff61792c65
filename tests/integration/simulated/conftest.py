"""Simulated gateways on loopback, and a client that uses nothing of ours."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from scheduler.simulated import SimulatedGateway

PASSWORD = "correct-horse-battery"


def open_context() -> ssl.SSLContext:
    """A client's TLS that trusts anybody, as most of the known clients do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Client(httpx.AsyncClient):
    """httpx with the few acts of these tests."""

    def __init__(self, gateway: SimulatedGateway) -> None:
        super().__init__(base_url=f"{gateway.url}/api/", verify=open_context(), trust_env=False)

    async def enter(self, username: str = "installer", *, force: bool = True) -> httpx.Response:
        body = {"username": username, "password": PASSWORD, "email": "", "force_sm_off": force}
        return await self.post("login/Basic", json=body)

    async def begin(self, path: str) -> asyncio.Task[httpx.Response]:
        """A request that has arrived; its answer may take a minute."""
        sent = asyncio.Event()

        async def trace(name: str, info: dict[str, Any]) -> None:
            if name == "http11.receive_response_headers.started":
                sent.set()

        asking = asyncio.create_task(self.get(path, timeout=60, extensions={"trace": trace}))
        await sent.wait()
        for _ in range(20):  # the gateway reads it in the same loop, a few turns later
            await asyncio.sleep(0.005)
        return asking

    async def until_back(self, path: str) -> httpx.Response:
        """The first answer of a gateway that is away."""
        while True:
            with contextlib.suppress(httpx.TransportError):
                return await self.get(path)
            await asyncio.sleep(0.05)

    async def until_up(self) -> None:
        while not (await self.get("sitemaster")).json()["running"]:
            await asyncio.sleep(0.01)


Start = Callable[..., Awaitable[SimulatedGateway]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts gateways, and stops them at the end."""
    started = []

    async def make(profile: str = "1.49", **words: Any) -> SimulatedGateway:
        usual = {"password": PASSWORD, "run_seconds": 0.05, "stop_seconds": 0.02}
        gateway = SimulatedGateway(profile=profile, **{**usual, **words})
        await gateway.start()
        started.append(gateway)
        return gateway

    yield make
    for gateway in started:
        await gateway.stop()


Connect = Callable[..., Client]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Opens clients, and closes them at the end."""
    opened = []

    def make(gateway: SimulatedGateway) -> Client:
        opened.append(Client(gateway))
        return opened[-1]

    yield make
    for client in opened:
        await client.aclose()


class Line:
    """A bare connection, over TLS or plain."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, text: str) -> None:
        self.writer.write(text.replace("\n", "\r\n").encode())

    async def hear(self) -> tuple[int, dict[str, str], bytes]:
        """One answer: status, headers by lower-case name, body."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        length = int(headers.get("content-length", 0))
        body = await self.reader.readexactly(length)
        return int(head[0].split()[1]), headers, body

    async def ended(self) -> bool:
        return await self.reader.read() == b""


Dial = Callable[..., Awaitable[Line]]


@pytest.fixture
async def dial() -> AsyncIterator[Dial]:
    """Opens bare connections, and closes them at the end."""
    lines = []

    async def make(gateway: SimulatedGateway, *, tls: bool = True, name: str | None = None) -> Line:
        context = open_context() if tls else None
        named: dict[str, Any] = {"server_hostname": name or "127.0.0.1"} if tls else {}
        streams = await asyncio.open_connection("127.0.0.1", gateway.port, ssl=context, **named)
        lines.append(Line(*streams))
        return lines[-1]

    yield make
    for line in lines:
        line.writer.transport.abort()
    await asyncio.sleep(0)
