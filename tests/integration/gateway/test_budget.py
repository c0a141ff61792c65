"""What a gateway may cost, counted across restarts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler.errors import BudgetSpentError
from scheduler.gateway.abilities import FirmwareUpdates, ability
from scheduler.gateway.base import Limits, Part, Reading, Receipt, Spend, Step, Steps
from scheduler.gateway.budget import Budget, Budgeted
from scheduler.setting import Mode, Setting, SettingRead

from .conftest import Told

NOON = datetime(2026, 7, 31, 12, 30, tzinfo=UTC)
CHARGE = Setting(Mode.BACKUP, 100)


class Paid:
    """A gateway that sends one request for each act, and a login when told to."""

    name, simulated, limits, unsafe = "paid", False, Limits(), None

    def __init__(self) -> None:
        self.acts: list[str] = []
        self.step = "observe"

    async def _ask(self, name: str, steps: Steps) -> None:
        self.acts.append(name)
        await steps.ended(Step(NOON, self.step, "GET", "/", 200, 1.0))

    async def read(
        self, steps: Steps, *, spend: Spend, want: frozenset[Part] = frozenset()
    ) -> Reading:
        await self._ask("read", steps)
        return Reading(at=NOON, setting=SettingRead("backup", 100))

    async def write(self, setting: Setting, before: Reading | None, steps: Steps) -> Receipt:
        await self._ask("write", steps)
        return Receipt()

    async def make_safe(self, steps: Steps) -> None:
        await self._ask("make_safe", steps)

    async def close(self) -> None:
        pass

    async def identify(self, steps: Steps) -> None:
        await self._ask("identify", steps)

    start_update_check = update = install_update = identify


def paid(gateway: Budgeted) -> Paid:
    assert isinstance(gateway.inner, Paid)
    return gateway.inner


Budgets = Callable[..., tuple[Budgeted, list[datetime]]]


@pytest.fixture
def budgeted(tmp_path: Path) -> Budgets:
    """A budgeted gateway and the clock's reading, which a test may move."""

    def make(**figures: Any) -> tuple[Budgeted, list[datetime]]:
        instant = [NOON]
        made = Budgeted(Paid(), Budget(**figures), tmp_path / "tou.budget", now=lambda: instant[0])
        return made, instant

    return make


async def test_what_is_spent_is_told_before_anything_is_sent(budgeted: Budgets, told: Told) -> None:
    gateway, _ = budgeted(calls=2)
    await gateway.write(CHARGE, None, told)
    await gateway.read(told, spend=Spend.DUE)

    with pytest.raises(BudgetSpentError, match="2 calls a month") as caught:
        await gateway.write(CHARGE, None, told)

    assert paid(gateway).acts == ["write", "read"]
    assert gateway.left() == {"calls": 0}
    assert caught.value.delivered == "no"
    assert caught.value.retry_after == 11.5 * 3600


async def test_a_restart_does_not_forget_what_was_spent(budgeted: Budgets, told: Told) -> None:
    first, _ = budgeted(calls=10)
    for _ in range(3):
        await first.write(CHARGE, None, told)

    second, _ = budgeted(calls=10)

    assert second.left() == {"calls": 7}


@pytest.mark.parametrize(
    ("figure", "later"),
    [("reads", timedelta(minutes=30)), ("logins", timedelta(hours=12)), ("calls", timedelta(1))],
)
async def test_each_figure_begins_anew_with_its_time(
    budgeted: Budgets, told: Told, *, figure: str, later: timedelta
) -> None:
    gateway, instant = budgeted(**{figure: 1})
    paid(gateway).step = "login"
    await gateway.read(told, spend=Spend.DUE)
    spent = gateway.left()

    instant[0] += later

    assert spent == {figure: 0}
    assert gateway.left() == {figure: 1}


async def test_looking_about_leaves_a_share_for_what_the_plan_needs(
    budgeted: Budgets, told: Told
) -> None:
    gateway, _ = budgeted(calls=10, kept=0.3)
    readings = [await gateway.read(told, spend=Spend.FREE) for _ in range(9)]

    needed = await gateway.read(told, spend=Spend.DUE)

    assert [reading.setting is not None for reading in readings] == [True] * 7 + [False] * 2
    assert needed.setting is not None
    assert gateway.left() == {"calls": 2}


async def test_a_standing_battery_is_not_held_up_by_a_budget(budgeted: Budgets, told: Told) -> None:
    gateway, _ = budgeted(calls=1)
    await gateway.write(CHARGE, None, told)

    await gateway.make_safe(told)

    assert paid(gateway).acts == ["write", "make_safe"]


async def test_an_ability_is_had_through_it_and_counted(budgeted: Budgets, told: Told) -> None:
    gateway, _ = budgeted(calls=5)

    updates = ability(gateway, FirmwareUpdates)
    await updates.identify(told)

    assert gateway.left() == {"calls": 4}


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b'{"counts":{"calls":"x"}}', b"\xff"])
async def test_a_spoilt_file_is_counted_from_nothing(
    budgeted: Budgets, tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    (tmp_path / "tou.budget").write_bytes(content)
    gateway, _ = budgeted(calls=5)

    assert gateway.left() == {"calls": 5}
    assert "not a budget's file" in caplog.text
