"""A Powerwall over TEDAPI v1r, by the library `aiopowerwall`: one exchange at a time, and one
configuration update for the whole setting.

Writes the keys of a setting and nothing else; nothing here can part a house from the grid.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp

from scheduler import clock
from scheduler.errors import GatewayProtocolError, GatewayRefusedError
from scheduler.gateway.abilities import Identity
from scheduler.gateway.base import SETTING_ONLY, Limits, Part, Reading, Receipt, Spend, Steps
from scheduler.gateway.fleet.readings import DENIED, RULE
from scheduler.gateway.local.bodies import charge_of, counters_of, powers_of
from scheduler.gateway.v1r import LIMITS, bodies, the_library
from scheduler.gateway.v1r.key import Key
from scheduler.gateway.v1r.patience import Patience
from scheduler.gateway.v1r.refusals import SKEW, clock_error, meaning
from scheduler.gateway.v1r.traffic import LOGIN, Bounded, Traffic
from scheduler.gateway.v1r.whole import careful, check_whole
from scheduler.outside import hides_tokens, said
from scheduler.setting import Setting

TIMEOUT: Final = 10.0
# One Powerwall 2 charges with 5 kW; no site has more than a megawatt.
LIKELY_WATTS: Final = 5000.0
MOST_WATTS: Final = 1_000_000.0
NO_ORDERS: Final = "this firmware takes no power to charge with"
_LONGEST: Final = 1000
WRONG_DEVICE: Final = "WRONG_PERSONALIZATION"


class V1rGateway:
    """See `base.Gateway` for what each method promises."""

    simulated = False
    unsafe: str | None = None
    """A login stops nothing, and a charge that was asked for ends by itself."""

    def __init__(
        self,
        *,
        host: str,
        password: str,
        key: Key,
        refusal_file: Path,
        full_password: bool = False,
        timeout: float = TIMEOUT,
        now: Callable[[], datetime] = clock.now,
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        self.name = f"v1r {host} (key {key.short})"
        self.limits: Limits = LIMITS
        self._where = f"The gateway {host}"
        self._now = now
        self._turn = asyncio.Lock()
        self._traffic = Traffic(now, monotonic)
        self._patience = Patience(refusal_file, f"{host}\n{password}", now)
        self._library = the_library()
        self._made_of = {
            "host": host,
            "gateway_password": password,
            "rsa_private_key_pem": key.pem,
            "timeout": timeout,
        }
        self._full_password = full_password
        self._secrets = (password, password[-5:])
        self._client: Any = None
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"<V1rGateway {self.name}>"

    # Reading

    async def read(
        self, steps: Steps, *, spend: Spend, want: frozenset[Part] = SETTING_ONLY
    ) -> Reading:
        """What is asked for; a login costs nothing here, but one that waits is not sent."""
        reading = Reading(at=self._now())
        if spend is Spend.FREE and self._patience.left() > 0:
            return reading
        parts = {
            Part.SETTING: self._setting,
            Part.CHARGE: self._charge,
            Part.POWERS: self._powers,
            Part.HEALTH: self._health,
        }
        async with self._turn:
            for part, read in parts.items():
                if part not in want:
                    continue
                try:
                    reading = await read(reading, steps)
                except GatewayProtocolError:
                    # A read that this firmware lacks must not hide the setting from a pulse.
                    if spend is Spend.DUE or part is Part.SETTING:
                        raise
        return reading

    async def _setting(self, reading: Reading, steps: Steps) -> Reading:
        async with self._exchange(steps, "observe") as client:
            config = await client.get_config()
        return replace(reading, setting=bodies.setting_of(config, self._secrets))

    async def _charge(self, reading: Reading, steps: Steps) -> Reading:
        async with self._exchange(steps, "charge") as client:
            percentage = await client.get_battery_soe_raw()
        return replace(reading, charge=charge_of({"percentage": percentage}))

    async def _powers(self, reading: Reading, steps: Steps) -> Reading:
        async with self._exchange(steps, "powers") as client:
            body = await client.get_meters_aggregates()
        return replace(reading, powers=powers_of(body), counters=counters_of(body))

    async def _health(self, reading: Reading, steps: Steps) -> Reading:
        async with self._exchange(steps, "look") as client:
            status = await client.get_status()
        reading = bodies.with_health(reading, status)
        async with self._exchange(steps, "version") as client:
            details = await client.get_firmware_details()
        return replace(reading, firmware=bodies.version_of(details, self._secrets))

    async def identify(self, steps: Steps) -> Identity:
        async with self._turn, self._exchange(steps, "version") as client:
            details = await client.get_firmware_details()
            return Identity(bodies.version_of(details, self._secrets) or "", None, din=client.din)

    # Writing

    async def write(self, setting: Setting, before: Reading | None, steps: Steps) -> Receipt:
        """One update for all parts, with the hash of the version that was read; only where both
        clocks agree, and only of a file that is a unit's configuration."""
        updates = bodies.updates_of(setting)
        async with self._turn:
            await self._fit_to_write(steps)
            await steps.settled()
            async with self._exchange(steps, "observe", "write") as client:
                await client.write_config(updates)
        return Receipt(sent=tuple(_PARTS[key.removeprefix("site_info.")] for key in updates))

    async def _fit_to_write(self, steps: Steps) -> None:
        self._traffic.ahead = None
        async with self._exchange(steps, "observe") as client:
            check_whole(await client.get_config(), self._where)
        ahead = await self._ahead(steps)
        if ahead is not None and abs(ahead) > SKEW:
            raise clock_error(self._where, ahead)

    @property
    def clock_ahead(self) -> float | None:
        return self._traffic.ahead

    async def _ahead(self, steps: Steps) -> float | None:
        """Seconds by which the gateway's clock is ahead; by its header, else by its status."""
        if self._traffic.ahead is not None:
            return self._traffic.ahead
        async with self._exchange(steps, "look") as client:
            told = bodies.clock_of(await client.get_status())
        return None if told is None else (told - self._now()).total_seconds()

    # The timed charge

    async def charge_with(self, steps: Steps, watts: float | None, seconds: int) -> float:
        """An order that the gateway ends by itself. Raises GatewayRefusedError where the firmware
        lacks it, and never asks again."""
        if watts is not None and not 0 < watts <= MOST_WATTS:
            raise ValueError("a charge is a power above 0 W")
        if not self.limits.set_points:
            raise GatewayRefusedError(f"{self._where}: {NO_ORDERS}", delivered="no")
        async with self._turn:
            asked = watts or await self._most(steps)
            await steps.settled()
            async with self._exchange(steps, "dispatch") as client:
                try:
                    await client.dispatch_battery_power(-asked, seconds)
                except self._library.PowerwallNotSupportedError:
                    self.limits = replace(self.limits, set_points=False)
                    raise
        return asked

    async def _most(self, steps: Steps) -> float:
        """What this battery takes, by its configuration."""
        async with self._exchange(steps, "observe") as client:
            return bodies.most_watts(await client.get_config()) or LIKELY_WATTS

    async def resume(self, steps: Steps) -> None:
        """Back to the mode."""
        async with self._turn:
            await steps.settled()
            async with self._exchange(steps, "dispatch") as client:
                await client.resume_battery_operation()

    async def make_safe(self, steps: Steps) -> None:
        """Nothing here leaves a battery standing."""

    async def close(self) -> None:
        session, self._session, self._client = self._session, None, None
        if session is not None:
            await session.close()

    # The library

    @asynccontextmanager
    async def _exchange(self, steps: Steps, *names: str) -> AsyncIterator[Any]:
        """The library's client, logged in; its errors leave as ours."""
        self._heed_patience()
        client = self._opened()
        self._traffic.begin(steps, *names)
        try:
            if client.din is None:
                await client.connect()
                self._patience.taken()
            yield client
        except self._library.PowerwallError as error:
            found = meaning(error, self._library, self._traffic, self._where)
            found.args = (said(found, secrets=self._secrets, limit=_LONGEST),)
            if isinstance(found, GatewayRefusedError) and self._traffic.path == LOGIN:
                found.retry_after = self._patience.refused()
            if WRONG_DEVICE in str(error):
                self._client = None  # its number is asked for anew
            raise found from None
        except (ValueError, TypeError, RecursionError) as error:
            # Of the library's JSON: no text, no JSON, no number, or lists in lists without an end.
            changed = self._traffic.changing and self._traffic.connected
            raise GatewayProtocolError(
                f"{self._where}: the answer is not understood: "
                f"{hides_tokens(said(error, secrets=self._secrets))}",
                delivered="unknown" if changed else "no",
            ) from None

    def _opened(self) -> Any:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                trace_configs=[self._traffic.trace()], response_class=Bounded, trust_env=False
            )
        if self._client is None:
            kind = careful(self._library, self._where)
            make = kind.legacy_gateway if self._full_password else kind
            self._client = make(session=self._session, **self._made_of)
        return self._client

    def _heed_patience(self) -> None:
        left = self._patience.left()
        if left > 0:
            minutes = timedelta(minutes=math.ceil(left / 60))
            raise GatewayRefusedError(
                f"{self._where} refused the password; it is not sent again for "
                f"{clock.format_duration(minutes)}. Correct TOU_V1R_PASSWORD, which is then tried "
                "at once.",
                delivered="no",
                retry_after=left,
            )


_PARTS: Final = {
    bodies.MODE: "mode",
    bodies.RESERVE: "reserve",
    DENIED: "grid_charging",
    RULE: "export",
}
