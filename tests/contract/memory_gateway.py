"""A transport of thirty lines: a gateway in memory, which the registry knows by one line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from scheduler.errors import GatewayUnreachableError
from scheduler.gateway.base import SETTING_ONLY, Limits, Part, Reading, Receipt, Spend, Step, Steps
from scheduler.gateway.registry import Surroundings
from scheduler.setting import Mode, Setting, SettingRead

DEVICE: dict[str, Any] = {"mode": "self_consumption", "reserve": 20.0, "there": True}


def limits_of(settings: object) -> Limits:
    return Limits(modes=frozenset(Mode))


def open_gateway(settings: object, surroundings: Surroundings) -> Memory:
    return Memory(surroundings.now)


class Memory:
    name, simulated, unsafe, limits = "memory", False, None, Limits()

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    async def _ask(self, steps: Steps, step: str, *, changes: bool = False) -> None:
        if changes:
            await steps.settled()
        there = DEVICE["there"]
        await steps.ended(Step(self._now(), step, "ASK", "/memory", 200 if there else None, 0.1))
        if not there:
            raise GatewayUnreachableError(delivered="no")

    async def read(
        self, steps: Steps, *, spend: Spend, want: frozenset[Part] = SETTING_ONLY
    ) -> Reading:
        await self._ask(steps, "observe")
        return Reading(at=self._now(), setting=SettingRead(DEVICE["mode"], DEVICE["reserve"]))

    async def write(self, setting: Setting, before: Reading | None, steps: Steps) -> Receipt:
        await self._ask(steps, "write", changes=True)
        DEVICE.update(mode=setting.mode.value, reserve=setting.reserve)
        return Receipt(sent=("mode", "reserve"))

    async def make_safe(self, steps: Steps) -> None:
        return None

    async def close(self) -> None:
        return None
