"""What a gateway's answer means: the catalogue of its errors, in words for the owner.

Knows no connection. Success is decided by status and body together, because some failures come as
a 2xx with `error` and `message` in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final

from scheduler.errors import (
    GatewayBusyError,
    GatewayError,
    GatewayProtocolError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.gateway.exchange import Call, HttpReply
from scheduler.gateway.local.firmware import WAY_OUT

# Texts of the portal's own tests; their status is not known.
_EXPIRED: Final = ("invalid bearer token", "token expired")


@dataclass(frozen=True, slots=True)
class Answer(HttpReply):
    cookies: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    retry_after: float | None = None
    """Seconds for which the endpoint is left alone from here on."""
    _read: list[object] = field(default_factory=list, init=False, repr=False, compare=False)
    """The body once it was read: it is asked about a dozen times."""

    def data(self) -> object:
        """The JSON of the body, whatever content type it came with; None where there is none, or
        a key stands twice."""
        if not self._read:
            self._read.append(_json_of(self.body))
        return self._read[0]

    @property
    def complaint(self) -> str:
        """`message (error)` of an error body, as the portal shows it; may be empty."""
        data = self.mapping()
        message, error = _line(data.get("message")), _line(data.get("error"))
        if message and error and message != error:
            return f"{message} ({error})"
        return message or error

    @property
    def verdict(self) -> int:
        """The status that counts: a 2xx whose body says otherwise takes the body's."""
        if any(text in self.complaint.lower() for text in _EXPIRED):
            return 401
        if not 200 <= self.status < 300:
            return self.status
        data = self.mapping()
        code = data.get("code")
        if isinstance(code, int) and not isinstance(code, bool) and not 200 <= code < 300:
            return code
        if data.get("error") and data.get("message"):
            return _verdict_by_words(self.complaint)
        return self.status

    @property
    def fine(self) -> bool:
        return 200 <= self.verdict < 300

    @property
    def denied(self) -> bool:
        """A dead session, or a role without the right: the two look the same."""
        return self.verdict in (401, 403)


def _line(value: object) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _json_of(body: bytes) -> object:
    try:
        return json.loads(body, object_pairs_hook=_once_each, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice, and which one counts is anybody's guess")
    return found


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no number")


def _verdict_by_words(complaint: str) -> int:
    words = complaint.lower()
    for text, status in (("access rights", 403), ("login error", 401), ("api limit", 429)):
        if text in words:
            return status
    return 503 if "busy" in words else 500


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Answers of one gateway to errors: what happened, where, what to do."""

    where: str
    username: str

    def error(self, call: Call, answer: Answer, complaint: str) -> GatewayError:
        """The error that an answer stands for; `complaint` is its own, fit to be shown."""
        verdict = answer.verdict
        says = f": {complaint}" if complaint else ""
        if verdict in (401, 403):
            return self._denied(call, says)
        if verdict in (429, 503):
            return self._busy(verdict, says, answer.retry_after or 30.0)
        if verdict in (502, 504):
            return self._down(call, verdict)
        if verdict == 500 and "ode must be " in complaint:
            return GatewayRefusedError(
                f"{self.where} does not take this mode{says}. Its firmware takes self_consumption "
                "and backup only; use one of them in the schedule, or update the gateway."
            )
        if verdict == 500 and ("Cannot Start Wizard" in says or "stop sitemaster" in says):
            return GatewayBusyError(
                f"{self.where} cannot stop its system now{says}. This happens during a firmware "
                "update and off grid; it is tried again in a minute.",
                retry_after=60.0,
            )
        return self._odd(call, verdict, says)

    def _denied(self, call: Call, says: str) -> GatewayError:
        if call.method == "POST":
            return GatewayRefusedError(
                f"{self.where} does not let the login {self.username} do {call.method} "
                f"{call.path}{says}. {WAY_OUT}"
            )
        return GatewayRefusedError(
            f"{self.where} accepts the login {self.username} but not {call.method} "
            f"{call.path}{says}. Log in once on the gateway's own page, or set its password anew; "
            "both have cured this."
        )

    def _busy(self, verdict: int, says: str, wait: float) -> GatewayError:
        why = "asks for fewer requests" if verdict == 429 else "is busy"
        return GatewayBusyError(
            f"{self.where} {why}{says}. It is left alone for {_shown(wait)}; other programs that "
            "poll it make this worse.",
            retry_after=wait,
        )

    def _down(self, call: Call, verdict: int) -> GatewayError:
        return GatewayUnreachableError(
            f"{self.where} answers {verdict} to {call.method} {call.path}: its sitemaster is down, "
            "so the battery stands still, or it is starting. Every switch runs it again, and so "
            "does a sitemaster_run job."
        )

    def _odd(self, call: Call, verdict: int, says: str) -> GatewayError:
        what = f"{self.where} answers {verdict} to {call.method} {call.path}{says}"
        if verdict == 404:
            return GatewayProtocolError(
                f"{what}. This firmware does not have the endpoint, or not for the moment; "
                "`tou gateway info` shows the firmware."
            )
        if 300 <= verdict < 400:
            return GatewayProtocolError(
                f"{what} and sends us elsewhere, which is not followed. Set TOU_GATEWAY_URL to the "
                "gateway's own https address."
            )
        return GatewayProtocolError(
            f"{what}, which is not understood. It is tried again; if it stays, compare the "
            "firmware (`tou gateway info`) with the README."
        )

    def login_error(self, answer: Answer, complaint: str) -> GatewayError:
        """The error of a login that was not accepted."""
        says = f": {complaint}" if complaint else ""
        if answer.verdict not in (401, 403):
            return self.error(LOGIN, answer, complaint)
        return GatewayRefusedError(f"{self.where} refuses the login{says}. {_way_in(complaint)}")

    def garbled(self, call: Call, head: str) -> GatewayError:
        """The error of a 2xx whose body is not what it should be."""
        shown = f' It begins: "{head}"' if head else " It is empty."
        return GatewayProtocolError(
            f"{self.where} answers {call.method} {call.path} with something that is not understood."
            f"{shown} Check that TOU_GATEWAY_URL is the gateway; it is tried again."
        )


STATUS: Final = Call("version", "GET", "/api/status")
LOGIN: Final = Call("login", "POST", "/api/login/Basic", changes=True, slow=True)


def _way_in(complaint: str) -> str:
    words = complaint.lower()
    if "physical access" in words:
        return (
            "Since firmware 1.50 this login needs a hand on a Powerwall switch, which a service "
            f"does not have. {WAY_OUT}"
        )
    if "default password" in words:
        return (
            "Set a password of your own on the gateway's page, then put it into "
            "TOU_GATEWAY_PASSWORD."
        )
    return (
        "Check TOU_GATEWAY_USERNAME and TOU_GATEWAY_PASSWORD. Where they are right, the gateway "
        "has lost its password (upgrades and outages do that): set it anew on its page. A changed "
        "password is tried at once, the same one only after a wait."
    )


def _shown(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"
