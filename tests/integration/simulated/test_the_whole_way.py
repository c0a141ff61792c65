"""A write as a client makes it, over real TLS: login, write, commit, run, look."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from freezegun import freeze_time

from .conftest import Connect, Start


async def test_a_write_takes_effect_on_the_battery(start: Start, connect: Connect) -> None:
    gateway = await start("1.49", charge=50)
    client = connect(gateway)

    login = await client.enter()
    down = await client.get("meters/aggregates")
    setting = {"real_mode": "backup", "backup_reserve_percent": 100}
    written = await client.post("operation", json=setting)
    committed = await client.get("config/completed")
    run = await client.get("sitemaster/run")
    await client.until_up()
    meters = (await client.get("meters/aggregates")).json()

    assert [r.status_code for r in (login, down, written, committed, run)] == [
        200, 502, 200, 200, 202,
    ]  # fmt: skip
    assert written.json() == setting
    assert (await client.get("operation")).json() == setting
    assert meters["battery"]["instant_power"] == -5000
    total = sum(meters[name]["instant_power"] for name in ("site", "battery", "solar"))
    assert total == pytest.approx(meters["load"]["instant_power"], abs=0.1)


async def test_httpx_keeps_the_cookies_of_an_address(start: Start, connect: Connect) -> None:
    client = connect(await start("21.44"))
    await client.enter("customer", force=False)

    assert set(client.cookies) == {"AuthCookie", "UserRecord"}
    assert (await client.get("operation")).status_code == 200


async def test_the_bearer_alone_is_enough(start: Start, connect: Connect) -> None:
    client = connect(await start("21.44"))
    token = (await client.enter("customer")).json()["token"]
    client.cookies.clear()
    assert (await client.get("operation")).status_code == 403

    bearer = {"Authorization": f"Bearer {token}"}

    assert (await client.get("operation", headers=bearer)).status_code == 200


async def test_the_headers_of_a_login_are_those_of_the_capture(
    start: Start, connect: Connect
) -> None:
    answer = await connect(await start("21.44")).enter("customer")

    assert [name.decode().lower() for name, _ in answer.headers.raw] == [
        "cache-control", "set-cookie", "set-cookie", "date", "content-type", "content-length",
    ]  # fmt: skip
    assert answer.headers["cache-control"] == "no-cache, no-store"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.http_version == "HTTP/1.1"


async def test_an_empty_502_says_so(start: Start, connect: Connect) -> None:
    client = connect(await start("1.49"))
    await client.enter()
    answer = await client.get("system_status/soe")

    assert (answer.status_code, answer.headers["content-length"]) == (502, "0")
    assert "content-type" not in answer.headers


async def test_the_date_is_that_of_the_gateways_clock(start: Start, connect: Connect) -> None:
    gateway = await start("1.49")
    gateway.faults.clock_offset = 86400 * 400.0
    right = connect(await start("1.49"))

    dates = [(await client.get("status")).headers["date"] for client in (connect(gateway), right)]

    years = [int(date.split()[3]) for date in dates]
    assert years[0] > years[1]


async def test_the_latency_is_added_to_each_answer(start: Start, connect: Connect) -> None:
    client = connect(await start("1.49", latency=0.1))

    assert (await client.get("status")).elapsed.total_seconds() >= 0.1


async def test_nobody_waits_for_a_slow_neighbour(start: Start, connect: Connect) -> None:
    gateway = await start("1.49")
    gateway.faults.slow = 60.0
    slow = await connect(gateway).begin("status")
    gateway.faults.slow = 0.0

    assert (await connect(gateway).get("status")).status_code == 200
    assert not slow.done()
    slow.cancel()


async def test_ten_clients_at_once_are_all_answered(start: Start, connect: Connect) -> None:
    gateway = await start("21.44")
    clients = [connect(gateway) for _ in range(10)]
    answers = await asyncio.gather(*(client.get("status") for client in clients))

    assert {answer.status_code for answer in answers} == {200}


async def test_one_connection_serves_many_requests(start: Start, connect: Connect) -> None:
    gateway = await start("1.49")
    client = connect(gateway)
    streams = set()

    async def note(response: httpx.Response) -> None:
        streams.add(id(response.extensions["network_stream"]))

    client.event_hooks["response"].append(note)
    kept = [await client.get("status") for _ in range(20)]

    assert len(streams) == 1 == len({id(r.extensions["network_stream"]) for r in kept})
    assert len(gateway.device.requests) == 20


async def test_the_redirect_leads_the_client_to_the_same_answer(start: Start) -> None:
    gateway = await start("1.49")
    plain = gateway.url.replace("https", "http")
    async with httpx.AsyncClient(verify=False, follow_redirects=True, trust_env=False) as client:
        answer = await client.get(f"{plain}/api/status")

    assert str(answer.url) == f"{gateway.url}/api/status"
    assert answer.json()["version"] == "1.49.0"


async def test_the_first_firmware_answers_over_plain_http(start: Start) -> None:
    gateway = await start("1.15")
    plain = gateway.url.replace("https", "http")
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{plain}/api/operation")

    assert answer.status_code == 403


async def test_a_frozen_wall_clock_does_not_keep_the_sitemaster_down(
    start: Start, connect: Connect
) -> None:
    with freeze_time("2026-07-01 10:00:00", real_asyncio=True):
        gateway = await start("1.49", run_seconds=0.05)
        client = connect(gateway)
        await client.enter()
        await client.get("sitemaster/run")
        await asyncio.wait_for(client.until_up(), 60)

        assert gateway.device.requests[-1].at == datetime(2026, 7, 1, 10, tzinfo=UTC)


async def test_an_injected_clock_moves_the_battery_and_the_stamps(
    start: Start, connect: Connect
) -> None:
    now = [datetime(2026, 7, 1, 10, tzinfo=UTC)]
    gateway = await start("1.15", mode="backup", charge=0, now=lambda: now[0])
    client = connect(gateway)
    before = (await client.get("system_status/soe")).json()["percentage"]

    now[0] += timedelta(hours=1)
    after = await client.get("system_status/soe")

    assert after.json()["percentage"] - before == pytest.approx(100 * 5000 / 14061, abs=0.01)
    assert after.headers["date"] == "Wed, 01 Jul 2026 11:00:00 GMT"
