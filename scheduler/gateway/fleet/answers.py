"""What the cloud's answers mean: its statuses in words for the owner, and whether a command was
taken. Knows no connection.

Bodies differ by endpoint and by year, so nothing is expected of one but what is needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from scheduler.errors import (
    Delivered,
    GatewayBusyError,
    GatewayError,
    GatewayProtocolError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.gateway.exchange import Call, HttpReply

Fields = Mapping[str, object]
LONGEST_WAIT: Final = 3600.0
"""Bound of a Retry-After: vehicle users were told many hours, and a boundary cannot wait for it."""
_FIRST_WAIT: Final = {429: 60.0, 503: 15.0}
_IN_BODY: Final = re.compile(rb"retry in (\d{1,9})(?:\.\d+)? ?s", re.IGNORECASE)
_SIGN_IN: Final = "Run `tou gateway login` to sign in again."


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, as a request shows it."""

    text: str = field(repr=False)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.text}"}

    def secrets(self) -> tuple[str, ...]:
        return (self.text,)


class CloudReply(HttpReply):
    __slots__ = ()

    @property
    def response(self) -> object:
        return self.mapping().get("response")

    def object(self) -> Mapping[str, object]:
        """The object under `response`; empty where it is none, as of a site that says nothing."""
        found = self.response
        return found if isinstance(found, dict) else {}

    @property
    def complaint(self) -> str:
        """The code and the words of an error body; may be empty."""
        data = self.mapping()
        words = [data.get("error"), data.get("error_description")]
        messages = data.get("messages")
        if isinstance(messages, dict):
            words += [f"{key}: {_plain(value)}" for key, value in messages.items()]
        return "; ".join(dict.fromkeys(str(each) for each in words if each))

    @property
    def wait(self) -> float:
        """Seconds to leave the cloud alone, as it asks for in a header or in words."""
        found = _IN_BODY.search(self.body)
        asked = float(found[1]) if found and self.asked is None else self.asked
        if asked is None:
            asked = _FIRST_WAIT.get(self.means, 60.0)
        return min(max(asked, 1.0), LONGEST_WAIT)

    @property
    def fine(self) -> bool:
        """Whether it is no failure by its status and its body together."""
        return 200 <= self.status < 300 and self.unwilling is None and not self.foreign

    @property
    def means(self) -> int:
        """The status it stands for: a good one may have another in its body."""
        codes = [failing_code(folded(each).get("code")) for each in self._layers()]
        return max(self.status, *codes) if self.status < 300 else self.status

    @property
    def unwilling(self) -> str | None:
        """Why a command was not taken although the status is good; None where it was. Everything
        else is "acknowledged, not verified"."""
        for layer in map(folded, self._layers()):
            if layer.get("error"):
                return self.complaint or str(layer["error"])
            if failing_code(layer.get("code")) or layer.get("result") is False:
                return str(layer.get("reason") or layer.get("message") or "no reason given")
        return None

    @property
    def foreign(self) -> bool:
        """Whether something in between answered, such as the page of a hotel's network: no JSON,
        and with a good status that alone; cloud and gateways fail in plain text too."""
        body = self.body.strip()
        if self.status < 300:
            return self.data() is None and body not in (b"", b"null")
        return self.status < 500 and body.startswith(b"<")

    def _layers(self) -> tuple[Fields, Fields]:
        return self.object(), self.mapping()


def folded(fields: Fields) -> Fields:
    return {key.lower(): value for key, value in fields.items()}


