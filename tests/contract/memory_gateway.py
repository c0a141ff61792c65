"""A transport of thirty lines: a gateway in memory, which the registry knows by one line."""

from typing import Any

from scheduler.errors import GatewayUnreachableError
from scheduler.gateway.base import SETTING_ONLY, Limits, Reading, Receipt, Step
from scheduler.setting import Mode, SettingRead

DEVICE: dict[str, Any] = {"mode": "self_consumption", "reserve": 20.0, "there": True}


def limits_of(settings):
    return Limits(modes=frozenset(Mode))


def open_gateway(settings, surroundings):
    return Memory(surroundings.now)


class Memory:
    name, simulated, unsafe, limits = "memory", False, None, Limits()

    def __init__(self, now):
        self._now = now

    async def _ask(self, steps, step, *, changes=False):
        if changes:
            await steps.settled()
        there = DEVICE["there"]
        await steps.ended(Step(self._now(), step, "ASK", "/memory", 200 if there else None, 0.1))
        if not there:
            raise GatewayUnreachableError(delivered="no")

    async def read(self, steps, *, spend, want=SETTING_ONLY):
        await self._ask(steps, "observe")
        return Reading(at=self._now(), setting=SettingRead(DEVICE["mode"], DEVICE["reserve"]))

    async def write(self, setting, before, steps):
        await self._ask(steps, "write", changes=True)
        DEVICE.update(mode=setting.mode.value, reserve=setting.reserve)
        return Receipt(sent=("mode", "reserve"))

    async def make_safe(self, steps):
        return None

    async def close(self):
        return None
