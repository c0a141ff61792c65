"""What an answer of a pypowerwall proxy or server means, in words for the owner.

Both answer 200 to much that failed: success is decided by the status and the whole body. Captured
from the proxy t97 and the server 0.13.0 in front of simulated gateways, 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from scheduler.errors import (
    GatewayBusyError,
    GatewayError,
    GatewayProtocolError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.gateway.exchange import Call, HttpReply
from scheduler.gateway.fleet.answers import failing_code, folded

RETRY_AFTER: Final = 60.0
_DISABLED: Final = ("control commands disabled", "control features not enabled")
_NESTED: Final = 20


class ProxyAnswer(HttpReply):
    __slots__ = ()

    @property
    def complaint(self) -> str:
        """What it says went wrong; may be empty."""
        body = self.mapping()
        for key in ("unauthorized", "error", "detail"):
            if body.get(key):
                return str(body[key])
        return ""

    @property
    def came_to_nothing(self) -> str | None:
        """Of a write that the proxy passed on, and that what stands behind it did not take, what
        shows it: the status is 200 all the same. None where nothing does."""
        return None if self.complaint else _refusal(self.mapping())

    @property
    def fine(self) -> bool:
        return (
            self.status == 200
            and bool(self.mapping())
            and not self.complaint
            and self.came_to_nothing is None
        )


def _refusal(data: object, depth: int = 0) -> str | None:
    """The words of the first refusal at any depth: the cloud's own answer is handed through."""
    if depth > _NESTED or not isinstance(data, dict | list):
        return None
    fields = folded(data) if isinstance(data, dict) else {}
    within: Iterable[object] = data.values() if isinstance(data, dict) else data
    words = fields.get("error") or fields.get("reason") or fields.get("message")
    if fields.get("error") or failing_code(fields.get("code")) or fields.get("result") is False:
        return str(words or "no reason given")
    if "result" in fields and fields["result"] is None:
        return str(words or "its answer has no result")
    found = (_refusal(each, depth + 1) for each in within)
    return next((each for each in found if each is not None), None)


def error_of(
    where: str, call: Call, answer: ProxyAnswer, shown: Callable[[str], str]
) -> GatewayError:
    """The error that an answer stands for; `shown` makes its words fit to be shown."""
    complaint = shown(answer.complaint)
    what = call.what
    says = f": {complaint}" if complaint else ""
    if any(words in complaint.lower() for words in _DISABLED):
        return GatewayRefusedError(
            f"{where} has its controls switched off{says}. Set PW_CONTROL_SECRET there, restart "
            "it, and set TOU_PROXY_SECRET to the same.",
            delivered="no",
        )
    if answer.status in (401, 403) or "unauthorized" in answer.mapping():
        return GatewayRefusedError(
            f"{where} does not take the secret{says}. Set TOU_PROXY_SECRET to what "
            "PW_CONTROL_SECRET is there.",
            delivered="no",
        )
    nothing = answer.came_to_nothing
    if nothing is not None or "failed to set" in complaint.lower():
        return not_passed_on(where, what, complaint if nothing is None else shown(nothing))
    if answer.status == 429 or answer.status >= 500:
        return _passing(where, what, answer, says)
    if answer.status == 400:
        return GatewayRefusedError(
            f"{where} does not take {what}{says}. Compare its version with docs/proxy.md.",
            delivered="no",
        )
    return _odd(where, what, answer, says)


def not_passed_on(where: str, what: str, shows: str) -> GatewayError:
    """A write that came to nothing behind the proxy. It seldom says why: refused, rate limited
    and timed out look the same, and a part of it may have arrived."""
    return GatewayBusyError(
        f"{where} took {what}, but what stands behind it did not ({shows}). The proxy's own log "
        "says why: a refusal, a rate limit or no connection. It is tried again.",
        retry_after=RETRY_AFTER,
    )


def _passing(where: str, what: str, answer: ProxyAnswer, says: str) -> GatewayError:
    if answer.status in (429, 503):
        return GatewayBusyError(
            f"{where} is busy ({answer.status} to {what}){says}.",
            retry_after=answer.asked or RETRY_AFTER,
        )
    return GatewayUnreachableError(
        f"{where} answers {answer.status} to {what}{says}. See the proxy's own log."
    )


def _odd(where: str, what: str, answer: ProxyAnswer, says: str) -> GatewayError:
    if 300 <= answer.status < 400:
        hint = "It sends us elsewhere, which is not followed; set TOU_PROXY_URL to the address."
    else:
        hint = "Check that TOU_PROXY_URL is a pypowerwall proxy or server."
    return GatewayProtocolError(
        f"{where} answers {answer.status} to {what}{says}, which is not understood. {hint}"
    )
