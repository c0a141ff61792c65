"""A pypowerwall proxy or server between us and the battery: what it says, and what that means."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr

from scheduler import clock, environment
from scheduler.errors import (
    GatewayBusyError,
    GatewayError,
    GatewayProtocolError,
    GatewayRefusedError,
    GatewayUnreachableError,
    SettingsError,
)
from scheduler.gateway import proxy
from scheduler.gateway.base import Part, Spend, Step
from scheduler.gateway.proxy.client import ProxyGateway
from scheduler.gateway.proxy.settings import Backend, ProxySettings
from scheduler.gateway.registry import Surroundings
from scheduler.httpserver import Request, Response
from scheduler.setting import Export, GridCharging, Mode, Setting, SettingRead
from scheduler.simulated.proxy import SimulatedProxy

SECRET = "a proxy's very own secret"
CHARGE = Setting(Mode.BACKUP, 100)
WHOLE = Setting(Mode.BACKUP, 100, GridCharging.DENY, Export.NONE)


class Told:
    def __init__(self) -> None:
        self.steps: list[Step] = []

    async def ended(self, step: Step) -> None:
        self.steps.append(step)

    async def settled(self) -> None:
        pass


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture(params=["proxy", "server"])
async def door(request: pytest.FixtureRequest) -> AsyncIterator[SimulatedProxy]:
    async with SimulatedProxy(secret=SECRET, dialect=request.param) as made:
        yield made


@pytest.fixture
async def gateway(door: SimulatedProxy) -> AsyncIterator[ProxyGateway]:
    opened = client(door)
    yield opened
    await opened.close()


def client(door: SimulatedProxy, *, secret: str = SECRET, backend: Backend = "v1r") -> ProxyGateway:
    limits = proxy.limits_of(ProxySettings.model_construct(proxy_backend=backend))
    return ProxyGateway(door.url, secret, limits, clock.now, clock.monotonic)


async def test_the_whole_setting_is_written_and_read_back(
    door: SimulatedProxy, gateway: ProxyGateway, told: Told
) -> None:
    receipt = await gateway.write(WHOLE, None, told)
    reading = await gateway.read(told, spend=Spend.DUE, want=frozenset(Part))

    assert receipt.sent == ("grid_charging", "export", "mode", "reserve")
    assert reading.setting.shows(WHOLE)
    assert (door.house.grid_charging, door.house.export) == (False, "never")
    assert reading.charge == pytest.approx(50, abs=0.1)
    assert (reading.grid, reading.firmware) == (True, "26.26.4")
    assert reading.powers.load > 0
    assert SECRET not in repr(told.steps) + repr(gateway)


async def test_only_what_differs_is_sent(
    door: SimulatedProxy, gateway: ProxyGateway, told: Told
) -> None:
    before = await gateway.read(told, spend=Spend.DUE)
    wanted = Setting(Mode.SELF_CONSUMPTION, 20, GridCharging.DENY, Export.BATTERY)

    receipt = await gateway.write(wanted, before, told)

    assert receipt.sent == ("grid_charging",)
    assert [each.path for each in door.log if each.method == "POST"] == ["/control/grid_charging"]


async def test_a_result_of_null_is_no_success(
    door: SimulatedProxy, gateway: ProxyGateway, told: Told
) -> None:
    door.faults.not_taken = 1

    with pytest.raises(GatewayBusyError, match="stands behind it did not") as raised:
        await gateway.write(CHARGE, None, told)

    assert raised.value.delivered == "unknown"
    assert told.steps[-1].error


async def test_three_results_of_null_in_a_row_are_a_matter_for_a_person(
    door: SimulatedProxy, gateway: ProxyGateway, told: Told
) -> None:
    door.faults.not_taken = 3
    for kind in (GatewayBusyError, GatewayBusyError, GatewayRefusedError):
        with pytest.raises(kind):
            await gateway.write(CHARGE, None, told)

    await gateway.write(CHARGE, None, told)
    assert door.house.active.mode == "backup"


async def test_grid_charging_that_is_not_taken_is_no_success(
    door: SimulatedProxy, gateway: ProxyGateway, told: Told
) -> None:
    door.faults.not_taken = 1

    with pytest.raises(GatewayBusyError):
        await gateway.write(WHOLE, None, told)


async def test_a_reserve_of_nought_that_means_unreadable_is_missing(
    door: SimulatedProxy, gateway: ProxyGateway, told: Told
) -> None:
    door.faults.unreadable = -1

    seen = (await gateway.read(told, spend=Spend.DUE)).setting

    assert seen == SettingRead()
    assert seen.missing(WHOLE) == ("mode", "reserve", "grid_charging", "export")


async def test_a_mode_that_is_known_only_before_makes_nothing_trusted(
    door: SimulatedProxy, gateway: ProxyGateway, told: Told
) -> None:
    shown = door.door._read_back
    asked = []

    def once(action: str) -> Response:
        asked.append(action)
        door.faults.unreadable = 0 if len(asked) == 1 else -1
        return shown(action)

    door.door._read_back = once  # type: ignore[method-assign]

    assert (await gateway.read(told, spend=Spend.DUE)).setting == SettingRead()


async def test_a_reserve_of_nought_between_two_known_modes_is_one(
    door: SimulatedProxy, gateway: ProxyGateway, told: Told
) -> None:
    await gateway.write(Setting(Mode.SELF_CONSUMPTION, 0), None, told)

    assert (await gateway.read(told, spend=Spend.DUE)).setting.reserve == 0


async def test_what_a_server_calls_stale_proves_nothing() -> None:
    async with SimulatedProxy(secret=SECRET, dialect="server") as door:
        gateway, told = client(door), Told()
        door.faults.stale = True

        assert (await gateway.read(told, spend=Spend.DUE)).setting == SettingRead()
        await gateway.close()


async def test_one_answer_that_failed_does_not_make_a_proxy_of_a_server() -> None:
    async with SimulatedProxy(secret=SECRET, dialect="server") as door:
        gateway, told = client(door), Told()
        page = Response(502, b"<html>Bad Gateway</html>", content_type="text/html")
        door.between = lambda request, usual: page if "operation" in request.path else usual
        await gateway.read(told, spend=Spend.DUE)
        door.between = lambda _, usual: usual
        door.faults.stale = True

        assert (await gateway.read(told, spend=Spend.DUE)).setting == SettingRead()
        await gateway.close()


async def test_a_wrong_secret_is_one_clear_message(door: SimulatedProxy, told: Told) -> None:
    gateway = client(door, secret="wrong")

    with pytest.raises(GatewayRefusedError, match="TOU_PROXY_SECRET") as raised:
        await gateway.write(CHARGE, None, told)
    await gateway.close()

    assert raised.value.delivered == "no"


async def test_controls_that_are_off_are_one_clear_message(
    door: SimulatedProxy, gateway: ProxyGateway, told: Told
) -> None:
    door.faults.disabled = True

    for act in (
        gateway.read(told, spend=Spend.DUE),
        gateway.write(CHARGE, None, told),
    ):
        with pytest.raises(GatewayRefusedError, match="Set PW_CONTROL_SECRET there"):
            await act


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("fails:503:1", GatewayBusyError),
        ("fails:502:1", GatewayUnreachableError),
        ("fails:404:1", GatewayProtocolError),
        ("fails:400:1", GatewayRefusedError),
        ("garbage:1", GatewayProtocolError),
    ],
)
async def test_each_failure_of_a_read_has_its_kind(
    door: SimulatedProxy, gateway: ProxyGateway, told: Told, fault: str, kind: type[GatewayError]
) -> None:
    door.faults.set(fault)

    with pytest.raises(kind) as raised:
        await gateway.read(told, spend=Spend.DUE)

    assert raised.value.delivered == "no"


async def test_an_answer_that_is_lost_leaves_it_unknown(
    door: SimulatedProxy, gateway: ProxyGateway, told: Told
) -> None:
    door.faults.answer_lost = {"/control/mode": 1}

    with pytest.raises(GatewayUnreachableError) as raised:
        await gateway.write(CHARGE, None, told)

    assert raised.value.delivered == "unknown"
    assert door.house.active.mode == "backup"


async def test_a_part_that_was_sent_before_a_failure_is_not_forgotten(
    door: SimulatedProxy, gateway: ProxyGateway, told: Told
) -> None:
    answer = door.door.answer

    def once(request: Request) -> Response:
        door.door._secret = "changed" if request.path.endswith("mode") else SECRET
        return answer(request)

    door.door.answer = once  # type: ignore[method-assign]

    with pytest.raises(GatewayRefusedError) as raised:
        await gateway.write(WHOLE, None, told)

    assert raised.value.delivered == "unknown"


async def test_a_free_look_asks_nothing_where_the_cloud_may_be_behind(
    door: SimulatedProxy, told: Told
) -> None:
    gateway = client(door, backend="unknown")

    reading = await gateway.read(told, spend=Spend.FREE, want=frozenset(Part))
    await gateway.close()

    assert reading.setting is None
    assert told.steps == []


async def test_half_a_percent_is_not_sent(gateway: ProxyGateway, told: Told) -> None:
    with pytest.raises(GatewayProtocolError, match="whole"):
        await gateway.write(Setting(Mode.BACKUP, 85.5), None, told)

    assert told.steps == []


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://8.8.8.8:8675", "plain http"),
        ("http://proxy.example.com:8675", "plain http"),
        ("ftp://192.168.1.5", "is not an address"),
        ("http://192.168.1.5:x", "is not an address"),
        ("http://me:secret@192.168.1.5:8675", "has a login in it"),
    ],
)
def test_an_address_that_would_give_the_secret_away_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str, problem: str
) -> None:
    monkeypatch.setenv("TOU_PROXY_URL", url)

    made, problems = environment.read(ProxySettings)

    assert made is None
    assert problem in problems[0]
    assert "secret@" not in problems[0]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8675",
        "http://[::1]:8675",
        "http://192.168.1.5:8675/",
        "http://100.70.1.2:8675",
        "http://nas:8675",
        "http://pypowerwall.local:8675",
        "https://proxy.example.com",
    ],
)
def test_an_address_at_home_or_encrypted_is_taken(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("TOU_PROXY_URL", url)

    assert environment.read(ProxySettings)[0].proxy_url == url.rstrip("/")


async def test_a_name_that_leads_out_of_the_house_is_not_told_the_secret(
    door: SimulatedProxy, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = client(door)

    async def found(*_: str | None, **__: Any) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [(2, 1, 6, "", ("8.8.8.8", 0))]

    import asyncio

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found)
    with pytest.raises(GatewayRefusedError, match="outside this network"):
        await gateway.write(CHARGE, None, told)

    assert door.log == []


def test_no_secret_is_one_clear_message(tmp_path: Path) -> None:
    around = Surroundings(tmp_path / "tou.db", clock.now, clock.monotonic, "Etc/UTC")
    for secret in (None, SecretStr("")):
        settings = ProxySettings.model_construct(
            proxy_url="http://127.0.0.1:1", proxy_secret=secret, proxy_backend="v1r"
        )
        with pytest.raises(SettingsError, match="TOU_PROXY_SECRET is not set"):
            proxy.open_gateway(settings, around)


def test_what_stands_behind_it_decides_what_is_kept() -> None:
    def keeps(backend: Backend, percent: float) -> bool:
        settings = ProxySettings.model_construct(proxy_backend=backend)
        return proxy.limits_of(settings).reserves.keeps(percent)

    assert [keeps("v1r", 90), keeps("fleet", 90), keeps("unknown", 90)] == [True, False, False]
    assert [keeps("fleet", 80), keeps("fleet", 100), keeps("v1r", 85.5)] == [True, True, False]


async def test_the_server_takes_the_secret_in_the_form_alone(door: SimulatedProxy) -> None:
    """The two programs' dialect that this client keeps to."""
    import httpx

    async with httpx.AsyncClient(base_url=door.url, trust_env=False) as plain:
        by_json = await plain.post("/control/mode", json={"value": "backup", "token": SECRET})
        by_form = await plain.post(
            "/control/mode",
            content=urlencode({"value": "backup", "level": "80", "token": SECRET}),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )

    assert (by_json.status_code, by_form.status_code) == (401, 200)
    assert by_form.json()["set_backup_reserve_percent"]["backup_reserve_percent"] == 81.0
