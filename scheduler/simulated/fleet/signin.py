"""The sign-in of the simulated cloud: who may ask, and how tokens follow one another.

A refresh token serves once; the one used last is taken for a day more.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from scheduler.simulated.fleet.faults import FleetFaults

CLIENT_ID: Final = "simulated-client"
CLIENT_SECRET: Final = "simulated-secret"  # noqa: S105 - no secret: it opens a simulation
LIFE: Final = 28_800.0
GRACE: Final = timedelta(hours=24)
UNUSED_FOR: Final = timedelta(days=90)
COMMANDS: Final = "energy_cmds"
SCOPES: Final = ("openid", "offline_access", "energy_device_data", COMMANDS)


@dataclass(frozen=True, slots=True)
class Grant:
    until: datetime
    scopes: tuple[str, ...] = SCOPES
    partner: bool = False


class Refused(Exception):  # noqa: N818 - an answer more than an error
    """What the token host answers: a status and a code."""

    def __init__(self, status: int, error: str) -> None:
        self.status, self.error = status, error
        super().__init__(error)


class SignIn:
    def __init__(self, faults: FleetFaults, now: Callable[[], datetime], region: str) -> None:
        self.region = region
        self.refreshes = 0
        self._faults, self._now = faults, now
        self._access: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}
        self._used: dict[str, datetime] = {}
        self._codes: dict[str, tuple[Grant, str | None]] = {}

    def grant_of(self, token: str) -> Grant | None:
        """What an access token stands for, while it lives."""
        grant = self._access.get(token)
        return grant if grant is not None and self._now() < grant.until else None

    def drop(self) -> None:
        self._access.clear()

    def code(self, scopes: tuple[str, ...], challenge: str | None) -> str:
        given = tuple(each for each in scopes if not (self._faults.unticked and each == COMMANDS))
        code = f"{self.region.upper()}_{secrets.token_hex(16)}"
        self._codes[code] = (Grant(self._now() + timedelta(minutes=10), given), challenge)
        return code

    def pair(self, scopes: tuple[str, ...] = SCOPES) -> dict[str, object]:
        refresh = f"{self.region.upper()}_{secrets.token_hex(20)}"
        self._refresh[refresh] = Grant(self._now() + UNUSED_FOR, scopes)
        return {**self._access_answer(scopes), "refresh_token": refresh, "id_token": "x.y.z"}

    def answer(self, form: Mapping[str, str]) -> dict[str, object]:
        """What a token request gets. Raises Refused."""
        if form.get("client_id") != CLIENT_ID:
            raise Refused(401, "invalid_client")
        match form.get("grant_type"):
            case "refresh_token":
                return self._refreshed(form.get("refresh_token", ""))
            case "authorization_code":
                return self._exchanged(form)
            case "client_credentials":
                self._check_secret(form)
                return self._access_answer(SCOPES, partner=True)
        raise Refused(400, "unsupported_grant_type")

    def _refreshed(self, token: str) -> dict[str, object]:
        grant, now = self._refresh.get(token), self._now()
        used = self._used.get(token)
        if self._faults.signed_out or grant is None or now > grant.until:
            raise Refused(401, "login_required")
        if used is not None and (now - used > GRACE or token != next(reversed(self._used))):
            raise Refused(401, "login_required")
        self.refreshes += 1
        if used is None:
            self._used[token] = now
        return self.pair(grant.scopes)

    def _exchanged(self, form: Mapping[str, str]) -> dict[str, object]:
        found = self._codes.pop(form.get("code", ""), None)
        if found is None or self._now() > found[0].until:
            raise Refused(400, "invalid_auth_code")
        grant, challenge = found
        if challenge is not None and challenge != _text(
            hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        ):
            raise Refused(400, "invalid_request")
        self._check_secret(form)
        return self.pair(grant.scopes)

    def _check_secret(self, form: Mapping[str, str]) -> None:
        if form.get("client_secret") != CLIENT_SECRET:
            raise Refused(401, "unauthorized_client")

    def _access_answer(
        self, scopes: tuple[str, ...], *, partner: bool = False
    ) -> dict[str, object]:
        life = LIFE if self._faults.token_life is None else self._faults.token_life
        until = self._now() + timedelta(seconds=life)
        token = _jwt(
            {
                "sub": "00000000-0000-0000-0000-000000000000",
                "scp": list(scopes),
                "ou_code": self.region.upper(),
                "exp": int(until.timestamp()),
                "jti": secrets.token_hex(8),
            }
        )
        self._access[token] = Grant(until, scopes, partner)
        return {"access_token": token, "expires_in": int(life), "token_type": "Bearer"}


def _jwt(claims: Mapping[str, object]) -> str:
    head = _text(json.dumps({"alg": "RS256", "typ": "JWT"}).encode())
    return f"{head}.{_text(json.dumps(claims).encode())}.{secrets.token_urlsafe(32)}"


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
