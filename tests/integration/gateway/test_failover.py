"""Several gateways in line: which one acts, and what that costs nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from scheduler.errors import (
    Delivered,
    GatewayBusyError,
    GatewayRefusedError,
    GatewayUnreachableError,
)
from scheduler.gateway.abilities import Clocked, FirmwareUpdates, Sitemaster, SoftRestart, ability
from scheduler.gateway.base import SETTING_ONLY, Limits, Part, Reading, Receipt, Spend, Step, Steps
from scheduler.gateway.failover import LOOK_AGAIN, Failover
from scheduler.setting import Mode, Setting, SettingRead

EPOCH = datetime(2026, 7, 6, tzinfo=UTC)
CHARGE = Setting(Mode.BACKUP, 100)
DISCHARGE = Setting(Mode.SELF_CONSUMPTION, 10)


class Battery:
    def __init__(self) -> None:
        self.setting = SettingRead("self_consumption", 20.0)


class Way:
    """A way to the battery that can be shut, blind, idle or read-only."""

    simulated = False
    unsafe: str | None = None
    clock_ahead: float | None

    def __init__(self, name: str, battery: Battery, **limits: Any) -> None:
        self.name, self._battery = name, battery
        self.limits = Limits(confirm_within=10.0, **limits)
        self.error: Exception | None = None
        self.blind = self.idle = False
        self.asked: list[str] = []

    async def read(
        self, steps: Steps, *, spend: Spend, want: frozenset[Part] = SETTING_ONLY
    ) -> Reading:
        self.asked.append("read")
        if self.error:
            raise self.error
        seen = SettingRead() if self.blind else self._battery.setting
        return Reading(at=EPOCH, setting=None if self._costs(spend) else seen)

    def _costs(self, spend: Spend) -> bool:
        return spend is Spend.FREE and not self.limits.free_reads

    async def write(self, setting: Setting, before: Reading | None, steps: Steps) -> Receipt:
        self.asked.append("write")
        if self.error:
            raise self.error
        if not self.idle:
            self._battery.setting = SettingRead(setting.mode.value, float(setting.reserve))
        return Receipt(sent=("mode", "reserve"))

    async def make_safe(self, steps: Steps) -> None:
        self.asked.append("make_safe")
        if self.error:
            raise self.error
        self.unsafe = None

    async def close(self) -> None:
        self.asked.append("close")


class Restarting(Way):
    """One that takes a setting only with a restart."""

    async def write_restarting(self, steps: Steps, setting: Setting, before: Reading) -> Receipt:
        self.asked.append("restart")
        self._battery.setting = SettingRead(setting.mode.value, float(setting.reserve))
        return Receipt(sent=("mode", "reserve"))


class Unkept:
    async def ended(self, step: Step) -> None:
        pass

    async def settled(self) -> None:
        pass


class Line:
    def __init__(self) -> None:
        self.at = 0.0
        self.battery = Battery()
        self.first = Way("v1r", self.battery)
        self.second = Way("fleet", self.battery, free_reads=False)
        self.gateway = Failover((self.first, self.second), monotonic=lambda: self.at)

    async def due(self) -> Reading:
        return await self.gateway.read(Unkept(), spend=Spend.DUE)

    async def free(self) -> Reading:
        return await self.gateway.read(Unkept(), spend=Spend.FREE)

    async def write(self, setting: Setting = CHARGE) -> Receipt:
        return await self.gateway.write(setting, await self.due(), Unkept())

    def acting(self) -> list[str]:
        return [way["name"] for way in self.gateway.ways if way["acting"]]


@pytest.fixture
def line() -> Line:
    return Line()


def gone(delivered: Delivered = "no") -> GatewayUnreachableError:
    return GatewayUnreachableError("It is away.", delivered=delivered)


async def test_the_preferred_one_acts_and_the_other_is_not_asked(line: Line) -> None:
    receipt = await line.write()

    assert receipt.by == "v1r"
    assert line.second.asked == []
    assert line.gateway.name == "v1r, else fleet"


async def test_the_next_one_reads_and_acts_where_the_preferred_is_away(line: Line) -> None:
    line.first.error = gone()

    receipt = await line.write()

    assert receipt.by == "fleet"
    assert line.second.asked == ["read", "write"]
    assert line.gateway.ways == (
        {"name": "v1r", "acting": False, "error": "It is away."},
        {"name": "fleet", "acting": True, "error": None},
    )


async def test_a_write_that_fails_is_not_sent_by_the_next_before_a_look(line: Line) -> None:
    before = await line.due()
    line.first.error = gone("unknown")

    with pytest.raises(GatewayUnreachableError, match="The next attempt goes by fleet") as raised:
        await line.gateway.write(CHARGE, before, Unkept())
    sent = list(line.second.asked)
    await line.write()

    assert (raised.value.delivered, sent) == ("unknown", [])
    assert line.second.asked == ["read", "write"]


async def test_a_refusal_of_one_is_no_matter_for_a_person_while_another_serves(line: Line) -> None:
    before = await line.due()
    line.first.error = GatewayRefusedError("Wrong key.", delivered="no")

    with pytest.raises(GatewayUnreachableError):
        await line.gateway.write(CHARGE, before, Unkept())


async def test_a_refusal_of_the_last_one_is_told_as_it_is(line: Line) -> None:
    line.first.error = line.second.error = GatewayRefusedError("Wrong key.", delivered="no")

    with pytest.raises(GatewayRefusedError, match="Wrong key"):
        await line.due()


async def test_where_none_serves_all_reasons_are_told_and_it_is_tried_again(line: Line) -> None:
    line.first.error = GatewayRefusedError("Wrong key.", delivered="no")
    line.second.error = gone()

    with pytest.raises(GatewayUnreachableError, match=r"Wrong key\. It is away\."):
        await line.due()


async def test_what_one_wrote_is_read_back_by_the_same_one(line: Line) -> None:
    line.first.idle = True
    await line.write()
    line.first.error = gone()

    with pytest.raises(GatewayUnreachableError):
        await line.due()
    asked = list(line.second.asked)
    line.at = 11.5
    await line.due()

    assert asked == []
    assert line.second.asked == ["read"]


async def test_once_it_is_confirmed_another_one_may_read(line: Line) -> None:
    await line.write()
    await line.due()
    line.first.error = gone()

    assert (await line.due()).setting.mode == "backup"
    assert line.acting() == ["fleet"]


async def test_a_way_whose_writes_never_show_gives_way_after_a_look(line: Line) -> None:
    line.first.idle = True
    for _ in range(2):
        await line.write()
        line.at += 12
    before = await line.due()

    with pytest.raises(GatewayUnreachableError, match="never showed it") as raised:
        await line.gateway.write(CHARGE, before, Unkept())
    receipt = await line.write()

    assert (raised.value.delivered, receipt.by) == ("no", "fleet")


async def restarted(line: Line) -> Receipt:
    before = await line.due()
    return await line.gateway.write_restarting(Unkept(), CHARGE, before)


@pytest.mark.parametrize("cut", ["all", "first", "second", "none"])
def test_a_line_can_restart_where_one_of_it_can(cut: str) -> None:
    battery = Battery()
    kinds = {"all": (0, 0), "first": (1, 0), "second": (0, 1), "none": (1, 1)}[cut]
    ways = [(Restarting, Way)[kind](name, battery) for kind, name in zip(kinds, "ab", strict=True)]

    found = ability(Failover(ways, monotonic=lambda: 0.0), SoftRestart)

    assert (found is not None) == (cut != "none")


async def test_a_restart_is_the_last_rung_of_a_way_before_another_is_taken(line: Line) -> None:
    first = Restarting("local", line.battery)
    first.idle = True
    line.gateway = Failover((first, line.second), monotonic=lambda: line.at)
    for _ in range(2):
        await line.write()
        line.at += 20.0

    receipt = await restarted(line)

    assert first.asked[-1] == "restart"
    assert (receipt.by, receipt.note) == ("local", None)
    assert (await line.due()).setting.mode == "backup"
    assert line.acting() == ["local"]


async def test_a_restart_is_not_asked_of_one_that_does_not_act(line: Line) -> None:
    second = Restarting("local", line.battery)
    line.gateway = Failover((line.first, second), monotonic=lambda: line.at)

    receipt = await restarted(line)

    assert "restart" not in second.asked
    assert (receipt.by, receipt.note) == ("v1r", "without a restart: v1r has none")


async def test_it_goes_back_to_the_preferred_one_when_that_serves_again(line: Line) -> None:
    line.first.error = gone()
    await line.due()
    line.first.error = None
    await line.due()
    soon = line.acting()
    line.at = LOOK_AGAIN + 1

    await line.free()

    assert (soon, line.acting()) == (["fleet"], ["v1r"])
    assert line.first.asked == ["read", "read"]


async def test_one_that_stays_away_is_looked_at_ever_more_seldom(line: Line) -> None:
    line.first.error = gone()
    for _ in range(1000):
        line.at += 30
        await line.free()

    assert len(line.first.asked) < 15


async def test_a_look_that_costs_nothing_shows_nothing_of_one_that_is_paid_for(line: Line) -> None:
    line.first.error = gone()

    assert (await line.free()).setting is None
    assert line.gateway.limits.free_reads


async def test_one_that_answers_without_knowing_the_battery_is_passed_over(line: Line) -> None:
    line.first.blind = True

    assert (await line.write()).by == "fleet"


async def test_one_that_cannot_be_written_is_passed_over(line: Line) -> None:
    line.first.limits = Limits(can_write=False, why_not="Firmware 1.50 forbids it.")

    assert (await line.write()).by == "fleet"
    assert line.gateway.ways[0]["error"] == "Firmware 1.50 forbids it."


async def test_a_busy_one_is_left_alone_for_as_long_as_it_asks(line: Line) -> None:
    line.first.error = GatewayBusyError("Later.", retry_after=4000.0, delivered="no")
    await line.due()
    line.first.error = None
    line.at = 3900.0

    await line.free()

    assert line.acting() == ["fleet"]


async def test_limits_are_those_of_the_one_that_acts(line: Line) -> None:
    line.second.limits = Limits(confirm_within=200.0, free_reads=False)
    line.first.error = gone()
    before = line.gateway.limits.confirm_within
    await line.due()

    assert (before, line.gateway.limits.confirm_within) == (10.0, 200.0)


async def test_what_one_owes_is_paid_and_one_that_is_away_stops_nobody(line: Line) -> None:
    line.first.unsafe = "It may stand still."
    line.first.error = gone()

    await line.gateway.make_safe(Unkept())

    assert line.gateway.unsafe == "It may stand still."
    assert (await line.write()).by == "fleet"


class Committing(Way):
    async def commit(self, steps: Steps) -> None:
        self.asked.append("commit")

    async def run_sitemaster(self, steps: Steps) -> None:
        pass


async def test_abilities_are_those_of_the_one_that_has_them(line: Line) -> None:
    able = Committing("local", line.battery)
    gateway = Failover((line.first, able), monotonic=lambda: line.at)

    sitemaster = ability(gateway, Sitemaster)
    await sitemaster.commit(Unkept())

    assert able.asked == ["commit"]
    assert ability(gateway, FirmwareUpdates) is None
    assert ability(line.gateway, Sitemaster) is None


async def test_it_closes_all(line: Line) -> None:
    await line.gateway.close()

    assert line.first.asked == line.second.asked == ["close"]


def test_what_no_way_knows_yet_is_not_known_and_no_defect(line: Line) -> None:
    """Every client can tell how its clock stands, and none can before its first answer."""
    line.first.clock_ahead = line.second.clock_ahead = None

    clocked = ability(line.gateway, Clocked)

    assert clocked.clock_ahead is None
    line.second.clock_ahead = 3.0
    assert clocked.clock_ahead == 3.0
    assert not hasattr(line.gateway, "rate_plan")
