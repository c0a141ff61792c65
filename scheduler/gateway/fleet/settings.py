"""What the cloud transport has to be told."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from scheduler.environment import (
    AWord,
    Duration,
    OptionalPause,
    OptionalSecret,
    OptionalText,
    OrNothing,
    TransportSettings,
    between,
)
from scheduler.gateway.fleet.hosts import Hosts, checked_address, hosts_of

PAUSE: Final = 5.0
"""Seconds between two commands of one setting: they are two acts for the cloud, and one that comes
too soon after the other was lost on a Powerwall 3 (pypowerwall #377)."""
_MINUTE: Final = timedelta(minutes=1)
# Tesla's discount is $10 a month and account; it warns at 80 % and switches off at the limit.
BUDGET: Final = 8.0


def _site(text: str | None) -> str | None:
    if text is not None and not (text.isdecimal() and len(text) <= 19):
        raise ValueError("write the number of the energy site, as `tou gateway login` lists it.")
    return text


Address = Annotated[Annotated[str, AfterValidator(checked_address)] | None, OrNothing]
Dollars = Annotated[
    Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] | None, OrNothing
]


class FleetSettings(TransportSettings):
    """Who runs the cloud, which site, and what it may cost."""

    fleet_provider: Annotated[Literal["tesla", "teslemetry", "tessie"], AWord] = "tesla"
    fleet_region: Annotated[Literal["na", "eu", "cn"], AWord] = "na"
    fleet_site: Annotated[OptionalText, AfterValidator(_site)] = None
    fleet_token: OptionalSecret = None
    fleet_budget: Dollars = None
    fleet_read_every: Annotated[Duration, between(_MINUTE, 24 * 60 * _MINUTE)] = 15 * _MINUTE
    fleet_api_url: Address = None
    fleet_sign_in_url: Address = None
    fleet_token_url: Address = None
    gateway_pause: OptionalPause = None

    @property
    def address(self) -> str:
        return self.hosts.api

    @property
    def identity(self) -> str:
        """The energy site, in whatever cloud; without one, the cloud."""
        return f"energy site {self.fleet_site}" if self.fleet_site else self.hosts.api

    @property
    def pause_seconds(self) -> float:
        return self.gateway_pause.total_seconds() if self.gateway_pause is not None else PAUSE

    @property
    def dollars(self) -> float | None:
        """What a month may cost; None: not counted, as where a subscription covers all calls."""
        if self.fleet_budget is not None or self.fleet_provider != "tesla":
            return self.fleet_budget
        return BUDGET

    @property
    def hosts(self) -> Hosts:
        usual = hosts_of(self.fleet_provider, self.fleet_region)
        return Hosts(
            self.fleet_api_url or usual.api,
            self.fleet_sign_in_url or usual.sign_in,
            self.fleet_token_url or usual.tokens,
        )


SETTINGS = FleetSettings
