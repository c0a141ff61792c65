"""After a fault ends: the right setting, and a running battery, within the wait asked for."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any

import pytest

from scheduler import clock
from scheduler.errors import GatewayError, GatewayIdentityError
from scheduler.gateway.base import Part, Spend, Step
from scheduler.gateway.local.client import LocalGateway
from scheduler.gateway.local.wire import Carrier, Waits
from scheduler.setting import Mode, Setting
from scheduler.simulated import ALWAYS, Faults

from .conftest import Connect, Start, at_speed

CHARGE = Setting(Mode.BACKUP, 100)
HEALTH = frozenset({Part.SETTING, Part.HEALTH})
LONGEST = 305.0
"""Seconds from a fault's end until all is well: the longest wait after two failures."""
LONGEST_ASKED = 905.0
"""The same where the gateway asked for longer by a Retry-After."""

FAULTS = [
    "refuse", "stranger", "busy", "bad_gateway", "limited:operation", "limited:config/completed",
    "busy retry_after:99999999", "limited:operation retry_after:99999999", "drop", "error_body",
    "missing:operation", "missing:status", "missing:config/completed", "missing:sitemaster",
    "answer_lost:operation:2", "reboot:operation", "reboot:config/completed",
    "reboot:sitemaster/run", "null:version", "null:real_mode", "without:version",
    "without:backup_reserve_percent", "typed:version", "typed:backup_reserve_percent", "extra_keys",
    "huge", "deep", "garbage", "blank", "packed", "kill_tokens", "token_life:0.01",
    "reads_forbidden", "login_lost", "stays_down", "old_mode:1", "islanded",
    "stops_after:0.05", "clock_offset:86400", "noise", "frozen_meters",
]  # fmt: skip


class Steps:
    async def ended(self, step: Step) -> None:
        pass

    async def settled(self) -> None:
        pass


class Leaping:
    """Clocks for a client that leap over the waits between its turns."""

    def __init__(self) -> None:
        self.leapt = 0.0

    def words(self) -> dict[str, Any]:
        usual = at_speed(50)
        return {
            "now": lambda: clock.now() + timedelta(seconds=self.leapt),
            "monotonic": lambda: usual["monotonic"]() + self.leapt,
            "sleep": usual["sleep"],
        }


class Site:
    """The least that a site does at each wake."""

    def __init__(self, client: LocalGateway) -> None:
        self.client, self.in_doubt = client, True

    async def turn(self) -> float:
        """How long to wait; an earlier write that was not seen to its end proves nothing by a
        reading, since a gateway shows what was sent before it is committed."""
        client, steps = self.client, Steps()
        try:
            async with asyncio.timeout(60):
                if client.unsafe:
                    await client.make_safe(steps)
                reading = await client.read(steps, spend=Spend.DUE, want=HEALTH)
                if client.unsafe:
                    await client.make_safe(steps)
                if self.in_doubt or not reading.setting.shows(CHARGE):
                    self.in_doubt = True
                    await client.write(CHARGE, reading, steps)
                    self.in_doubt = False
        except GatewayError as error:
            return error.retry_after or 5.0
        except TimeoutError:
            return 5.0
        return 0.0


def clear(faults: Faults) -> None:
    usual = Faults()
    for name in Faults.__dataclass_fields__:
        if name != "changed":
            setattr(faults, name, getattr(usual, name))


@pytest.mark.parametrize("fault", FAULTS)
async def test_after_a_fault_all_is_well_within_the_wait_that_was_asked_for(
    start: Start, connect: Connect, fault: str
) -> None:
    simulation = await start("1.49", away_seconds=0.05, run_seconds=0.01)
    leaping = Leaping()
    client = connect(simulation, **leaping.words())
    for text in fault.split():
        simulation.faults.set(text)
    site = Site(client)
    for _ in range(2):
        await site.turn()
    clear(simulation.faults)
    await asyncio.sleep(0.1)

    before = leaping.leapt
    for _ in range(12):
        wait = await site.turn()
        running = simulation.device.sitemaster_running and client.unsafe is None
        if not wait and running and simulation.device.active.mode == "backup":
            break
        leaping.leapt += wait

    assert (simulation.device.active.mode, simulation.device.active.reserve) == ("backup", 100)
    assert simulation.device.sitemaster_running
    assert client.unsafe is None
    assert leaping.leapt - before <= (LONGEST_ASKED if "retry_after" in fault else LONGEST)


async def test_stranger_is_looked_at_again_every_minute_and_told_nothing(
    start: Start, connect: Connect
) -> None:
    simulation = await start("1.49")
    client = connect(simulation)
    simulation.faults.stranger = ALWAYS

    with pytest.raises(GatewayIdentityError) as caught:
        await client.write(CHARGE, None, Steps())
    simulation.faults.stranger = 0
    await client.write(CHARGE, None, Steps())

    assert caught.value.retry_after == 60
    assert simulation.device.active.mode == "backup"


@pytest.mark.parametrize("fault", ["drip", "endless", "hang:status"])
async def test_answer_that_does_not_end_is_given_up(
    start: Start, connect: Connect, fault: str
) -> None:
    simulation = await start("1.49")
    client = connect(simulation, carrier=Carrier(patience=Waits(read=0.2, slack=0.2)))
    simulation.faults.set(fault)

    with pytest.raises(GatewayError):
        await client.identify(Steps())


async def test_gateways_that_are_not_asked_hold_nothing_open(
    start: Start, connect: Connect
) -> None:
    simulation = await start("1.49")
    clients = [connect(simulation) for _ in range(50)]
    with contextlib.suppress(GatewayError):
        await clients[0].identify(Steps())

    await clients[0].close()

    assert not any(client._line.wire.held.open for client in clients)
