"""A gateway behind a pypowerwall proxy or server: the form dialect that both speak.

Only the paths of which both have the same scale are used. What is unreadable behind a proxy looks
like a reserve of 0 and grid charging denied: both count only between two readable modes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from scheduler.errors import GatewayError, GatewayProtocolError, GatewayRefusedError
from scheduler.gateway.base import SETTING_ONLY, Limits, Part, Reading, Receipt, Spend, Steps
from scheduler.gateway.exchange import Call
from scheduler.gateway.fleet.readings import EXPORT_OF, EXPORTS
from scheduler.gateway.local import bodies
from scheduler.gateway.proxy.answers import ProxyAnswer, error_of
from scheduler.gateway.proxy.wire import ProxyWire
from scheduler.setting import GridCharging, Setting, SettingRead

UNKNOWN: Final = "unknown"
_MODE = Call("observe", "GET", "/control/mode")
_RESERVE = Call("observe", "GET", "/control/reserve")
_GRID_CHARGING = Call("observe", "GET", "/control/grid_charging")
_EXPORT = Call("observe", "GET", "/control/grid_export")
_OPERATION = Call("observe", "GET", "/api/operation")
_CHARGE = Call("charge", "GET", "/api/system_status/soe")
_METERS = Call("powers", "GET", "/api/meters/aggregates")
_GRID = Call("grid", "GET", "/api/system_status/grid_status")
_VERSION = Call("version", "GET", "/version")
_PATIENCE: Final = 3
"""Writes in a row that come to nothing before it is no longer called passing."""


@dataclass(slots=True)
class ProxyGateway:
    """The client; see `base.Gateway`."""

    url: str
    secret: str = field(repr=False)
    limits: Limits
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    simulated: bool = field(default=False, init=False)
    unsafe: str | None = field(default=None, init=False)
    """Nothing is left behind: no login of ours stops a battery."""
    _wire: ProxyWire = field(init=False, repr=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)
    _server: bool | None = field(default=None, init=False, repr=False)
    """Whether it is a server, which says when its answers are stale; None until asked."""
    _in_vain: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        self._wire = ProxyWire(
            url=self.url, secret=self.secret, now=self.now, monotonic=self.monotonic
        )

    @property
    def name(self) -> str:
        return f"proxy {urlsplit(self.url).netloc}"

    @property
    def untried(self) -> str | None:
        """What no look can tell: the secret goes with writes alone."""
        return "Whether it takes the secret shows with the first write: a look is made without it."

    @property
    def clock_ahead(self) -> float | None:
        """By the Date of its last answer."""
        return self._wire.clock_ahead

    async def read(
        self, steps: Steps, *, spend: Spend, want: frozenset[Part] = SETTING_ONLY
    ) -> Reading:
        """What the proxy shows; nothing for nothing where a look may be paid for behind it."""
        reading = Reading(at=self.now())
        if spend is Spend.FREE and not self.limits.free_reads:
            return reading
        async with self._turn:
            if Part.SETTING in want:
                reading = replace(reading, setting=await self._setting(steps))
            if Part.CHARGE in want:
                body = await self._ask(_CHARGE, steps)
                reading = replace(reading, charge=bodies.percent(body, "percentage"))
            if Part.POWERS in want:
                reading = await self._meters(reading, steps)
            if Part.HEALTH in want:
                reading = await self._health(reading, steps)
        return reading

    async def write(self, setting: Setting, before: Reading | None, steps: Steps) -> Receipt:
        """Send what differs, grid charging and export first; mode and reserve in one call."""
        sent: list[str] = []
        async with self._turn:
            for parts, path, form in _calls(setting, before.setting if before else None):
                await self._send(
                    Call("write", "POST", path, changes=True, form=form), steps, after=sent
                )
                sent += parts
            self._in_vain = 0
        return Receipt(sent=tuple(sent))

    async def make_safe(self, steps: Steps) -> None:
        """Nothing is owed."""

    async def close(self) -> None:
        await self._wire.close()

    async def _setting(self, steps: Steps) -> SettingRead:
        before = await self._word(_MODE, "mode", steps)
        reserve = bodies.percent(await self._ask(_RESERVE, steps), "reserve")
        charging = (await self._ask(_GRID_CHARGING, steps)).get("grid_charging")
        export = await self._word(_EXPORT, "grid_export", steps)
        after = await self._word(_MODE, "mode", steps)
        if UNKNOWN in (before, after) or await self._stale(steps):
            return SettingRead()
        return SettingRead(
            mode=after,
            reserve=reserve,
            grid_charging=_charging(charging),
            export=EXPORT_OF.get(export),
        )

    async def _word(self, call: Call, key: str, steps: Steps) -> str:
        return self._wire.word((await self._ask(call, steps)).get(key)) or UNKNOWN

    async def _stale(self, steps: Steps) -> bool:
        """Whether a server says that it lost what stands behind it; a proxy does not tell."""
        if self._server is False:
            return False
        answer = await self._wire.send(_OPERATION, steps)
        body = answer.mapping()
        if answer.fine:  # an answer that failed says nothing of who gave it
            self._server = "last_updated" in body
        return body.get("stale") is True

    async def _meters(self, reading: Reading, steps: Steps) -> Reading:
        body = (await self._wire.send(_METERS, steps)).mapping()
        if not isinstance(body.get("site"), dict):
            return reading
        return replace(reading, powers=bodies.powers_of(body), counters=bodies.counters_of(body))

    async def _health(self, reading: Reading, steps: Steps) -> Reading:
        grid = (await self._wire.send(_GRID, steps)).mapping()
        version = (await self._wire.send(_VERSION, steps)).mapping().get("version")
        firmware = self._wire.word(version)
        return replace(
            reading,
            grid=bodies.grid_of(grid),
            firmware=None if firmware == UNKNOWN else firmware,
        )

    async def _ask(self, call: Call, steps: Steps) -> Mapping[str, object]:
        answer = await self._wire.send(call, steps)
        if not answer.fine:
            raise self._error(call, answer, delivered="no")
        return answer.mapping()

    async def _send(self, call: Call, steps: Steps, *, after: list[str]) -> None:
        secret = {"token": self.secret}
        call = replace(call, form={**(call.form or {}), **secret})
        try:
            answer = await self._wire.send(call, steps)
            if not answer.fine:
                raise self._error(call, answer)
        except GatewayError as error:
            if after and error.delivered == "no":
                error.delivered = "unknown"
            raise

    def _error(
        self, call: Call, answer: ProxyAnswer, *, delivered: str | None = None
    ) -> GatewayError:
        error = error_of(self._wire.where, call, answer, self._wire.shown)
        if delivered == "no":
            error.delivered = "no"
        if answer.came_to_nothing is None:
            return error
        self._in_vain += 1
        if self._in_vain < _PATIENCE:
            return error
        return GatewayRefusedError(
            f"{error} This is the {self._in_vain}. time in a row, so it looks like a refusal: see "
            "there whether its sign-in is alive and may write."
        )


def _charging(value: object) -> GridCharging | None:
    if not isinstance(value, bool):
        return None
    return GridCharging.ALLOW if value else GridCharging.DENY


def _calls(
    setting: Setting, seen: SettingRead | None
) -> list[tuple[tuple[str, ...], str, dict[str, str]]]:
    """The parts, the path and the form of each call: what differs from what was seen, or was not
    seen. An empty value would make a read of a write."""
    if isinstance(setting.reserve, str):
        raise TypeError("a hold must be resolved to a percentage before it is written")
    if not float(setting.reserve).is_integer():
        raise GatewayProtocolError("A proxy takes whole percentages only.", delivered="no")
    seen = seen or SettingRead()
    needed = {*seen.differing(setting), *seen.missing(setting)}
    calls: list[tuple[tuple[str, ...], str, dict[str, str]]] = []
    if setting.grid_charging is not None and "grid_charging" in needed:
        value = "true" if setting.grid_charging is GridCharging.ALLOW else "false"
        calls.append((("grid_charging",), "/control/grid_charging", {"value": value}))
    if setting.export is not None and "export" in needed:
        form = {"value": EXPORTS[setting.export]}
        calls.append((("export",), "/control/grid_export", form))
    # Together although one may be equal: alone, a mode was dropped by the cloud where the reserve
    # beside it was filled in from an old answer.
    if needed & {"mode", "reserve"} or not calls:
        form = {"value": setting.mode.value, "level": str(int(setting.reserve))}
        calls.append((("mode", "reserve"), "/control/mode", form))
    return calls
