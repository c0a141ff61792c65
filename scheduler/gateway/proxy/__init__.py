"""A pypowerwall proxy or pypowerwall-server that the owner runs: what the registry asks of this
transport."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from scheduler.environment import missing_secret
from scheduler.gateway.base import Limits, Reserves
from scheduler.setting import Export

if TYPE_CHECKING:
    from scheduler.gateway.proxy.client import ProxyGateway
    from scheduler.gateway.registry import Surroundings

INSTEAD_OF_LOGOUT: Final = (
    "There is no session of ours: the proxy has its own with the gateway, and knows us by its "
    "secret. Change the secret there, and TOU_PROXY_SECRET here."
)
ABILITIES: Final = frozenset[str]()  # a proxy passes on nothing that jobs ask for
# As the cloud behind it: it makes 80 of 81 to 99, and is minutes late.
_CLOUD: Final = Limits(
    reserves=Reserves(((0.0, 80.0), (100.0, 100.0)), whole=True),
    reserve_tolerance=0.6,
    grid_charging=True,
    exports=frozenset(Export),
    atomic=False,
    # A look may make the proxy call Tesla, and that budget is its owner's.
    free_reads=False,
    read_every=900.0,
    # The server shows old values for one poll interval, 5 s, after a write.
    confirm_after=(10.0, 20.0, 60.0, 180.0),
    confirm_within=200.0,
    effect_within=2700.0,
)
_BY_BACKEND: Final = {
    "fleet": _CLOUD,
    # Nothing tells plainly what stands behind it: the slower and narrower one.
    "unknown": _CLOUD,
    "v1r": replace(
        _CLOUD,
        reserves=Reserves(whole=True),
        free_reads=True,
        read_every=0.0,
        confirm_after=(10.0, 20.0, 30.0, 45.0, 60.0),
        confirm_within=60.0,
        effect_within=300.0,
    ),
}


def limits_of(settings: Any) -> Limits:
    """The limits of what the owner says stands behind the proxy."""
    return _BY_BACKEND[settings.proxy_backend]


def open_gateway(settings: Any, surroundings: Surroundings) -> ProxyGateway:
    """The client. Raises SettingsError where the secret is missing."""
    from scheduler.gateway.proxy.client import ProxyGateway

    if settings.proxy_secret is None or not settings.proxy_secret.get_secret_value():
        raise missing_secret("proxy_secret")
    return ProxyGateway(
        url=settings.proxy_url,
        secret=settings.proxy_secret.get_secret_value(),
        limits=limits_of(settings),
        now=surroundings.now,
        monotonic=surroundings.monotonic,
    )