def failing_code(value: object) -> int:
    """A status in a body that says no, as a number or as text; 0 where it says none."""
    text = str(value)
    found = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
    return found if found >= 400 else 0


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a status means for the next step, and what the owner reads."""

    kind: type[GatewayError]
    text: str
    delivered: Delivered = "no"


RELAY: Final = "relay"
"""The step of a message that is handed on to the gateway at the house."""
_R, _U = GatewayRefusedError, GatewayUnreachableError
_STATUSES: Final[dict[int, _Meaning]] = {
    400: _Meaning(_R, "does not accept the request. It is not tried again unchanged."),
    401: _Meaning(_R, f"does not accept the sign-in. {_SIGN_IN}"),
    402: _Meaning(_R, "asks for payment. See to the subscription or the payment method there."),
    403: _Meaning(
        _R,
        "does not allow this: the sign-in has not been given the right to it. Sign in again by "
        "`tou gateway login`, and tick every box.",
    ),
    404: _Meaning(
        _R, "does not know this energy site. Set TOU_FLEET_SITE to one of the account's."
    ),
    408: _Meaning(_U, "does not reach the gateway at the house. See whether it has internet."),
    410: _Meaning(_R, "wants a rate plan for Time-Based Control. Set one in the Tesla app."),
    412: _Meaning(
        _R,
        "says that a step of the set-up is missing: the app is not registered in this region. "
        "Run `tou gateway login`.",
    ),
    421: _Meaning(_R, "says that the account belongs to another region. Set TOU_FLEET_REGION."),
    422: _Meaning(_R, "does not like the value."),
    423: _Meaning(_R, "says that the account is locked. Unlock it at Tesla."),
    429: _Meaning(GatewayBusyError, "asks for fewer requests."),
    451: _Meaning(_R, "may not answer by a privacy setting of the account. Change it at Tesla."),
    500: _Meaning(
        _U,
        "failed inside. Where this stays, the site may have been removed from the account.",
        "unknown",
    ),
    502: _Meaning(_U, "could not pass the request on.", "unknown"),
    503: _Meaning(GatewayBusyError, "is busy."),
    504: _Meaning(_U, "had no answer in time from behind it.", "unknown"),
    540: _Meaning(GatewayProtocolError, "had an odd answer from the gateway.", "unknown"),
}
# The one call that not each cloud has: providers, and a simulated cloud with nothing behind it.
_NOT_PASSED_ON: Final = _Meaning(
    _R,
    "does not pass messages on to this site's gateway. Where TOU_FLEET_SITE is one of the "
    "account's, it has no such call: let the Powerwall know of the key in another way, as `tou "
    "gateway pair` shows without a sign-in.",
)
_FOREIGN: Final = _Meaning(
    GatewayProtocolError,
    "is answered for by something that is not its API, such as the page of a network that wants a "
    "sign-in, or a proxy. Open its address in a browser on this network.",
    "unknown",
)
# Teslemetry's word for what is a 408 at Tesla.
_NOT_DELIVERED: Final = "energy_gateway_unreachable"


def failure(where: str, call: Call, answer: CloudReply, said: str) -> GatewayError:
    """The one error of an answer that is no success; `said` is its complaint, fit to be shown."""
    where, meaning = urlsplit(call.base).netloc or where, _meaning(call, answer)
    told = f" It says: {said.rstrip('.')}." if said else ""
    busy = meaning.kind is GatewayBusyError
    if busy:
        told += f" It is left alone for {answer.wait:.0f} s."
    return meaning.kind(
        f"{where} {meaning.text}{told} ({call.method} {call.path}, status {answer.status})",
        delivered=meaning.delivered,
        retry_after=answer.wait if busy or answer.asked is not None else None,
    )


def _meaning(call: Call, answer: CloudReply) -> _Meaning:
    status = answer.means
    if answer.foreign:
        return _FOREIGN
    if status == 404 and call.step == RELAY:
        return _NOT_PASSED_ON
    if _NOT_DELIVERED in answer.complaint:
        return _STATUSES[408]
    if status < 300:
        return _Meaning(_R, "answered that it did not do it.")
    return _STATUSES.get(status) or _unknown(status)


def _unknown(status: int) -> _Meaning:
    if 500 <= status < 600:
        return _Meaning(_U, "failed.", "unknown")
    if 300 <= status < 400:
        return _Meaning(
            GatewayProtocolError,
            "sends us to another address, where no token is taken. See to TOU_FLEET_API_URL and "
            "TOU_FLEET_TOKEN_URL, or to what stands between.",
        )
    return _Meaning(GatewayProtocolError, "answers in a way that is not known.")
