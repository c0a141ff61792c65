"""The signed door on a loopback port: TLS, logins, the three plain reads, and signed requests."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Final, Unpack

from scheduler.httpserver import Headers, Request, Response, Stream, json_response
from scheduler.simulated import certificate, odd
from scheduler.simulated.house import House
from scheduler.simulated.loopback import Loopback, broken
from scheduler.simulated.options import OptionWords
from scheduler.simulated.timepiece import Instant
from scheduler.simulated.v1r import measured
from scheduler.simulated.v1r.faults import V1rFaults
from scheduler.simulated.v1r.unit import DIN, Unit

_OCTETS: Final = "application/octet-stream"
_LAST: Final = 5


class SimulatedV1r(Loopback[V1rFaults]):
    """A unit on 127.0.0.1; `house` and `read` put it before a house that another door stands
    before too."""

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
        super().__init__(faults or V1rFaults(), now, **words)
        self.unit = Unit(self.options, self.faults, read or self.read, house)
        self.keyring = self.unit.keyring
        self.context = certificate.server_context(certificate.make_certificate())
        self.logins = 0
        self._tokens: set[str] = set()
        whole = self.options.password
        self._password = whole if full_password else whole[-_LAST:]

    def state(self) -> dict[str, object]:
        """The settings in force, the charge, and what was asked."""
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
            "requests": len(self.log),
        }

    def answer(self, request: Request) -> Response:
        """What the unit says, with the time by its own clock."""
        moment = self.unit.turn()
        response = self._answer(request, moment)
        self.note(request, response.status)
        date = format_datetime(self.unit.shown(moment), usegmt=True)
        headers = (*response.headers, ("Date", "" if self.faults.no_date else date))
        body = response.body
        if self.faults.take("drop") and isinstance(body, bytes):
            body = _half(body)
        return replace(response, body=body, headers=headers)

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
            "/api/system_status/grid_status": house.grid_status,
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
        if self.faults.take("packed"):
            # The library unpacks what looks so, whatever the headers say.
            return Response(200, odd.zipped(), (), _OCTETS)
        found = self.unit.answer(request.body, moment)
        if found is None:
            return json_response({"code": 400}, status=400)
        return Response(200, _half(found.body) if found.lost else found.body, (), _OCTETS)


def _half(body: bytes) -> Stream:
    return broken(body[: len(body) // 2] or b" ")
