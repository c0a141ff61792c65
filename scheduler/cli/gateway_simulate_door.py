"""The doors that `tou gateway simulate` can serve, and what a client must know of each."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scheduler.gateway.v1r.key import make_key, read_key
from scheduler.simulated import DEFAULT_PASSWORD, Faults, SimulatedGateway
from scheduler.simulated.fleet import FleetFaults, SimulatedFleet
from scheduler.simulated.loopback import Served
from scheduler.simulated.proxy import ProxyFaults, SimulatedProxy
from scheduler.simulated.proxy.server import DEFAULT_SECRET
from scheduler.simulated.switches import Switches
from scheduler.simulated.v1r import SimulatedV1r, V1rFaults
from scheduler.simulated.v1r.messages import the_messages

V1R_KEY: Final = Path("v1r-simulated.pem")


@dataclass(frozen=True, slots=True)
class ServedDoor:
    """What to serve, and what a person is told of it."""

    make: Callable[..., Any]
    faults: type[Switches]
    told: Callable[[Any], dict[str, object]]
    """What a program needs to speak to it."""
    words: Callable[[Any], list[str]]
    """The same as settings, after a line of words."""
    takes: tuple[str, ...] = ("charge", "speed")
    """The options of the command that are its own."""

    def text(self, served: Served, form: str, control: str | None) -> str:
        """What is printed once it serves."""
        if form == "json":
            return json.dumps({**self.told(served), **({"control": control} if control else {})})
        first, *more = self.words(served)
        switched = [f"Faults are switched at {control}"] if control else []
        return "\n".join([*first.splitlines(), *switched, "", *more, ""])


def _username(gateway: SimulatedGateway) -> str:
    """Since 1.50 the installer's login waits for a hand on a switch; the customer's may read."""
    return "customer" if gateway.device.profile.installer_needs_switch else "installer"


def _local_told(gateway: SimulatedGateway) -> dict[str, object]:
    return {
        "url": gateway.url,
        "fingerprint": gateway.fingerprint,
        "profile": gateway.device.profile.name,
        "username": _username(gateway),
        "password_is_default": gateway.options.password == DEFAULT_PASSWORD,
    }


def _local_words(gateway: SimulatedGateway) -> list[str]:
    default = gateway.options.password == DEFAULT_PASSWORD
    return [
        f"A simulated gateway with firmware {gateway.device.profile.name} answers at "
        f"{gateway.url}; Ctrl-C ends it.\nFingerprint {gateway.fingerprint}",
        "export TOU_GATEWAY=local",
        f"export TOU_GATEWAY_URL={gateway.url}",
        f"export TOU_GATEWAY_USERNAME={_username(gateway)}",
        f"export TOU_GATEWAY_FINGERPRINT={gateway.fingerprint}",
        f"export TOU_GATEWAY_PASSWORD={DEFAULT_PASSWORD}"
        if default
        else "# TOU_GATEWAY_PASSWORD is the one you gave.",
    ]


def _fleet_told(cloud: SimulatedFleet) -> dict[str, object]:
    tokens = cloud.tokens()
    return {
        "url": cloud.url,
        "site": cloud.site,
        "client_id": cloud.client_id,
        "client_secret": cloud.client_secret,
        "access_token": tokens["access_token"],
        "refresh_token": tokens["refresh_token"],
    }


def _fleet_words(cloud: SimulatedFleet) -> list[str]:
    told = _fleet_told(cloud)
    return [
        f"A simulated cloud answers at {cloud.url}; Ctrl-C ends it.",
        "export TOU_GATEWAY=fleet",
        f"export TOU_FLEET_SITE={cloud.site}",
        f"export TOU_FLEET_API_URL={cloud.url}",
        f"export TOU_FLEET_SIGN_IN_URL={cloud.url}",
        f"export TOU_FLEET_TOKEN_URL={cloud.url}",
        "",
        "# tou gateway login --provider tesla --paste    asks for these:",
        f"# client id      {told['client_id']}",
        f"# refresh token  {told['refresh_token']}",
    ]


def _proxy_told(proxy: SimulatedProxy) -> dict[str, object]:
    return {"url": proxy.url, "secret": DEFAULT_SECRET, "backend": "v1r"}


def _proxy_words(proxy: SimulatedProxy) -> list[str]:
    return [
        f"A simulated pypowerwall proxy answers at {proxy.url}; Ctrl-C ends it.",
        "export TOU_GATEWAY=proxy",
        f"export TOU_PROXY_URL={proxy.url}",
        f"export TOU_PROXY_SECRET={DEFAULT_SECRET}",
        "export TOU_PROXY_BACKEND=v1r",
    ]


def _v1r(**words: Any) -> SimulatedV1r:
    """A unit that knows the key in `v1r-simulated.pem`, which is made where it is not there."""
    the_messages("transport")
    key = read_key(V1R_KEY) if V1R_KEY.exists() else make_key(V1R_KEY, bits=2048)
    unit = SimulatedV1r(password=DEFAULT_PASSWORD, **words)
    unit.keyring.verify(key.public_der)
    return unit


def _v1r_told(unit: SimulatedV1r) -> dict[str, object]:
    return {"url": unit.url, "host": unit.address, "key": str(V1R_KEY.absolute())}


def _v1r_words(unit: SimulatedV1r) -> list[str]:
    return [
        f"A simulated Powerwall 3 answers signed requests at {unit.url}; Ctrl-C ends it.",
        "export TOU_GATEWAY=v1r",
        f"export TOU_V1R_HOST={unit.address}",
        f"export TOU_V1R_PASSWORD={DEFAULT_PASSWORD}",
        f"export TOU_V1R_KEY={V1R_KEY.absolute()}",
    ]


_LOCAL: Final = ("profile", "password", "charge", "speed", "run_seconds", "identity", "update")

DOORS: Final = {
    "local": ServedDoor(SimulatedGateway, Faults, _local_told, _local_words, _LOCAL),
    "fleet": ServedDoor(SimulatedFleet, FleetFaults, _fleet_told, _fleet_words),
    "proxy": ServedDoor(SimulatedProxy, ProxyFaults, _proxy_told, _proxy_words),
    "v1r": ServedDoor(_v1r, V1rFaults, _v1r_told, _v1r_words),
}
