"""What goes over the wire while the library works: each request told as it ends, the gateway's
clock, and whether a request that changes something has gone out.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

import aiohttp

from scheduler.gateway.base import Step, Steps
from scheduler.gateway.clocks import ahead_of

LOGIN: Final = "/api/login/Basic"
_STEPS: Final = {
    LOGIN: "login",
    "/tedapi/din": "din",
    "/api/system_status/soe": "charge",
    "/api/meters/aggregates": "powers",
}
LARGEST: Final = 1_000_000
_GZIP: Final = b"\x1f\x8b"
_LONGEST_WAIT: Final = 900.0


class Bounded(aiohttp.ClientResponse):
    """An answer of at most a megabyte, packed or not; nothing here is larger than a tenth."""

    async def read(self) -> bytes:
        """The body. Raises ClientPayloadError where it is larger."""
        if self._body is None:
            self._body = await self._bounded()
        return self._body

    async def json(self, **more: Any) -> Any:
        """The data of the body, whatever its content type. Raises ValueError."""
        return await super().json(**{**more, "content_type": None})

    async def _bounded(self) -> bytes:
        pieces, size = [], 0
        async for piece in self.content.iter_chunked(65_536):
            size += len(piece)
            if size > LARGEST:
                self.close()
                raise aiohttp.ClientPayloadError("the answer is larger than 1 MB")
            pieces.append(piece)
        body = b"".join(pieces)
        # The library unpacks what begins like this, without a bound.
        if body.startswith(_GZIP):
            unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            try:
                body = unpacker.decompress(body, LARGEST)
            except zlib.error:
                raise aiohttp.ClientPayloadError("the answer is packed wrongly") from None
            if unpacker.unconsumed_tail:
                raise aiohttp.ClientPayloadError("the answer unpacks to more than 1 MB")
            if body.startswith(_GZIP):
                raise aiohttp.ClientPayloadError("the answer is packed twice")
        return body


class Traffic:
    """One exchange at a time: `begin` says for whom and what the signed requests are."""

    def __init__(self, now: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._now, self._monotonic = now, monotonic
        self._steps: Steps | None = None
        self._names: deque[str] = deque()
        self.path = ""
        """Of the last request."""
        self.changing = False
        """Whether a request that changes something has begun."""
        self.connected = True
        """Whether the last request met anybody."""
        self.status: int | None = None
        self.asked: float | None = None
        """Seconds of the last Retry-After."""
        self.ahead: float | None = None
        """Seconds by which the gateway's clock was ahead of ours when it last told."""

    def begin(self, steps: Steps, *names: str) -> None:
        """What the next signed requests are called; the last name is that of all the rest."""
        self._steps, self._names = steps, deque(names)
        self.path, self.changing, self.connected = "", False, True
        self.status = self.asked = None

    def trace(self) -> aiohttp.TraceConfig:
        made = aiohttp.TraceConfig()
        made.on_request_start.append(self._starts)
        made.on_request_end.append(self._ends)
        made.on_request_exception.append(self._breaks)
        made.on_request_redirect.append(self._sent_away)
        return made

    async def _starts(self, _session: Any, context: SimpleNamespace, params: Any) -> None:
        context.began, context.told = self._monotonic(), False
        self.path, self.connected, self.status = params.url.path, True, None
        context.step = _STEPS.get(self.path) or self._next_name()
        if context.step in ("write", "dispatch"):
            self.changing = True

    def _next_name(self) -> str:
        return self._names.popleft() if len(self._names) > 1 else self._names[0]

    async def _ends(self, _session: Any, context: SimpleNamespace, params: Any) -> None:
        self.status = params.response.status
        self._note(params.response.headers)
        await self._tell(context, params, self.status, None)

    async def _breaks(self, _session: Any, context: SimpleNamespace, params: Any) -> None:
        self.connected = not isinstance(params.exception, aiohttp.ClientConnectorError)
        await self._tell(context, params, None, type(params.exception).__name__)

    async def _sent_away(self, _session: Any, _context: SimpleNamespace, _params: Any) -> None:
        """A gateway sends nobody elsewhere, and the password is not taken along."""
        raise aiohttp.ClientPayloadError("it sends us to another address")

    async def _tell(
        self, context: SimpleNamespace, params: Any, status: int | None, error: str | None
    ) -> None:
        if context.told or self._steps is None:
            return
        context.told = True
        spent = round((self._monotonic() - context.began) * 1000, 3)
        await self._steps.ended(
            Step(self._now(), context.step, params.method, self.path, status, spent, error)
        )

    def _note(self, headers: Any) -> None:
        asked = str(headers.get("Retry-After", ""))
        self.asked = min(float(asked), _LONGEST_WAIT) if asked.isdecimal() else None
        ahead = ahead_of(self._now(), headers.get("Date"))
        self.ahead = self.ahead if ahead is None else ahead
