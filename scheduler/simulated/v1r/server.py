"""The signed door on a loopback port: TLS, logins, the three plain reads, and signed requests."""

from __future__ import annotations

import asyncio
import gzip
import hmac
import json
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from datetime import datetime
from email.utils import format_datetime
from types import TracebackType
from typing import Any, Final, Self, Unpack

from scheduler.httpserver import Headers, Request, Response, Server, json_response
from scheduler.simulated import certificate
from scheduler.simulated.device import Logged
from scheduler.simulated.house import House
from scheduler.simulated.options import Options, OptionWords
from scheduler.simulated.timepiece import Instant, Timepiece
from scheduler.simulated.v1r import measured
from scheduler.simulated.v1r.faults import V1rFaults
from scheduler.simulated.v1r.keyring import Keyring
from scheduler.simulated.v1r.unit import DIN, Unit

_OCTETS: Final = "application/octet-stream"
_LAST: Final = 5
_REMEMBERED: Final = 2000


class SimulatedV1r:
    """A unit on 127.0.0.1. Keywords are those of `Options`; `house` and `read` put it before a
    house that another door stands before too."""

    def __init__(
        self,
        *,
        faults: V1rFaults | None = None,
        now: Callable[[], datetime] | None = None,
        house: House | None = None,
        read: Callable[[], Instant] | None = None,
        full_password: bool = False,
        **words: Unpack[OptionWords],
    ) -> None:
        self.options = Options(**words)
        self.faults = faults or V1rFaults()
        self._timepiece = Timepiece(now)
        self.unit = Unit(self.options, self.faults, read or self._timepiece.read, house)
        self.logins = 0
        self.requests: deque[Logged] = deque(maxlen=_REMEMBERED)
        self.on_request: Callable[[Logged], None] | None = None
        self._context = certificate.server_context(certificate.make_certificate())
        self._server = Server(self._handle)
        self._port = 0
        self._tokens: set[str] = set()
        whole = self.options.password
        self._password = whole if full_password else whole[-_LAST:]
        self._minding: set[asyncio.Task[None]] = set()
        self._serving = False

    @property
    def keyring(self) -> Keyring:
        """The keys it knows."""
        return self.unit.keyring

    @property
    def address(self) -> str:
        """Where it answers, such as 127.0.0.1:40443."""
        return f"127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        """The same as a URL."""
        return f"https://{self.address}"

    def state(self) -> dict[str, object]:
        """What a control address tells: the settings in force, the charge, and what was asked."""
        self.unit.turn()
        house = self.unit.house
        return {
            "url": self.url,
            "active": asdict(house.active),
            "grid_charging": house.grid_charging,
            "export": house.export,
            "battery_watts": house.powers().battery,
            "charge_percent": round(house.app_charge, 2),
            "updates": self.unit.config.writes,
            "logins": self.logins,
            "requests": len(self.requests),
        }

    async def start(self, port: int = 0) -> None:
        """Listen. Raises OSError if the port is taken."""
        self._timepiece.wind(asyncio.get_running_loop().time)
        self._port = await self._server.listen_tcp(port, context=self._context)
        self._serving = True
        self.faults.changed = self._mind_the_door

    async def stop(self) -> None:
        """Shut the door and break every connection."""
        self.faults.changed = None
        await asyncio.gather(*self._minding)
        await self._server.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def _mind_the_door(self) -> None:
        task = asyncio.get_running_loop().create_task(self._open_or_shut())
        self._minding.add(task)
        task.add_done_callback(self._minding.discard)

    async def _open_or_shut(self) -> None:
        if self.faults.refuse and self._serving:
            self._serving = False
            await self._server.close()
        elif not self.faults.refuse and not self._serving:
            await self._server.listen_tcp(self._port, context=self._context)
            self._serving = True

    # Requests

    async def _handle(self, request: Request) -> Response:
        if self.faults.slow:
            await asyncio.sleep(self.faults.slow)
        moment = self.unit.turn()
        response = self._answer(request, moment)
        logged = Logged(moment.instant, request.method, request.path, response.status)
        self.requests.append(logged)
        if self.on_request is not None:
            self.on_request(logged)
        if not self.faults.no_date:
            date = ("Date", format_datetime(self.unit.shown(moment), usegmt=True))
            headers = (*response.headers, date)
        else:
            headers = (*response.headers, ("Date", ""))
        body = response.body
        if self.faults.take("drop") and isinstance(body, bytes):
            body = _broken(body)
        return Response(response.status, body, headers, response.content_type)

    def _answer(self, request: Request, moment: Instant) -> Response:
        if self.faults.take("busy"):
            return json_response({"code": 503}, status=503, headers=self._asked())
        if self.faults.take("limited"):
            return json_response({"code": 429}, status=429, headers=self._asked())
        if self.faults.take("moved"):
            return Response(307, b"", (("Location", f"{self.url}/elsewhere"),))
        if request.path == "/api/login/Basic" and request.method == "POST":
            return self._log_in(request)
        if request.path == "/tedapi/v1r" and request.method == "POST":
            return self._signed(request, moment)
        return self._plain(request, moment)

    def _asked(self) -> Headers:
        wait = self.faults.retry_after
        return () if wait is None else (("Retry-After", f"{wait:g}"),)

    def _log_in(self, request: Request) -> Response:
        self.logins += 1
        try:
            data = request.data()
            user, password = str(data["username"]), str(data["password"])
        except (ValueError, TypeError, KeyError):
            return json_response({"code": 400}, status=400)
        right = hmac.compare_digest(password.encode(), self._password.encode())
        if user != "customer" or not right or self.faults.password_reverted:
            refusal = {"code": 401, "error": "bad credentials", "message": "Login Error"}
            return json_response(refusal, status=401)
        token = secrets.token_urlsafe(32)
        self._tokens.add(token)
        return json_response({"token": token, "roles": ["Home_Owner"], "provider": "Basic"})

    def _plain(self, request: Request, moment: Instant) -> Response:
        if self.faults.take("kill_tokens"):
            self._tokens.clear()
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if bearer not in self._tokens:
            return json_response({"code": 401, "error": "Token Expired"}, status=401)
        if request.path == "/tedapi/din":
            return Response(200, DIN.encode(), (), "text/plain")
        house, shown = self.unit.house, self.unit.shown(moment)
        bodies: dict[str, Callable[[], dict[str, Any]]] = {
            "/api/system_status/soe": lambda: measured.charge_body(house),
            "/api/system_status/grid_status": lambda: measured.grid_body(house),
            "/api/meters/aggregates": lambda: measured.aggregates_body(house, shown),
        }
        found = bodies.get(request.path) if request.method == "GET" else None
        if self.faults.take_at("missing", request.path.removeprefix("/api/")):
            found = None
        if found is None:
            return Response(404, b"404 page not found\n", (), "text/plain")
        return Response(200, json.dumps(found()).encode())

    def _signed(self, request: Request, moment: Instant) -> Response:
        if self.faults.take("garbage"):
            return Response(200, b"\xff\xff\xff not a message", (), _OCTETS)
        if self.faults.take("huge"):
            return Response(200, b"\x00" * 3_000_000, (), _OCTETS)
        if self.faults.take("packed"):
            return Response(200, gzip.compress(b"\x00" * 50_000_000), (), _OCTETS)
        found = self.unit.answer(request.body, moment)
        if found is None:
            return json_response({"code": 400}, status=400)
        return Response(200, _broken(found.body) if found.lost else found.body, (), _OCTETS)


async def _broken(body: bytes) -> AsyncIterator[bytes]:
    yield body[: len(body) // 2] or b" "
    raise ConnectionResetError


__all__ = ["SimulatedV1r"]
