"""What every failure of the library means here: one error of ours, whether anything was delivered,
and what a person can do.

The library is told apart by its classes and by where the exchange stood, not by its wording, but
where it says two things in one class.
"""

from __future__ import annotations

from typing import Any, Final

from scheduler.errors import (
    Delivered,
    GatewayBusyError,
    GatewayError,
    GatewayProtocolError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.gateway.v1r.traffic import LOGIN, Traffic
from scheduler.outside import hides_tokens, said

SKEW: Final = 5.0
"""Seconds by which the clocks may differ before anything is written; a signature lives for 12."""
CLOCK_WAIT: Final = 60.0
_BUSY_WAIT: Final = 30.0
_CONFLICT_WAIT: Final = 2.0
_PERSON: Final = 300.0
_LOST_RACE: Final = "missing filestore payload"
_NOT_VERIFIED: Final = "not verified"
_FAULT: Final = "MESSAGEFAULT_ERROR_"
_BUSY: Final = frozenset({"BUSY", "TIMEOUT"})
_CLOCK: Final = frozenset({"TIME_EXPIRED", "TIME_TO_LIVE_TOO_LONG"})
_KEY: Final = {
    "INACTIVE_KEY": "knows the key, but does not take it any more",
    "INSUFFICIENT_PRIVILEGES": "does not let this key do that",
    "INVALID_SIGNATURE": "does not take the signature, so TOU_V1R_KEY is not the key it knows",
    "REMOTE_ACCESS_DISABLED": "has remote access switched off",
    "KEYCHAIN_IS_FULL": "has no room for another key",
}
_PAIR: Final = "Pair it anew: `tou gateway pair`."


class KeyUnknownError(GatewayRefusedError):
    """The gateway does not know the key."""


class KeyWaitsError(GatewayRefusedError):
    """The key is registered, and nobody has moved the switch yet."""


def meaning(error: Exception, library: Any, traffic: Traffic, where: str) -> GatewayError:
    """The error of ours for one of the library's."""
    delivered: Delivered = "unknown" if traffic.changing and traffic.connected else "no"
    if isinstance(error, library.PowerwallConnectionError):
        return _unreachable(error, traffic, where, delivered)
    if isinstance(error, library.PowerwallRateLimitError):
        return _busy(where, traffic, f"it answers {traffic.status}")
    if isinstance(error, library.PowerwallAuthenticationError) or _login_refused(traffic):
        return _not_let_in(str(error), traffic, where)
    if isinstance(error, library.PowerwallFaultError):
        return _fault(error.fault.removeprefix(_FAULT), traffic, where)
    return _answered(error, library, traffic, where, delivered)


def _answered(
    error: Exception, library: Any, traffic: Traffic, where: str, delivered: Delivered
) -> GatewayError:
    """An answer came, and is not the one asked for."""
    if traffic.status not in (None, 200):
        # Without the library's words: of a login they hold the head of the body.
        kind = GatewayUnreachableError if traffic.status >= 500 else GatewayProtocolError
        return kind(f"{where} answers {traffic.status} to {traffic.path}.", delivered=delivered)
    if isinstance(error, library.PowerwallCommandError):
        lacks = isinstance(error, library.PowerwallNotSupportedError)
        why = "this firmware does not know the command" if lacks else "it refuses the command"
        said_so = said(error.status_message)
        return GatewayRefusedError(f"{where}: {why} ({error.code}: {said_so}).", delivered="no")
    if traffic.changing and _LOST_RACE in str(error):
        return _conflict(where)
    return GatewayProtocolError(
        f"{where}: the answer is not understood: {hides_tokens(said(str(error)))}",
        delivered=delivered,
    )


def _login_refused(traffic: Traffic) -> bool:
    return traffic.path == LOGIN and traffic.status is not None and 400 <= traffic.status < 500


def clock_error(where: str, ahead: float | None) -> GatewayRefusedError:
    """The clocks differ, so what is signed is not taken."""
    by = ""
    if ahead is not None and abs(ahead) > 1:
        by = f" by {abs(ahead):.0f} s (the gateway's is {'ahead' if ahead > 0 else 'behind'})"
    return GatewayRefusedError(
        f"{where}: its clock and this computer's differ{by}, and a signed request is only taken "
        "within seconds. Nothing was written. Let this computer set its clock from the network "
        "(timedatectl status); the gateway sets its own when it has internet.",
        delivered="no",
        retry_after=CLOCK_WAIT,
    )


def _unreachable(
    error: Exception, traffic: Traffic, where: str, delivered: Delivered
) -> GatewayUnreachableError:
    if not traffic.connected:
        return GatewayUnreachableError(
            f"{where} cannot be reached: {said(str(error.__cause__ or error))}. Check TOU_V1R_HOST "
            "and the cable; it is tried again.",
            delivered="no",
        )
    end = "Whether it was taken is not known; it is read first." if delivered != "no" else ""
    return GatewayUnreachableError(
        f"{where} does not answer {traffic.path} ({said(str(error))}). {end}".strip(),
        delivered=delivered,
    )


def _busy(where: str, traffic: Traffic, why: str) -> GatewayBusyError:
    wait = _BUSY_WAIT if traffic.asked is None else traffic.asked
    return GatewayBusyError(
        f"{where} asks to be left alone for a while: {why}.", delivered="no", retry_after=wait
    )


def _conflict(where: str) -> GatewayBusyError:
    return GatewayBusyError(
        f"{where}: somebody else changed its configuration at the same moment, so nothing was "
        "written. It is read and decided again.",
        delivered="no",
        retry_after=_CONFLICT_WAIT,
    )


def _not_let_in(text: str, traffic: Traffic, where: str) -> GatewayRefusedError:
    kind: type[GatewayRefusedError] = GatewayRefusedError
    if traffic.path != LOGIN and traffic.status in (401, 403):
        reason = (
            f"takes the password, and answers {traffic.status} to {traffic.path} all the same: it "
            "does not let this computer do that. See whether its address is that of the leader."
        )
    elif traffic.path == LOGIN:
        reason = (
            "refuses the password. Set TOU_V1R_PASSWORD to the whole password on the gateway's "
            "label; an early Gateway 1 needs TOU_V1R_FULL_PASSWORD=true as well."
        )
    elif _NOT_VERIFIED in text:
        kind, reason = (
            KeyWaitsError,
            (
                "has the key, but waits for somebody to switch one Powerwall off and on. "
                "`tou gateway pair` says how."
            ),
        )
    else:
        kind, reason = KeyUnknownError, f"does not know the key, or it was removed. {_PAIR}"
    return kind(f"{where} {reason}", delivered="no", retry_after=_PERSON)


def _fault(fault: str, traffic: Traffic, where: str) -> GatewayError:
    if fault in _BUSY:
        return _busy(where, traffic, f"it answers {fault}")
    if fault in _CLOCK:
        return clock_error(where, traffic.ahead)
    if fault == "WRONG_PERSONALIZATION":
        return GatewayProtocolError(
            f"{where} says that the request is meant for another device. Its number is asked for "
            "anew.",
            delivered="no",
        )
    if fault in _KEY:
        return GatewayRefusedError(
            f"{where} {_KEY[fault]}. {_PAIR}", delivered="no", retry_after=_PERSON
        )
    return GatewayProtocolError(f"{where} answers with the fault {said(fault)}.", delivered="no")
