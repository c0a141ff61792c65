"""`tou gateway simulate --door fleet`, `proxy` or `v1r`: one of the other doors to the simulated
house, on its own."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import click

from scheduler import clock
from scheduler.errors import SchedulerError
from scheduler.gateway.v1r.key import make_key, read_key
from scheduler.simulated import DEFAULT_PASSWORD
from scheduler.simulated.control import FaultControl
from scheduler.simulated.device import Logged
from scheduler.simulated.fleet import FleetFaults, SimulatedFleet
from scheduler.simulated.proxy import ProxyFaults, SimulatedProxy
from scheduler.simulated.proxy.server import DEFAULT_SECRET
from scheduler.simulated.switches import Switches
from scheduler.simulated.v1r import SimulatedV1r, V1rFaults
from scheduler.simulated.v1r.messages import the_messages

V1R_KEY: Final = Path("v1r-simulated.pem")


class ServedDoor(Protocol):
    """A simulated server, whatever it speaks."""

    on_request: Callable[[Logged], None] | None

    @property
    def faults(self) -> Switches:
        """What is wrong with it."""

    def state(self) -> dict[str, object]:
        """What is in force behind it."""

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1. Raises OSError."""

    async def stop(self) -> None:
        """Shut it."""


@dataclass(frozen=True, slots=True)
class _How:
    """What to serve, and what a person is told of it."""

    make: Callable[..., Any]
    faults: type[Switches]
    told: Callable[[Any], dict[str, object]]
    """What a program needs to speak to it."""
    words: Callable[[Any], list[str]]
    """The same as settings."""


def serve(
    door: str, *, port: int, control: int | None, faults: tuple[str, ...], form: str, **own: Any
) -> None:
    """Serve a door on 127.0.0.1 until Ctrl-C; `own` are options of the house."""
    how = _DOORS[door]
    try:
        found = how.faults.parse(*faults)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    asyncio.run(_serve(how.make(faults=found, **own), how, port, control, form))


async def _serve(server: ServedDoor, how: _How, port: int, control: int | None, form: str) -> None:
    stopped = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stopped.set)
    server.on_request = _log
    switch = FaultControl(server.faults, server.state)
    try:
        try:
            await server.start(port)
            address = None if control is None else await switch.start(control)
        except OSError as error:
            raise SchedulerError(
                f"A port on 127.0.0.1 cannot be taken: {error.strerror}. Choose another by --port "
                "or --control, or 0 for a free one."
            ) from None
        click.echo(_text(server, how, form, address))
        await stopped.wait()
    finally:
        await switch.stop()
        await server.stop()


def _log(request: Logged) -> None:
    status = "no answer" if request.status is None else request.status
    at = clock.iso(request.at.replace(microsecond=0))
    click.echo(f"{at} {request.method} {request.path} {status}", err=True)


def _text(server: ServedDoor, how: _How, form: str, control: str | None) -> str:
    if form == "json":
        return json.dumps({**how.told(server), **({"control": control} if control else {})})
    first, *more = how.words(server)
    switched = [f"Faults are switched at {control}"] if control else []
    return "\n".join([first, *switched, "", *more, ""])


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


_DOORS = {
    "v1r": _How(_v1r, V1rFaults, _v1r_told, _v1r_words),
    "fleet": _How(SimulatedFleet, FleetFaults, _fleet_told, _fleet_words),
    "proxy": _How(SimulatedProxy, ProxyFaults, _proxy_told, _proxy_words),
}
