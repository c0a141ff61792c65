"""Logins by firmware: who is let in, what they are told, and the two cookies they get."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qsl

from scheduler.simulated.device import Device
from scheduler.simulated.exchange import (
    CANNOT_STOP,
    TOO_MANY,
    Received,
    Reply,
    data,
    empty,
    encode,
    failure,
)
from scheduler.simulated.sessions import HOME_OWNER, INSTALLER
from scheduler.simulated.stamps import nanosecond_stamp
from scheduler.simulated.timepiece import Instant

Fields = dict[str, object]


def log_in(device: Device, request: Received, moment: Instant) -> Reply:
    """POST /api/login/Basic."""
    if not device.counts_login(moment) or device.faults.take("too_many"):
        return TOO_MANY
    fields = _fields(request)
    if isinstance(fields, Reply):
        return fields
    role = _role(device, fields)
    if role is None:
        return failure(401, device.profile.bad_credentials, "Login Error")
    return _refused(device, role, fields, moment) or _welcome(device, role, fields, moment)


def start_toggle(_device: Device, _request: Received, _moment: Instant) -> Reply:
    """POST /api/auth/toggle/start: wait for somebody to move a Powerwall's switch."""
    return empty(202)


def toggle_login(device: Device, request: Received, moment: Instant) -> Reply:
    """POST /api/auth/toggle/login: 417 until the switch is moved."""
    fields = _fields(request)
    if isinstance(fields, Reply):
        return fields
    if not device.take_switch():
        return empty(417)
    role = INSTALLER if fields.get("username") == "installer" else HOME_OWNER
    return _welcome(device, role, fields, moment)


def toggle_supported(device: Device, _request: Received, moment: Instant) -> Reply:
    """GET /api/auth/toggle/supported: only while the sitemaster runs."""
    return data({"toggle_auth_supported": device.sitemaster.running(moment.elapsed)})


def log_out(device: Device, request: Received, _moment: Instant) -> Reply:
    """GET /api/logout: 204 for any token, known or not."""
    device.log_out(request.tokens)
    return empty(204)


def _fields(request: Received) -> Fields | Reply:
    """JSON whatever the content type says, a form, or the query: all three have been used."""
    if not request.body and request.query:
        return dict(request.parameters)
    if "form-urlencoded" in request.headers.get("content-type", "") and request.body[:1] != b"{":
        return dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
    return read_object(request.body)


def read_object(body: bytes) -> Fields | Reply:
    """The JSON object in a body, or the 400 that says why not."""
    try:
        found = json.loads(body)
    except ValueError:
        return failure(400, "unexpected end of JSON input", "Unable to unmarshal body")
    if not isinstance(found, dict):
        error = f"json: cannot unmarshal {type(found).__name__} into Go value"
        return failure(400, error, "Unable to unmarshal body")
    return found


def _role(device: Device, fields: Fields) -> str | None:
    """The role that user and password open; None for bad credentials."""
    user, password = fields.get("username", ""), fields.get("password", "")
    if not isinstance(password, str) or not device.knows_password(password):
        return None
    if device.profile.any_user:
        return INSTALLER
    if user == "customer" and device.profile.customer:
        return HOME_OWNER
    return INSTALLER if user == "installer" else None


def _refused(device: Device, role: str, fields: Fields, moment: Instant) -> Reply | None:
    profile = device.profile
    if role == INSTALLER and profile.installer_needs_switch:
        return failure(401, "roles [Provider_Engineer] require physical access", "Login Error")
    if role == HOME_OWNER and device.faults.default_password:
        return failure(401, "default password not supported", "Login Error")
    if role != INSTALLER or not device.sitemaster.running(moment.elapsed):
        return None
    force = fields.get("force_sm_off") in (True, "true", "True", "1")
    if profile.needs_force and not force:
        # The literal body is unknown (U); this is the neighbouring one for a failed stop.
        return CANNOT_STOP
    # The portal says that the wizard cannot be launched off-grid.
    return CANNOT_STOP if device.faults.islanded else None


def _welcome(device: Device, role: str, fields: Fields, moment: Instant) -> Reply:
    token = device.log_in(role, moment)
    body: dict[str, object] = {
        "email": None if device.profile.any_user else fields.get("email", ""),
        "firstname": "Tesla",
        "lastname": "Energy",
        "roles": [role],
        "token": token,
        "provider": "Basic",
    }
    if device.profile.login_time:
        body["loginTime"] = nanosecond_stamp(device.local(device.shown(moment)))
    record = base64.b64encode(encode(body)).decode()
    cookies = (
        ("Set-Cookie", f"AuthCookie={token}; Path=/"),
        ("Set-Cookie", f"UserRecord={record}; Path=/"),
    )
    return data(body, headers=cookies)
