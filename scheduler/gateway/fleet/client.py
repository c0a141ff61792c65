"""The cloud's energy API as a gateway: seven endpoints, read and written by the field.

A setting is up to three commands, each acknowledged and none of them "done": what is in force is
read back later, by whoever asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from scheduler.errors import GatewayBusyError, GatewayError, GatewayRefusedError
from scheduler.gateway.base import SETTING_ONLY, Limits, Part, Reading, Receipt, Spend, Steps
from scheduler.gateway.exchange import Call
from scheduler.gateway.fleet import readings
from scheduler.gateway.fleet.access import Bearer
from scheduler.gateway.fleet.answers import RELAY, CloudReply, Token, failure
from scheduler.gateway.fleet.commands import commands_of
from scheduler.gateway.fleet.hosts import region_of
from scheduler.gateway.fleet.readings import EnergySite, sites_of
from scheduler.gateway.fleet.relay import relayed
from scheduler.gateway.fleet.tokens import claims
from scheduler.gateway.fleet.wire import CloudWire
from scheduler.outside import said
from scheduler.setting import Setting

_API: Final = "/api/1"
_LIVE_PARTS: Final = frozenset({Part.CHARGE, Part.POWERS, Part.HEALTH})
_METERS_EACH: Final = 4


@dataclass(slots=True)
class _Learned:
    """What the cloud has told of this site so far."""

    site: str | None
    told_grid: bool = False
    """Whether a setting of the grid was acknowledged that must be seen."""
    seen_grid: bool = False
    """Whether one ever appeared in a read."""
    no_commands: str | None = None
    """Why commands are refused, with the token they were refused to."""
    refused_token: str | None = field(default=None, repr=False)
    no_grid_charging: bool = False
    no_exports: bool = False
    left_alone_until: float = 0.0
    looks: int = 0
    token: str | None = field(default=None, repr=False)
    """The one used last."""


class FleetGateway:
    """One energy site of one account; see `base.Gateway`."""

    simulated = False
    unsafe: str | None = None

    def __init__(
        self,
        *,
        label: str,
        wire: CloudWire,
        access: Bearer,
        limits: Limits,
        site: str | None,
        pause: float,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = f"fleet {label} {site}" if site else f"fleet {label}"
        self._provider = label.partition("/")[0]
        self._wire, self._access, self._limits = wire, access, limits
        self._pause, self._now, self._monotonic, self._sleep = pause, now, monotonic, sleep
        self._learned = _Learned(site)

    def __repr__(self) -> str:
        return f"<FleetGateway {self.name}>"

    @property
    def limits(self) -> Limits:
        learned = self._learned
        limits = self._limits
        if learned.no_grid_charging:
            limits = replace(limits, grid_charging=False)
        if learned.no_exports:
            limits = replace(limits, exports=frozenset())
        if learned.no_commands:
            limits = replace(limits, can_write=False, why_not=learned.no_commands)
        return limits

    @property
    def concerns(self) -> tuple[str, ...]:
        """What a person should see to within days."""
        found = self._access.concern(self._now())
        return (found,) if found else ()

    @property
    def clock_ahead(self) -> float | None:
        """By the Date of the cloud's last answer."""
        return self._wire.clock_ahead

    @property
    def scopes(self) -> frozenset[str]:
        """The rights of the token used last; none where it does not tell."""
        given = claims(self._learned.token).get("scp") if self._learned.token else None
        return (
            frozenset(said(each, limit=40) for each in given[:20])
            if isinstance(given, list)
            else frozenset()
        )

    async def read(
        self, steps: Steps, *, spend: Spend, want: frozenset[Part] = SETTING_ONLY
    ) -> Reading:
        """One or two paid calls, and one for a look about; nothing is free but to keep the sign-in
        alive."""
        if spend is Spend.FREE:
            await self._access.upkeep(steps)
            return Reading(at=self._now())
        live = bool(want & _LIVE_PARTS)
        setting = Part.SETTING in want or not live
        if spend is Spend.SPARE and setting and live:
            setting, live = self._one_of_two()
        reading = Reading(at=self._now())
        if setting:
            reading = await self._read_setting(reading, steps)
        if live:
            reading = await self._read_live(reading, steps)
        return reading

    def _one_of_two(self) -> tuple[bool, bool]:
        """A look about is one paid call: the settings, and each fourth time the meters. Both every
        quarter of an hour would be $13 a month."""
        self._learned.looks += 1
        live = self._learned.looks % _METERS_EACH == 0
        return not live, live

    async def write(self, setting: Setting, before: Reading | None, steps: Steps) -> Receipt:
        """Up to three commands, in the order that loses none, with a pause between."""
        site = await self._site(steps)
        sent: list[str] = []
        for number, command in enumerate(commands_of(setting, before.setting if before else None)):
            if number and self._pause:
                await self._sleep(self._pause)
            try:
                await self._ask(
                    f"/energy_sites/{site}/{command.endpoint}", steps, "write", body=command.body
                )
            except GatewayError as error:
                if sent and error.delivered == "no":
                    raise type(error)(
                        f"{error} The part before it was taken: {', '.join(sent)}.",
                        delivered="unknown",
                        retry_after=error.retry_after,
                    ) from None
                raise
            sent += command.parts
            if command.leaves_a_trace:
                self._learned.told_grid = True
        return Receipt(sent=tuple(sent), note="acknowledged by the cloud", by=self.name)

    async def make_safe(self, steps: Steps) -> None:
        """Nothing that is done over the cloud leaves a battery standing."""

    async def close(self) -> None:
        await self._wire.close()

    async def sites(self, steps: Steps) -> tuple[EnergySite, ...]:
        return sites_of((await self._ask("/products", steps, "look")).response)

    async def relay(self, steps: Steps, message: Mapping[str, object]) -> object:
        """The answer of the gateway at the house to a message that the cloud hands on."""
        path, body = relayed(message, self._provider)
        path = f"/energy_sites/{await self._site(steps)}{path}"
        return (await self._ask(path, steps, RELAY, body=body)).response

    async def rate_plan(self, steps: Steps) -> Mapping[str, object]:
        """The settings of the site, with `tariff_content_v2` where a rate plan is set."""
        return (await self._of_site("site_info", steps, "rate_plan")).object()

    async def _read_setting(self, reading: Reading, steps: Steps) -> Reading:
        info = (await self._of_site("site_info", steps, "observe")).object()
        learned = self._learned
        learned.seen_grid = learned.seen_grid or readings.shows_grid(info)
        learned.no_grid_charging, learned.no_exports = readings.forbidden(info)
        return replace(
            reading,
            setting=readings.setting_of(info, told=learned.told_grid, seen=learned.seen_grid),
            firmware=readings.firmware_of(info),
        )

    async def _read_live(self, reading: Reading, steps: Steps) -> Reading:
        status = (await self._of_site("live_status", steps, "charge")).object()
        live = readings.live_of(status, self._now())
        return replace(
            reading,
            charge=live.charge,
            powers=live.powers,
            grid=live.grid,
            in_the_way=live.in_the_way,
        )

    async def _of_site(self, what: str, steps: Steps, step: str) -> CloudReply:
        return await self._ask(f"/energy_sites/{await self._site(steps)}/{what}", steps, step)

    async def _site(self, steps: Steps) -> str:
        """The site that is set, or the only one. Raises GatewayRefusedError that lists them."""
        if self._learned.site is None:
            self._learned.site = chosen(await self.sites(steps)).id
        return self._learned.site

    async def _ask(
        self, path: str, steps: Steps, step: str, *, body: Mapping[str, object] | None = None
    ) -> CloudReply:
        """The answer to one call; after a 401 once more with a new token. Raises GatewayError."""
        call = Call(
            step, "GET" if body is None else "POST", _API + path, body, changes=body is not None
        )
        self._heed()
        token = await self._access.token(steps)
        answer = await self._wire.send(call, steps, Token(token))
        if answer.status == 401 and not answer.foreign:
            token = await self._access.token(steps, after=token)
            answer = await self._wire.send(call, steps, Token(token))
        self._learn(call, answer, token)
        if answer.fine:
            return answer
        raise self._failure(call, answer, token)

    def _learn(self, call: Call, answer: CloudReply, token: str) -> None:
        """A right that is missing takes all commands away, until there is another token."""
        learned = self._learned
        learned.token = token
        if token != learned.refused_token:
            learned.no_commands = learned.refused_token = None
        if answer.means == 403 and call.changes and not answer.foreign:
            learned.no_commands = str(self._failure(call, answer, token))
            learned.refused_token = token
        if answer.means in (429, 503):
            learned.left_alone_until = self._monotonic() + answer.wait

    def _failure(self, call: Call, answer: CloudReply, token: str) -> GatewayError:
        said = self._wire.shown(answer.complaint or answer.unwilling or "")
        region = region_of(str(claims(token).get("ou_code", "")))
        if answer.means == 421 and region:
            said = f"{said}; its region is {region}"
        return failure(self._wire.where, call, answer, said)

    def _heed(self) -> None:
        left = self._learned.left_alone_until - self._monotonic()
        if left > 0:
            raise GatewayBusyError(
                f"{self._wire.where} asked for fewer requests; it is left alone for another "
                f"{left:.0f} s.",
                retry_after=left,
                delivered="no",
            )


def chosen(sites: tuple[EnergySite, ...]) -> EnergySite:
    """The only site. Raises GatewayRefusedError that lists several."""
    if len(sites) == 1:
        return sites[0]
    if not sites:
        raise GatewayRefusedError(
            "The account has no energy site with a battery. Sign in with the account that shows "
            "the Powerwall in the Tesla app.",
            delivered="no",
        )
    listed = ", ".join(f"{site.id} ({site.name or 'without a name'})" for site in sites)
    raise GatewayRefusedError(
        f"The account has several energy sites: {listed}. Set TOU_FLEET_SITE to one of them.",
        delivered="no",
    )
