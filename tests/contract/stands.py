"""Where each transport stands in the contract test: its simulated server, and what is true there.

A new transport adds one function here and its name to STANDS.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import memory_gateway
import pytest
from pydantic import SecretStr

from scheduler import clock
from scheduler.gateway import registry
from scheduler.gateway.base import Gateway
from scheduler.gateway.fleet.tokens import TokenFile, Tokens
from scheduler.gateway.registry import Surroundings, transport
from scheduler.gateway.v1r.key import make_key
from scheduler.setting import SettingRead, from_raw
from scheduler.simulated import SimulatedGateway
from scheduler.simulated.device import Device
from scheduler.simulated.fleet import SimulatedFleet
from scheduler.simulated.house import House
from scheduler.simulated.proxy import SimulatedProxy
from scheduler.simulated.v1r import SimulatedV1r

PASSWORD = "correct-horse-battery"


@dataclass
class Stand:
    """One transport with its simulated server."""

    name: str
    settings: Any
    surroundings: Surroundings
    in_force: Callable[[], SettingRead]
    """What the device itself has, app scale."""
    vanish: Callable[[], None]
    """It is not to be reached from now on."""
    secret: str = PASSWORD
    faults: Any = None
    """The switches of its server."""
    server: Any = None
    """The server itself, where something may be put between."""

    def open(self) -> Gateway:
        return transport(self.name).open_gateway(self.settings, self.surroundings)


def surroundings(folder: Path) -> Surroundings:
    return Surroundings(
        state=folder / "tou.db",
        now=clock.now,
        monotonic=clock.monotonic,
        timezone="America/Los_Angeles",
    )


def settings_of(name: str, **words: Any) -> Any:
    table = registry.settings_of(name)
    return table.model_construct(**{"gateway_pause": clock.parse_duration("0s"), **words})


@asynccontextmanager
async def local(folder: Path) -> AsyncIterator[Stand]:
    async with SimulatedGateway(password=PASSWORD, run_seconds=0.05, stop_seconds=0.02) as server:
        yield Stand(
            name="local",
            settings=settings_of(
                "local",
                gateway_url=server.url,
                gateway_password=SecretStr(PASSWORD),
                gateway_fingerprint=server.fingerprint,
            ),
            surroundings=surroundings(folder),
            in_force=lambda: of_device(server.device),
            vanish=lambda: setattr(server.faults, "refuse", True),
            faults=server.faults,
        )


def of_device(device: Device) -> SettingRead:
    return SettingRead(device.active.mode, from_raw(device.active.reserve))


@asynccontextmanager
async def simulated(folder: Path) -> AsyncIterator[Stand]:
    async with SimulatedGateway(run_seconds=0.05, stop_seconds=0.02) as server:
        around = surroundings(folder)
        offered = {"url": server.url, "fingerprint": server.fingerprint}
        yield Stand(
            name="simulated",
            settings=settings_of("simulated"),
            surroundings=Surroundings(
                around.state, around.now, around.monotonic, around.timezone, offered
            ),
            in_force=lambda: of_device(server.device),
            vanish=lambda: setattr(server.faults, "refuse", True),
            faults=server.faults,
        )


@asynccontextmanager
async def proxy(folder: Path) -> AsyncIterator[Stand]:
    async with SimulatedProxy(secret=PASSWORD) as server:
        yield Stand(
            name="proxy",
            settings=settings_of(
                "proxy",
                proxy_url=server.url,
                proxy_secret=SecretStr(PASSWORD),
                proxy_backend="v1r",
            ),
            surroundings=surroundings(folder),
            in_force=lambda: of_house(server.house),
            vanish=lambda: setattr(server.faults, "refuse", True),
            faults=server.faults,
            server=server,
        )


def of_house(house: House) -> SettingRead:
    return SettingRead(house.active.mode, from_raw(house.active.reserve))


@asynccontextmanager
async def memory(folder: Path) -> AsyncIterator[Stand]:
    memory_gateway.DEVICE.update(mode="self_consumption", reserve=20.0, there=True)
    yield Stand(
        name="memory",
        settings=None,
        surroundings=surroundings(folder),
        in_force=lambda: SettingRead(
            memory_gateway.DEVICE["mode"], memory_gateway.DEVICE["reserve"]
        ),
        vanish=lambda: memory_gateway.DEVICE.update(there=False),
    )


@asynccontextmanager
async def fleet(folder: Path) -> AsyncIterator[Stand]:
    async with SimulatedFleet() as cloud:
        around = surroundings(folder)
        sign_in(cloud, around.state)
        yield Stand(
            name="fleet",
            settings=settings_of(
                "fleet",
                fleet_site=cloud.site,
                fleet_api_url=cloud.url,
                fleet_token_url=cloud.url,
                fleet_read_every=clock.parse_duration("15m"),
            ),
            surroundings=around,
            in_force=lambda: of_cloud(cloud),
            vanish=lambda: setattr(cloud.faults, "refuse", True),
            faults=cloud.faults,
            server=cloud,
            secret=TokenFile(around.state.with_suffix(".fleet")).read().access,
        )


def sign_in(cloud: SimulatedFleet, state: Path) -> None:
    answer, now = cloud.tokens(), clock.now()
    first = Tokens(cloud.client_id, "none", "none", now, now).renewed(answer, now)
    TokenFile(state.with_suffix(".fleet")).keep(replace(first, old=None))


def of_cloud(cloud: SimulatedFleet) -> SettingRead:
    picture = cloud.cloud.in_force
    return SettingRead(picture.mode, picture.reserve)


@asynccontextmanager
async def line(folder: Path) -> AsyncIterator[Stand]:
    """The preferred one is away, so the other acts."""
    memory_gateway.DEVICE.update(there=False)
    async with proxy(folder) as stand:
        yield replace(stand, name="line")


@asynccontextmanager
async def v1r(folder: Path) -> AsyncIterator[Stand]:
    pytest.importorskip("aiopowerwall", reason="the extra tedapi is not installed")
    key = folder / "v1r.pem"
    made = make_key(key, bits=2048)
    async with SimulatedV1r(password=PASSWORD) as server:
        server.keyring.verify(made.public_der)
        house = server.unit.house
        yield Stand(
            name="v1r",
            settings=settings_of(
                "v1r", v1r_host=server.address, v1r_password=SecretStr(PASSWORD), v1r_key=key
            ),
            surroundings=surroundings(folder),
            in_force=lambda: SettingRead(house.active.mode, house.app_reserve),
            vanish=lambda: setattr(server.faults, "refuse", True),
            faults=server.faults,
            server=server,
        )


STANDS = {
    "local": local,
    "simulated": simulated,
    "v1r": v1r,
    "fleet": fleet,
    "proxy": proxy,
    "memory": memory,
    "line": line,
}
