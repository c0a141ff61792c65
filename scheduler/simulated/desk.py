"""Takes a request to the device and brings the answer back, with the faults on either side."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Final

from scheduler.simulated import odd, routes
from scheduler.simulated.device import Device
from scheduler.simulated.exchange import (
    BUSY,
    JSON,
    NOT_FOUND,
    TEXT,
    TOO_MANY,
    Received,
    Reply,
    empty,
    encode,
    forbidden,
    moved,
)
from scheduler.simulated.faults import Faults
from scheduler.simulated.loopback import Logged
from scheduler.simulated.profiles import upgraded
from scheduler.simulated.timepiece import Instant

_LOGIN: Final = "login/Basic"
_BAD_GATEWAY: Final = empty(502)


@dataclass(frozen=True, slots=True)
class Attended:
    """What is to be put on the wire; answer None cuts the connection."""

    answer: Reply | None
    manner: str = "whole"
    """How: whole, broken (in the middle of the body), drip, endless, hang (never)."""


def attend(device: Device, request: Received, *, encrypted: bool) -> Attended:
    """One request, from its arrival to what goes out."""
    moment = device.turn()
    outcome = _outcome(device, request, moment, encrypted=encrypted)
    _note(device, request, outcome.answer, moment)
    return outcome


def _outcome(device: Device, request: Received, moment: Instant, *, encrypted: bool) -> Attended:
    faults = device.faults
    if not encrypted and not device.profile.plain_http:
        return Attended(None if faults.plain_closed else moved(request))
    early = _intercepted(faults, request)
    if early is not None:
        return Attended(_asking(faults, early))
    answer = routes.answer(device, request, moment)
    if _lost(device, request, moment, answer):
        return Attended(None)
    if faults.take_at("hang", request.endpoint):
        return Attended(None, "hang")
    good_read = request.method == "GET" and answer.status < 300
    if good_read:
        answer = _strange(faults) or _bent(faults, answer)
    answer = _asking(faults, _typed(device, request, answer))
    return Attended(answer, _manner(faults, answer, good_read=good_read))


def _manner(faults: Faults, answer: Reply, *, good_read: bool) -> str:
    if answer.body and faults.take("drop"):
        return "broken"
    if answer.body and faults.take("drip"):
        return "drip"
    return "endless" if good_read and faults.take("endless") else "whole"


def _asking(faults: Faults, answer: Reply) -> Reply:
    """With the time for which a busy gateway asks."""
    if faults.retry_after is None or answer.status not in (429, 503):
        return answer
    asked = ("Retry-After", f"{faults.retry_after:.0f}")
    return replace(answer, headers=(*answer.headers, asked))


_BODIES: Final = {**odd.WHOLE, "garbage": odd.garbage, "blank": bytes}


def _strange(faults: Faults) -> Reply | None:
    """A 200 with a body that no gateway should send."""
    name = next((name for name in _BODIES if faults.take(name)), None)
    packing = (odd.PACKING,) if name == "packed" else ()
    return Reply(200, _BODIES[name](), packing) if name else None


def _typed(device: Device, request: Received, answer: Reply) -> Reply:
    """With the content type of the firmware, or of a fault."""
    faults = device.faults
    if not answer.body or answer.content_type != TEXT or faults.text_type:
        return answer
    accepted = request.method != "GET" and answer.status < 300
    if faults.json_type or (device.profile.says_json and not accepted):
        return replace(answer, content_type=JSON)
    return answer


def _intercepted(faults: Faults, request: Received) -> Reply | None:
    """An answer that does not ask the device."""
    endpoint = request.endpoint
    if faults.take_at("missing", endpoint):
        return NOT_FOUND
    if faults.take_at("limited", endpoint):
        return TOO_MANY
    if endpoint == _LOGIN:
        return None
    if faults.take("busy"):
        return BUSY
    if endpoint in routes.DATA_ENDPOINTS and faults.take("bad_gateway"):
        return _BAD_GATEWAY
    return None


def _lost(device: Device, request: Received, moment: Instant, answer: Reply) -> bool:
    """Whether the answer never leaves, although the request has had its effect."""
    faults, endpoint = device.faults, request.endpoint
    if faults.take_at("upgrade", endpoint):
        into = upgraded(device.profile, device.options.update_version)
        device.restart(moment, into=into)
        return True
    if faults.take_at("reboot", endpoint):
        device.restart(moment)
        return True
    if faults.take_at("answer_lost", endpoint):
        return True
    return endpoint == _LOGIN and answer.status == 200 and faults.take("login_lost")


def _bent(faults: Faults, answer: Reply) -> Reply:
    """A good answer with the faults of its content."""
    if faults.take("error_body"):
        return replace(answer, body=forbidden("GET").body)
    if not answer.body or not (faults.null or faults.without or faults.typed or faults.extra_keys):
        return answer
    try:
        found = json.loads(answer.body)
    except ValueError:
        return answer
    if faults.extra_keys and isinstance(found, dict):
        found = {**found, "unheard_of": {"since": "26.99"}}
    return replace(answer, body=encode(odd.struck(faults, found)))


def _note(device: Device, request: Received, answer: Reply | None, moment: Instant) -> None:
    """Remember that it came; the query of a login may hold a password."""
    shown = request.query and request.endpoint != _LOGIN
    path = f"{request.path}?{request.query}" if shown else request.path
    status = None if answer is None else answer.status
    logged = Logged(moment.instant, request.method, path, status)
    device.log.append(logged)
    if device.on_request is not None:
        device.on_request(logged)
