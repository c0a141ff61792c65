"""The battery is never left standing by a login of ours, whatever happens after it."""

import asyncio
import contextlib
import json
from pathlib import Path

import pytest

from scheduler.errors import AuditUnwritableError, GatewayError, GatewayUnreachableError
from scheduler.gateway.base import Spend, Step
from scheduler.setting import Mode, Setting
from scheduler.simulated import ALWAYS

from .conftest import Arrived, Connect, Start, Told

CHARGE = Setting(Mode.BACKUP, 100)
STOPPING = ["1.15", "1.18", "1.40", "1.43.3", "1.49"]


class KilledError(BaseException):
    """The process ends here."""


class Killing:
    """Steps of a process that is killed once a step of this name has ended."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def ended(self, step: Step) -> None:
        if step.step == self.name:
            raise KilledError

    async def settled(self) -> None:
        pass


@pytest.mark.parametrize("profile", STOPPING)
async def test_process_killed_after_a_login_is_mended_at_the_next_start(
    start: Start, connect: Connect, told: Told, session_file: Path, *, profile: str
) -> None:
    simulation = await start(profile)
    dying = connect(simulation)
    with pytest.raises(KilledError):
        await dying.write(CHARGE, None, Killing("login"))
    stood = not simulation.device.sitemaster_running
    on_disk = json.loads(session_file.read_text())["restart_owed"]

    client = connect(simulation)
    owed = client.unsafe
    await client.make_safe(told)

    assert stood
    assert on_disk
    assert owed
    assert simulation.device.sitemaster_running
    assert client.unsafe is None
    assert connect(simulation).unsafe is None


@pytest.mark.parametrize("name", ["run", "look"])
async def test_process_killed_before_it_saw_the_battery_run_looks_at_the_next_start(
    start: Start, connect: Connect, told: Told, *, name: str
) -> None:
    simulation = await start("1.49")
    with pytest.raises(KilledError):
        await connect(simulation).read(Killing(name), spend=Spend.DUE)

    client = connect(simulation)
    owed = client.unsafe
    await client.make_safe(told)

    assert owed
    assert simulation.device.sitemaster_running
    assert client.unsafe is None


async def test_restore_does_nothing_else(
    start: Start, connect: Connect, told: Told, arrived: Arrived
) -> None:
    simulation = await start("1.49")

    await connect(simulation).make_safe(told)

    assert arrived(simulation) == ["GET /api/sitemaster"]


async def test_restore_runs_what_somebody_else_stopped(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49")
    client = connect(simulation)
    await client.read(told, spend=Spend.DUE)
    simulation.device.stop(simulation.device.turn())
    await asyncio.sleep(0.03)

    await client.make_safe(told)

    assert simulation.device.sitemaster_running
    assert simulation.device.logins == 1


async def test_restore_logs_in_where_only_a_session_can_look(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("21.44")

    await connect(simulation, username="customer").make_safe(told)

    assert simulation.device.logins == 1
    assert "run" not in told.names()


async def test_restore_without_an_answer_keeps_the_mark(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49")
    with pytest.raises(KilledError):
        await connect(simulation).read(Killing("login"), spend=Spend.DUE)
    simulation.faults.refuse = True
    client = connect(simulation)

    with pytest.raises(GatewayUnreachableError, match="standing still"):
        await client.make_safe(told)

    assert client.unsafe


@pytest.mark.parametrize("profile", STOPPING)
async def test_lost_answer_to_a_login_does_not_leave_the_battery_standing(
    start: Start, connect: Connect, told: Told, profile: str
) -> None:
    simulation = await start(profile)
    simulation.faults.login_lost = 1
    client = connect(simulation)

    with contextlib.suppress(GatewayUnreachableError):
        await client.write(CHARGE, None, told)

    assert simulation.device.sitemaster_running
    assert simulation.device.logins <= 2
    assert client.unsafe is None


async def test_two_lost_answers_are_not_followed_by_a_third_login(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49")
    simulation.faults.login_lost = ALWAYS
    client = connect(simulation)

    with pytest.raises(GatewayUnreachableError, match="stands still"):
        await client.write(CHARGE, None, told)
    logins = simulation.device.logins
    simulation.faults.login_lost = 0
    await client.make_safe(told)

    assert logins == 2
    assert simulation.device.sitemaster_running
    assert client.unsafe is None


async def test_a_battery_that_stands_already_costs_one_login_an_attempt(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49")
    simulation.faults.login_lost = ALWAYS
    client = connect(simulation)
    with pytest.raises(GatewayUnreachableError):
        await client.write(CHARGE, None, told)
    before = simulation.device.logins

    with pytest.raises(GatewayUnreachableError, match="stands still") as lost:
        await client.make_safe(told)

    assert simulation.device.logins - before == 1
    assert lost.value.delivered == "unknown"
    assert client.unsafe


async def test_login_that_was_refused_looks_at_the_battery(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49")
    client = connect(simulation, password="wrong")

    with pytest.raises(GatewayError):
        await client.read(told, spend=Spend.DUE)

    assert told.names()[-2:] == ["login", "look"]
    assert client.unsafe is None


async def test_login_that_cannot_be_sent_owes_nothing(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49")
    client = connect(simulation)
    await client.identify(told)
    simulation.faults.refuse = True

    with pytest.raises(GatewayUnreachableError):
        await client.read(told, spend=Spend.DUE)

    assert client.unsafe is None


async def test_run_that_comes_to_nothing_is_sent_again(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49")
    simulation.faults.stays_down = 1
    client = connect(simulation)

    await client.read(told, spend=Spend.DUE)

    assert simulation.device.sitemaster_running
    assert told.names().count("run") == 2
    assert client.unsafe is None


async def test_battery_that_stays_down_is_owed(start: Start, connect: Connect, told: Told) -> None:
    simulation = await start("1.49")
    simulation.faults.stays_down = ALWAYS
    client = connect(simulation)

    with pytest.raises(GatewayUnreachableError, match="standing still"):
        await client.read(told, spend=Spend.DUE)
    owed = client.unsafe
    simulation.faults.stays_down = 0
    await client.make_safe(told)

    assert owed
    assert simulation.device.sitemaster_running
    assert client.unsafe is None


REQUESTS = {"1.43.3": 12, "1.49": 10}
"""Of a whole write, with its login."""


@pytest.mark.parametrize("profile", REQUESTS)
@pytest.mark.parametrize("after", range(13))
async def test_cancelled_in_the_middle_of_any_request_the_battery_runs_again(
    start: Start, connect: Connect, told: Told, *, profile: str, after: int
) -> None:
    simulation = await start(profile, latency=0.004, run_seconds=0.01)
    client = connect(simulation)
    task = asyncio.create_task(client.write(CHARGE, None, told))
    while len(simulation.device.requests) <= after and not task.done():
        await asyncio.sleep(0)
    under_way = not task.done()

    task.cancel()
    await asyncio.wait([task])

    assert under_way is (after < REQUESTS[profile])
    assert task.cancelled() is under_way
    assert simulation.device.sitemaster_running
    assert client.unsafe is None


async def test_second_cancellation_does_not_cut_the_restoration_short(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49", latency=0.01)
    client = connect(simulation)
    task = asyncio.create_task(client.write(CHARGE, None, told))
    while simulation.device.logins == 0:
        await asyncio.sleep(0.001)

    for _ in range(5):
        task.cancel()
        await asyncio.sleep(0.005)
    await asyncio.wait([task])

    assert task.cancelled()
    assert simulation.device.sitemaster_running
    assert client.unsafe is None


@pytest.mark.parametrize("fault", ["answer_lost", "reboot", "missing"])
@pytest.mark.parametrize("path", ["operation", "config/completed", "sitemaster/run", "sitemaster"])
async def test_write_that_fails_half_way_ends_with_the_battery_running(
    start: Start, connect: Connect, told: Told, *, fault: str, path: str
) -> None:
    simulation = await start("1.49", away_seconds=0.05)
    client = connect(simulation)
    await client.read(told, spend=Spend.DUE)
    setattr(simulation.faults, fault, {path: 1})

    with contextlib.suppress(GatewayError):
        await client.write(CHARGE, None, told)
    await asyncio.sleep(0.1)
    await client.make_safe(told)

    assert simulation.device.sitemaster_running
    assert client.unsafe is None


async def test_upgrade_in_the_middle_of_a_write_is_noticed(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49", away_seconds=0.05, update_version="20.49")
    client = connect(simulation)
    await client.read(told, spend=Spend.DUE)
    simulation.faults.upgrade = {"operation": 1}

    with pytest.raises(GatewayError):
        await client.write(CHARGE, None, told)
    await asyncio.sleep(0.1)
    with contextlib.suppress(GatewayError):
        await client.write(CHARGE, None, told)
    allowed = client.limits

    assert not allowed.can_write
    assert "20.49" in allowed.why_not


async def test_full_audit_does_not_keep_a_stopped_battery_from_running(
    start: Start, connect: Connect
) -> None:
    simulation = await start("1.49")
    client = connect(simulation)

    class Full:
        stood = False

        async def ended(self, step: Step) -> None:
            if step.step == "login":
                Full.stood = not simulation.device.sitemaster_running
            raise AuditUnwritableError

        async def settled(self) -> None:
            pass

    class FullAfterLogin(Full):
        async def ended(self, step: Step) -> None:
            if step.step not in ("version", "grid"):
                await super().ended(step)

    with pytest.raises(AuditUnwritableError):
        await client.write(CHARGE, None, FullAfterLogin())

    assert Full.stood
    assert simulation.device.sitemaster_running
    assert simulation.device.active.mode != "backup"
    assert client.unsafe is None


async def test_house_off_grid_is_not_logged_in_to(
    start: Start, connect: Connect, told: Told, arrived: Arrived
) -> None:
    simulation = await start("1.49")
    simulation.faults.islanded = True

    with pytest.raises(GatewayError, match="off grid"):
        await connect(simulation).read(told, spend=Spend.DUE)

    assert "POST /api/login/Basic" not in arrived(simulation)
    assert simulation.device.sitemaster_running


async def test_one_login_serves_those_who_ask_at_the_same_time(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49", latency=0.005)
    client = connect(simulation)

    await asyncio.gather(
        *(client.read(told, spend=Spend.DUE) for _ in range(5)), client.write(CHARGE, None, told)
    )

    assert simulation.device.logins == 1


async def test_nothing_comes_between_the_requests_of_a_write(
    start: Start, connect: Connect, told: Told
) -> None:
    simulation = await start("1.49", latency=0.005)
    client = connect(simulation)
    await client.read(told, spend=Spend.DUE)
    told.steps.clear()

    await asyncio.gather(
        client.write(CHARGE, None, told), client.update(told), client.read(told, spend=Spend.DUE)
    )

    assert told.names() == ["write", "commit", "run", "look", "poll", "observe"]
