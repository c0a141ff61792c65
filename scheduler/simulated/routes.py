"""Which request gets which answer: access by firmware and role, then the endpoint's own work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from scheduler.simulated import bodies, equipment, login, operation, readings
from scheduler.simulated.captured import CAPTURED
from scheduler.simulated.device import Device
from scheduler.simulated.exchange import (
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    Received,
    Reply,
    data,
    empty,
    failure,
    forbidden,
)
from scheduler.simulated.login import read_object
from scheduler.simulated.options import DIN
from scheduler.simulated.sessions import INSTALLER, Login
from scheduler.simulated.timepiece import Instant

Handler = Callable[[Device, Received, Instant], Reply]

# 502 with an empty body while the sitemaster is down; everything else keeps answering.
DATA_ENDPOINTS: Final = frozenset(
    {
        "meters/aggregates",
        "system_status",
        "system_status/soe",
        "system_status/grid_status",
        "system_status/grid_faults",
    }
)
# A dead token is no matter here: people log in because it is dead.
_TOKEN_BLIND: Final = ("login/Basic", "logout", "auth/toggle/")


def answer(device: Device, request: Received, moment: Instant) -> Reply:
    endpoint = request.endpoint
    handlers = ROUTES.get(endpoint)
    if handlers is None:
        return NOT_FOUND
    refusal = _refusal(device, request, moment)
    if refusal is not None:
        return refusal
    handler = handlers.get(request.method)
    if handler is None:
        return METHOD_NOT_ALLOWED
    if endpoint in DATA_ENDPOINTS and not device.sitemaster.running(moment.elapsed):
        return empty(502)
    return handler(device, request, moment)


def _refusal(device: Device, request: Received, moment: Instant) -> Reply | None:
    """Why this request may not be made, by session and role."""
    endpoint, profile = request.endpoint, device.profile
    if endpoint.startswith(_TOKEN_BLIND):
        return None
    session = device.session(request.tokens, moment) if request.tokens else None
    guarded = profile.needs_session(endpoint)
    if session is None and request.bears and _dead_token(device) == 401:
        return _gone(device, request)
    if session is None and guarded:
        return _gone(device, request) if request.tokens else forbidden(request.method)
    if (request.method, endpoint) == ("POST", "operation") and not _may_write(session):
        return forbidden("POST")
    return None


def _may_write(session: Login | None) -> bool:
    return session is not None and session.role == INSTALLER


def _dead_token(device: Device) -> int:
    own = device.faults.dead_token
    return device.profile.dead_token if own is None else own


def _gone(device: Device, request: Received) -> Reply:
    if _dead_token(device) == 401:
        # The portal looks for these words; no body was captured, so the rest is made up.
        return failure(401, "invalid bearer token", "Token Error")
    return forbidden(request.method)


def _says(body: Callable[[Device, Instant], object]) -> Handler:
    """A handler that only tells something."""
    return lambda device, _request, moment: data(body(device, moment))


def _powerwalls_status(device: Device, _request: Received, moment: Instant) -> Reply:
    """409 while running on the old ones, a text in the body on the newer."""
    old = device.profile.powerwalls == "2018"
    if old and device.sitemaster.running(moment.elapsed):
        words = "Sitemaster is current running"
        return failure(409, words, words)
    return data(equipment.powerwalls_status_body(device, moment))


def _system_status(device: Device, _request: Received, moment: Instant) -> Reply:
    if not device.profile.system_status:
        return NOT_FOUND
    return data(readings.system_status_body(device, moment))


def _meter(name: str) -> Handler:
    def handler(device: Device, _request: Received, moment: Instant) -> Reply:
        aggregate = readings.aggregates_body(device, moment)[name]
        assert isinstance(aggregate, dict)
        return data(equipment.meter_body(device, name, aggregate, moment))

    return handler


def _vitals(device: Device, _request: Received, _moment: Instant) -> Reply:
    """A protobuf message; an empty one is valid. 404 from 23.44 on."""
    if not device.profile.vitals:
        return NOT_FOUND
    return Reply(200, b"", (), "application/octet-stream")


def _islanding(device: Device, request: Received, _moment: Instant) -> Reply:
    """Echoes the mode; off and on the grid."""
    if device.profile.islanding == "absent":
        return NOT_FOUND
    if device.profile.islanding == "forbidden":
        return forbidden("POST")
    fields = read_object(request.body)
    if isinstance(fields, Reply):
        return fields
    device.faults.islanded = fields.get("island_mode") == "intentional_reconnect_failsafe"
    return data({"island_mode": fields.get("island_mode")})


def _check_update(device: Device, _request: Received, moment: Instant) -> Reply:
    device.check_for_update(moment)
    return empty(200)


def _install_update(device: Device, _request: Received, moment: Instant) -> Reply:
    device.install(moment)
    return empty(202)


ROUTES: Final[dict[str, dict[str, Handler]]] = {
    "login/Basic": {"POST": login.log_in},
    "logout": {"GET": login.log_out},
    "auth/toggle/supported": {"GET": login.toggle_supported},
    "auth/toggle/start": {"POST": login.start_toggle},
    "auth/toggle/login": {"POST": login.toggle_login},
    "operation": {"GET": operation.read_operation, "POST": operation.write_operation},
    "config/completed": {"GET": operation.commit},
    "sitemaster": {"GET": _says(bodies.sitemaster_body)},
    "sitemaster/run": {"GET": operation.run},
    "sitemaster/run_for_commissioning": {"POST": operation.run},
    "sitemaster/stop": {"GET": operation.get_stop, "POST": operation.post_stop},
    "status": {"GET": _says(bodies.status_body)},
    "site_info": {"GET": _says(bodies.site_info_body)},
    "site_info/site_name": {"GET": _says(lambda device, _: bodies.site_name_body(device))},
    "installer": {"GET": _says(lambda device, _: bodies.installer_body(device))},
    "customer": {"GET": _says(lambda device, _: {"email": device.options.email})},
    "customer/registration": {"GET": _says(lambda _device, _: CAPTURED["registration"])},
    "config": {"GET": _says(lambda _device, _: {"vin": DIN})},
    "generators": {"GET": _says(lambda _device, _: {"generators": []})},
    "networks": {"GET": _says(lambda device, _: equipment.networks_body(device))},
    "meters": {"GET": _says(lambda _device, _: equipment.meters_body())},
    "meters/status": {"GET": _says(lambda _device, _: {"status": "ok", "errors": []})},
    "meters/site": {"GET": _meter("site")},
    "meters/solar": {"GET": _meter("solar")},
    "meters/aggregates": {"GET": _says(readings.aggregates_body)},
    "solars": {"GET": _says(lambda _device, _: equipment.solars_body())},
    "powerwalls": {"GET": _says(equipment.powerwalls_body)},
    "powerwalls/status": {"GET": _powerwalls_status},
    "troubleshooting/problems": {"GET": _says(lambda _device, _: {"problems": []})},
    "devices/vitals": {"GET": _vitals},
    "v2/islanding/mode": {"POST": _islanding},
    "system_status": {"GET": _system_status},
    "system_status/soe": {"GET": _says(lambda device, _: readings.charge_body(device))},
    "system_status/grid_status": {"GET": _says(lambda device, _: bodies.grid_status_body(device))},
    "system_status/grid_faults": {"GET": _says(lambda _device, _: [])},
    "system/update": {"GET": _check_update, "POST": _install_update},
    "system/update/status": {"GET": _says(bodies.update_body)},
    "system/update/urgency": {
        "GET": _says(lambda _device, _: {"update_urgency": "FIRMWARE_UPDATE_URGENCY_NONE"})
    },
}
