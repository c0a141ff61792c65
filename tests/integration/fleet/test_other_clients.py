"""Programs of other authors drive the simulated cloud unchanged, so that it is no likeness of our
own client. None may leave this machine."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from scheduler.simulated.fleet import SimulatedFleet

NOWHERE = "http://127.0.0.1:9"
"""Port 9 discards: what is not on loopback is sent there."""


@pytest.fixture
async def cloud(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SimulatedFleet]:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    async with SimulatedFleet() as made:
        yield made


def settings_of(cloud: SimulatedFleet) -> tuple[str, float]:
    picture = cloud.cloud.in_force
    return picture.mode, picture.reserve


async def test_tesla_fleet_api_reads_and_writes(cloud: SimulatedFleet) -> None:
    fleet = pytest.importorskip("tesla_fleet_api", reason="tesla-fleet-api is not installed")
    import aiohttp

    async with aiohttp.ClientSession() as session:
        api = fleet.TeslaFleetApi(
            session, access_token=str(cloud.tokens()["access_token"]), server=cloud.url
        )
        products = (await api.products())["response"]
        site = api.energySites.create(int(cloud.site))
        await site.operation("backup")
        await site.backup(80)
        await site.grid_import_export(True, "pv_only")
        await site.storm_mode(False)
        info = (await site.site_info())["response"]
        live = (await site.live_status())["response"]

    assert int(cloud.site) in [each.get("energy_site_id") for each in products]
    assert settings_of(cloud) == ("backup", 80)
    assert info["default_real_mode"] == "backup"
    assert info["components"]["customer_preferred_export_rule"] == "pv_only"
    assert info["components"]["disallow_charge_from_grid_with_solar_installed"] is True
    assert info["user_settings"]["storm_mode_enabled"] is False
    assert live["island_status"] == "on_grid"


async def test_tesla_fleet_api_understands_the_refusals(cloud: SimulatedFleet) -> None:
    fleet = pytest.importorskip("tesla_fleet_api", reason="tesla-fleet-api is not installed")
    import aiohttp
    from tesla_fleet_api.exceptions import TeslaFleetError

    async with aiohttp.ClientSession() as session:
        api = fleet.TeslaFleetApi(
            session, access_token=str(cloud.tokens()["access_token"]), server=cloud.url
        )
        site = api.energySites.create(int(cloud.site))
        for status in (403, 408, 412, 421, 422, 429, 503):
            cloud.faults.set(f"fails:{status}:1")
            with pytest.raises(TeslaFleetError) as caught:
                await site.site_info()
            assert caught.value.status == status


async def test_tesla_fleet_api_pairs_a_key_by_teslemetry_s_own_calls(cloud: SimulatedFleet) -> None:
    fleet = pytest.importorskip("tesla_fleet_api", reason="tesla-fleet-api is not installed")
    import aiohttp

    cloud.door.relay = lambda message: {"asked": message}
    async with aiohttp.ClientSession() as session:
        token = str(cloud.tokens()["access_token"])
        site = fleet.Teslemetry(session, token, server=cloud.url).energySites.create(
            int(cloud.site)
        )
        added = await site.add_authorized_client(b"key", "tou", 1, 1)
        listed = await site.list_authorized_clients()
        network = await site.get_networking_status()

    wanted = {"public_key": "a2V5", "description": "tou", "key_type": 1}
    wanted["authorized_client_type"] = 1
    found = [each["response"]["asked"] for each in (added, listed, network)]
    assert found == [
        {"authorization": {"add_authorized_client_request": wanted}},
        {"authorization": {"list_authorized_clients_request": {}}},
        {"common": {"get_networking_status_request": {}}},
    ]


async def test_pypowerwall_reads_and_writes(cloud: SimulatedFleet, tmp_path: Path) -> None:
    pypowerwall = pytest.importorskip("pypowerwall", reason="pypowerwall is not installed")
    tokens = cloud.tokens()
    file = tmp_path / ".pypowerwall.fleetapi"
    file.write_text(
        json.dumps(
            {
                "CLIENT_ID": cloud.client_id,
                "CLIENT_SECRET": cloud.client_secret,
                "DOMAIN": "127.0.0.1",
                "REDIRECT_URI": f"{cloud.url}/callback",
                "AUDIENCE": cloud.url,
                "partner_token": "none",
                "partner_account": {},
                "access_token": tokens["access_token"],
                "refresh_token": tokens["refresh_token"],
                "site_id": int(cloud.site),
            }
        )
    )

    def drive() -> tuple[str, float, float]:
        wall = pypowerwall.Powerwall(
            "", "", "owner@example.net", cloudmode=True, fleetapi=True, authpath=str(tmp_path)
        )
        wall.set_mode("backup")
        wall.set_reserve(100)
        wall.set_grid_charging(True)
        return wall.get_mode(force=True), wall.get_reserve(force=True), wall.level()

    mode, reserve, charge = await asyncio.to_thread(drive)

    assert settings_of(cloud) == ("backup", 100)
    assert (mode, reserve) == ("backup", 100)
    assert 0 < charge <= 100


class Tescmd:
    """The command tescmd, in a home of its own."""

    def __init__(self, cloud: SimulatedFleet, home: Path) -> None:
        self.cloud, self.home = cloud, home
        self.program = Path(sys.executable).with_name("tescmd")

    async def run(self, *words: str, given: str | None = None) -> Any:
        process = await asyncio.create_subprocess_exec(
            str(self.program),
            "--format",
            "json",
            "--no-cache",
            *words,
            env=self._environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate(given.encode() if given else b"")
        assert process.returncode == 0, (out + err).decode()
        return json.loads(out)["data"]

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "TESLA_API_BASE_URL": self.cloud.url,
            "TESLA_AUTH_BASE_URL": self.cloud.url,
            "TESLA_TOKEN_FILE": str(self.home / "tokens.json"),
            "TESLA_CLIENT_ID": self.cloud.client_id,
            "TESLA_CLIENT_SECRET": self.cloud.client_secret,
            "HTTPS_PROXY": NOWHERE,
            "HTTP_PROXY": NOWHERE,
            "NO_PROXY": "127.0.0.1",
        }


async def test_tescmd_imports_tokens_renews_them_after_a_401_and_sets_the_battery(
    cloud: SimulatedFleet, tmp_path: Path
) -> None:
    if shutil.which(str(Path(sys.executable).with_name("tescmd"))) is None:
        pytest.skip("tescmd is not installed")
    tescmd, tokens = Tescmd(cloud, tmp_path), cloud.tokens()
    given = {**tokens, "expires_at": 4e9, "scopes": ["energy_cmds"], "region": "na"}
    await tescmd.run("auth", "import", given=json.dumps(given))
    cloud.signin.drop()

    await tescmd.run("energy", "mode", cloud.site, "backup")
    await tescmd.run("energy", "backup", cloud.site, "80")
    shown = await tescmd.run("energy", "status", cloud.site)

    assert cloud.signin.refreshes == 1
    assert settings_of(cloud) == ("backup", 80)
    assert (shown["default_real_mode"], shown["backup_reserve_percent"]) == ("backup", 80)
