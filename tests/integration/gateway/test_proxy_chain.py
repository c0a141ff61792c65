"""A real pypowerwall-server between our client and the simulated unit: three authors, one chain.

It stands in an environment of its own (`make .venv-server/ready`), or wherever
POWERWALL_SERVER names its command.
"""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

pytest.importorskip("aiopowerwall", reason="the extra tedapi is not installed")

from scheduler import clock
from scheduler.errors import GatewayError, GatewayRefusedError
from scheduler.gateway import proxy
from scheduler.gateway.base import Part, Reading, Spend, Step
from scheduler.gateway.proxy.client import ProxyGateway
from scheduler.gateway.proxy.settings import ProxySettings
from scheduler.gateway.v1r.key import make_key
from scheduler.setting import Export, GridCharging, Mode, Setting
from scheduler.simulated.v1r import SimulatedV1r

SECRET = "a secret between the two"
PASSWORD = "LABEL-PASSWORD"
WHOLE = Setting(Mode.BACKUP, 80, GridCharging.DENY, Export.SOLAR)
PATIENCE = 60.0


def command() -> str | None:
    own = Path(__file__).parents[3] / ".venv-server" / "bin" / "pypowerwall-server"
    named = os.environ.get("POWERWALL_SERVER") or shutil.which("pypowerwall-server")
    return named or (str(own) if own.exists() else None)


if command() is None:
    pytest.skip(
        "pypowerwall-server is not there: `make .venv-server/ready`", allow_module_level=True
    )


class Told:
    async def ended(self, step: Step) -> None:
        pass

    async def settled(self) -> None:
        pass


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
async def unit(tmp_path: Path) -> AsyncIterator[SimulatedV1r]:
    made = make_key(tmp_path / "key.pem", bits=2048)
    async with SimulatedV1r(password=PASSWORD) as server:
        server.keyring.verify(made.public_der)
        yield server


@pytest.fixture
async def server(unit: SimulatedV1r, tmp_path: Path) -> AsyncIterator[str]:
    """The server's process; where it answers."""
    port = free_port()
    (tmp_path / "auth").mkdir()
    process = await asyncio.create_subprocess_exec(
        str(command()),
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PW_BIND_ADDRESS": "127.0.0.1",
            "PW_PORT": str(port),
            "PW_HOST": unit.address,
            "PW_GW_PWD": PASSWORD,
            "PW_RSA_KEY_PATH": str(tmp_path / "key.pem"),
            "PW_CONTROL_SECRET": SECRET,
            "PW_FAILOVER": "no",
            "PW_CACHE_EXPIRE": "1",
            "PW_TIMESERIES_RETENTION": "0",
            "PW_TIMESERIES_PATH": str(tmp_path / "series.db"),
            "PW_AUTH_PATH": str(tmp_path / "auth"),
        },
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        await process.wait()


def client(url: str, secret: str = SECRET) -> ProxyGateway:
    limits = proxy.limits_of(ProxySettings.model_construct(proxy_backend="v1r"))
    return ProxyGateway(url, secret, limits, clock.now, clock.monotonic)


async def until(gateway: ProxyGateway, fits: Callable[[Reading], bool]) -> Reading:
    """The reading that fits; the server takes its time to come up, and to look again."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                reading = await gateway.read(Told(), spend=Spend.DUE, want=frozenset(Part))
                if fits(reading):
                    return reading
            except GatewayError:
                pass
            await asyncio.sleep(0.5)


async def test_a_setting_goes_through_a_server_by_others_and_is_read_back(
    unit: SimulatedV1r, server: str
) -> None:
    gateway = client(server)
    house = unit.unit.house
    before = await until(gateway, lambda found: found.setting.mode is not None)

    receipt = await gateway.write(WHOLE, before, Told())
    after = await until(gateway, lambda found: found.setting.shows(WHOLE, 0.6))
    await gateway.close()

    assert before.setting.mode == "self_consumption"
    assert before.setting.reserve == pytest.approx(20, abs=0.6)
    assert receipt.sent == ("grid_charging", "export", "mode", "reserve")
    assert (house.active.mode, house.export, house.grid_charging) == ("backup", "pv_only", False)
    assert house.app_reserve == pytest.approx(80, abs=0.1)
    assert after.charge == pytest.approx(house.app_charge, abs=1)
    assert gateway.clock_ahead == pytest.approx(0, abs=2)


async def test_the_server_refuses_another_secret_and_nothing_changes(
    unit: SimulatedV1r, server: str
) -> None:
    gateway = client(server, "another")
    await until(gateway, lambda found: found.setting.mode is not None)

    with pytest.raises(GatewayRefusedError, match="TOU_PROXY_SECRET"):
        await gateway.write(WHOLE, None, Told())
    await gateway.close()

    assert unit.unit.house.active.mode == "self_consumption"
