"""Sessions: kept, shared, stored, and replaced only when they no longer work."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from scheduler.errors import (
    GatewayBusyError,
    GatewayProtocolError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.gateway.base import Part, Spend, Step
from scheduler.gateway.local.session import SessionFile
from scheduler.setting import Mode, Setting

from .conftest import Arrived, Connect, Start, Told

CHARGE = Setting(Mode.BACKUP, 100)


async def test_session_outlives_the_process_that_logged_in(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49")
    first = connect(simulation)
    await first.write(CHARGE, None, told)
    await first.close()

    observed = await connect(simulation).read(told, spend=Spend.FREE)

    assert observed.setting.shows(CHARGE)
    assert simulation.device.logins == 1


async def test_session_file_is_closed_to_others_and_written_whole(
    start: Start, connect: Connect, told: Told, session_file: Path
) -> None:
    simulation = await start("1.49")
    await connect(simulation).read(told, spend=Spend.DUE)

    assert stat.S_IMODE(session_file.stat().st_mode) == 0o600
    assert [path.name for path in session_file.parent.iterdir()] == [session_file.name]
    assert json.loads(session_file.read_text())["restart_owed"] is None


async def test_session_file_that_was_open_to_others_is_closed(
    start: Start, connect: Connect, told: Told, session_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    simulation = await start("1.49")
    await connect(simulation).read(told, spend=Spend.DUE)
    session_file.chmod(0o644)

    observed = await connect(simulation).read(told, spend=Spend.FREE)

    assert observed is not None
    assert stat.S_IMODE(session_file.stat().st_mode) == 0o600
    assert "open to other users" in caplog.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"refusal":{}}',
        b'{"restart_owed":"soon"}',
        b'{"limit":{"until":"2026-07-01T00:00:00Z","count":"many"}}',
        b"[" * 5000,
    ],
    ids=[
        "empty",
        "half",
        "list",
        "null",
        "text",
        "bytes",
        "half a refusal",
        "odd mark",
        "odd limit",
        "deep",
    ],
)
async def test_garbage_in_the_session_file_costs_one_look_and_one_login(
    start: Start, connect: Connect, told: Told, session_file: Path, *, content: bytes
) -> None:
    session_file.write_bytes(content)
    simulation = await start("1.49")
    client = connect(simulation)
    owed = client.unsafe

    await client.make_safe(told)
    await client.read(told, spend=Spend.DUE)

    assert owed
    assert client.unsafe is None
    assert told.names()[0] == "look"
    assert simulation.device.logins == 1


@pytest.mark.parametrize(
    "changed",
    [{"username": "customer"}, {"url": "https://localhost:{port}"}],
    ids=["another login", "another address"],
)
async def test_session_of_another_login_or_gateway_is_not_used(
    start: Start, connect: Connect, told: Told, *, changed: dict[str, str]
) -> None:
    simulation = await start("1.49")
    await connect(simulation).read(told, spend=Spend.DUE)
    words = {key: value.format(port=simulation.port) for key, value in changed.items()}

    await connect(simulation, **words).read(told, spend=Spend.DUE)

    assert simulation.device.logins == 2


async def test_free_read_without_a_session_only_asks_which_firmware_it_is(
    start: Start, connect: Connect, told: Told, arrived: Arrived
) -> None:
    simulation = await start("1.49")
    client = connect(simulation)

    readings = [await client.read(told, spend=Spend.FREE) for _ in range(2)]

    assert [reading.setting for reading in readings] == [None, None]
    assert arrived(simulation) == ["GET /api/status"]


async def test_free_read_logs_in_where_a_login_stops_nothing(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("21.44")
    client = connect(simulation, username="customer")

    reading = await client.read(told, spend=Spend.FREE, want=frozenset(Part))

    assert reading.setting.mode == "self_consumption"
    assert (reading.running, reading.grid, reading.firmware) == (True, True, "21.44")
    assert reading.powers.load > 0
    assert simulation.device.logins == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_dead_session_is_noticed_without_a_login(
    start: Start, connect: Connect, told: Told, status: int
) -> None:
    simulation = await start("1.49")
    simulation.faults.dead_token = status
    client = connect(simulation)
    await client.read(told, spend=Spend.DUE)
    simulation.device.drop_sessions()

    for _ in range(2):
        assert (await client.read(told, spend=Spend.FREE)).setting is None
    assert simulation.device.logins == 1
    assert told.names().count("observe") == 2


@pytest.mark.parametrize("profile", ["1.15", "1.40", "1.49"])
async def test_dead_session_is_replaced_once_and_the_request_repeated(
    start: Start, connect: Connect, told: Told, profile: str
) -> None:
    simulation = await start(profile)
    client = connect(simulation)
    await client.read(told, spend=Spend.DUE)
    simulation.device.drop_sessions()

    await client.write(CHARGE, None, told)

    assert simulation.device.logins == 2
    assert simulation.device.active.mode == "backup"
    assert simulation.device.sitemaster_running
    assert client.unsafe is None


@pytest.mark.parametrize("path", ["/api/operation", "/api/config/completed", "/api/sitemaster/run"])
async def test_session_that_dies_in_the_middle_of_a_write_is_replaced(
    start: Start, connect: Connect, told: Told, arrived: Arrived, *, path: str
) -> None:
    simulation = await start("1.49")
    client = connect(simulation)
    await client.write(CHARGE, None, told)
    before = len(arrived(simulation))

    class Killing:
        async def ended(self, step: Step) -> None:
            pass

        async def settled(self) -> None:
            # Awaited right before each request that changes something.
            sent = arrived(simulation)[before:]
            expected = {
                "/api/operation": 0,
                "/api/config/completed": 1,
                "/api/sitemaster/run": 2,
            }
            if len(sent) == expected[path]:
                simulation.device.drop_sessions()

    await client.write(Setting(Mode.SELF_CONSUMPTION, 20), None, Killing())

    assert simulation.device.logins == 2
    assert simulation.device.active.mode == "self_consumption"
    assert simulation.device.sitemaster_running
    assert client.unsafe is None


async def test_newer_session_of_another_process_is_taken_before_logging_in(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49")
    service, command = connect(simulation), connect(simulation)
    await service.read(told, spend=Spend.DUE)
    simulation.device.drop_sessions()
    await command.write(CHARGE, None, told)

    observed = await service.read(told, spend=Spend.DUE)

    assert observed.setting.shows(CHARGE)
    assert simulation.device.logins == 2


@pytest.mark.parametrize("profile", ["1.15", "1.40", "1.49", "21.44"])
async def test_wrong_password_is_sent_once_even_across_processes(
    start: Start, connect: Connect, told: Told, arrived: Arrived, *, profile: str
) -> None:
    simulation = await start(profile)
    username = "customer" if profile == "21.44" else "installer"
    for _ in range(3):
        client = connect(simulation, username=username, password="wrong")
        with pytest.raises(GatewayRefusedError, match="TOU_GATEWAY_PASSWORD"):
            await client.read(told, spend=Spend.DUE)
        await client.close()

    assert arrived(simulation).count("POST /api/login/Basic") == 1
    assert client.unsafe is None


async def test_corrected_password_is_tried_at_once(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49")
    with pytest.raises(GatewayRefusedError):
        await connect(simulation, password="wrong").read(told, spend=Spend.DUE)

    await connect(simulation).read(told, spend=Spend.DUE)

    assert simulation.device.logins == 1


async def test_password_that_the_gateway_lost_is_not_tried_in_a_loop(
    start: Start, connect: Connect, told: Told, arrived: Arrived
) -> None:
    simulation = await start("21.44")
    simulation.faults.password_reverted = True
    client = connect(simulation, username="customer")
    for _ in range(5):
        with pytest.raises(GatewayRefusedError):
            await client.read(told, spend=Spend.DUE)

    assert arrived(simulation).count("POST /api/login/Basic") == 1


async def test_factory_password_is_told_as_such(start: Start, connect: Connect, told: Told) -> None:
    simulation = await start("24.36")
    simulation.faults.default_password = True

    with pytest.raises(GatewayRefusedError, match="password of your own"):
        await connect(simulation, username="customer").read(told, spend=Spend.DUE)


async def test_limit_on_logins_is_kept_across_processes(
    start: Start, connect: Connect, told: Told, arrived: Arrived
) -> None:
    simulation = await start("1.49")
    simulation.faults.too_many = 1
    waits = []
    for _ in range(3):
        client = connect(simulation)
        with pytest.raises(GatewayBusyError) as caught:
            await client.read(told, spend=Spend.DUE)
        waits.append(caught.value.retry_after)
        await client.close()

    assert waits == [pytest.approx(300, abs=5)] * 3
    assert arrived(simulation).count("POST /api/login/Basic") == 1
    assert client.unsafe is None


async def test_session_that_is_refused_everything_is_told_after_two_logins(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("21.44")
    simulation.faults.reads_forbidden = True
    client = connect(simulation, username="customer")
    for _ in range(3):
        with pytest.raises(GatewayRefusedError):
            await client.read(told, spend=Spend.DUE)

    assert simulation.device.logins == 2


async def test_busy_gateway_is_left_alone(
    start: Start, connect: Connect, told: Told, arrived: Arrived
) -> None:
    simulation = await start("1.49")
    client = connect(simulation)
    await client.read(told, spend=Spend.DUE)
    simulation.faults.busy = 1
    with pytest.raises(GatewayBusyError) as first:
        await client.read(told, spend=Spend.DUE)
    before = len(arrived(simulation))

    with pytest.raises(GatewayBusyError):
        await client.read(told, spend=Spend.DUE)

    assert first.value.retry_after == 2
    assert len(arrived(simulation)) == before


async def test_502_means_that_the_sitemaster_is_down(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49")
    simulation.faults.bad_gateway = 1

    with pytest.raises(GatewayUnreachableError, match="sitemaster"):
        await connect(simulation).read(told, spend=Spend.DUE, want=frozenset({Part.CHARGE}))


async def test_endpoint_that_is_gone_is_told_as_such(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49")
    simulation.faults.missing = {"operation": 1}

    with pytest.raises(GatewayProtocolError, match="tou gateway info"):
        await connect(simulation).read(told, spend=Spend.DUE)


async def test_login_that_stops_the_battery_needs_a_file_that_can_be_written(
    start: Start, connect: Connect, told: Told, arrived: Arrived, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    simulation = await start("1.49")

    with pytest.raises(GatewayRefusedError, match="session file"):
        await connect(simulation, session_file=blocked / "gateway.session").read(
            told, spend=Spend.DUE
        )

    assert "POST /api/login/Basic" not in arrived(simulation)


async def test_other_logins_do_without_a_file(
    start: Start, connect: Connect, told: Told, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    simulation = await start("21.44")
    client = connect(simulation, username="customer", session_file=blocked / "gateway.session")
    for _ in range(2):
        await client.read(told, spend=Spend.DUE)

    assert simulation.device.logins == 1
    assert "cannot be stored" in caplog.text


def test_file_of_another_process_is_seen_at_once(session_file: Path) -> None:
    one, other = SessionFile(session_file), SessionFile(session_file)
    for count in range(20):
        one.keep(replace(one.memory, bound=str(count)))

        assert other.memory.bound == str(count)
