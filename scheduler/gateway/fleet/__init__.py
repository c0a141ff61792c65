"""Tesla's Fleet API, and the providers that serve the same calls: what the registry asks of this
transport."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from scheduler.errors import SettingsError
from scheduler.gateway.base import Limits, Reserves, Step
from scheduler.setting import Export

if TYPE_CHECKING:
    from scheduler.gateway.budget import Budgeted
    from scheduler.gateway.fleet.access import Bearer
    from scheduler.gateway.registry import Surroundings

TOKENS: Final = ".fleet"
INSTEAD_OF_LOGOUT: Final = (
    "The cloud keeps no session. The sign-in is withdrawn where it was given: of your own app at "
    "https://auth.tesla.com/user/revoke/consent?revoke_client_id=CLIENT_ID, of a token on its "
    "provider's page. Then remove the file .fleet beside the database, or TOU_FLEET_TOKEN."
)
ABILITIES: Final = frozenset[str]()  # the cloud has no call for what jobs ask for
BUDGET: Final = ".fleet-budget"
KEPT: Final = 0.2
"""The share of a month's budget that is kept for writes and their confirmation."""


def limits_of(settings: Any) -> Limits:
    """What the cloud keeps: since 2025-07-19 a reserve of 81-99 falls back to 80."""
    return Limits(
        reserves=Reserves(((0.0, 80.0), (100.0, 100.0)), whole=True),
        reserve_tolerance=0.6,
        grid_charging=True,
        exports=frozenset(Export),
        atomic=False,
        free_reads=False,
        confirm_after=(5.0, 20.0, 60.0, 180.0),
        confirm_within=240.0,
        effect_within=2700.0,
        read_every=settings.fleet_read_every.total_seconds(),
    )


def open_gateway(settings: Any, surroundings: Surroundings) -> Budgeted:
    """The client within its budget. Raises SettingsError where nothing may be spent, or a token is
    missing."""
    from scheduler.gateway.budget import Budget, Budgeted
    from scheduler.gateway.fleet.client import FleetGateway
    from scheduler.gateway.fleet.wire import CloudWire

    if settings.dollars == 0:
        raise SettingsError(
            "TOU_FLEET_BUDGET is 0, so nothing may be sent. Set it to the dollars that a month may "
            "cost, such as 8."
        )
    access = _access(settings, surroundings)
    wire = CloudWire(
        base=settings.hosts.api,
        now=surroundings.now,
        monotonic=surroundings.monotonic,
        secrets=access.secrets,
    )
    if hasattr(access, "wire"):
        access.wire = wire
    gateway = FleetGateway(
        label=label_of(settings),
        wire=wire,
        access=access,
        limits=limits_of(settings),
        site=settings.fleet_site,
        pause=settings.pause_seconds,
        now=surroundings.now,
        monotonic=surroundings.monotonic,
    )
    budget = Budget(dollars=settings.dollars, kept=KEPT, price=price)
    return Budgeted(gateway, budget, surroundings.state.with_suffix(BUDGET), now=surroundings.now)


def price(step: Step) -> int:
    """Thousandths of a dollar, by the vendor's page: data requests are 500 a dollar, commands
    1,000. Every answer below 500 counts; tokens do not."""
    if step.step == "refresh" or step.status is None or step.status >= 500:
        return 0
    return 2 if step.method == "GET" else 1


def label_of(settings: Any) -> str:
    """The provider in the audit; at Tesla with the region."""
    provider: str = settings.fleet_provider
    return f"{provider}/{settings.fleet_region}" if provider == "tesla" else provider


def _access(settings: Any, surroundings: Surroundings) -> Bearer:
    from scheduler.gateway.fleet.access import Fixed, Renewed
    from scheduler.gateway.fleet.tokens import TokenFile, can_be_sent

    if settings.fleet_provider == "tesla":
        return Renewed(
            TokenFile(surroundings.state.with_suffix(TOKENS)),
            token_url=settings.hosts.tokens,
            now=surroundings.now,
            monotonic=surroundings.monotonic,
        )
    if settings.fleet_token is None:
        raise SettingsError(
            f"TOU_FLEET_TOKEN is not set. Make a token on the page of {settings.fleet_provider}, "
            "and set it, or give systemd the credential fleet_token. `tou gateway login` says how."
        )
    token = settings.fleet_token.get_secret_value()
    if not can_be_sent(token):
        raise SettingsError(
            "TOU_FLEET_TOKEN is no token: it has a blank or a letter in it that none has. Copy it "
            f"once more from the page of {settings.fleet_provider}."
        )
    return Fixed(token, settings.fleet_provider)
