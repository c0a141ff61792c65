"""TEDAPI v1r on the local network, signed with a key that the owner paired: what the registry asks
of this transport. The library that speaks it is an extra, and is imported when it is needed.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from scheduler.environment import missing_secret
from scheduler.errors import SettingsError
from scheduler.extras import extra
from scheduler.gateway.base import Limits
from scheduler.setting import Export

if TYPE_CHECKING:
    from scheduler.gateway.registry import Surroundings
    from scheduler.gateway.v1r.client import V1rGateway

LIBRARY: Final = "aiopowerwall"
INSTEAD_OF_LOGOUT: Final = (
    "There is no session: each request is signed with the paired key. Whoever has the file of "
    "TOU_V1R_KEY can write: remove it to end that here. The app, or another paired program, "
    "removes the key at the gateway."
)
ABILITIES: Final = frozenset[str]()  # v1r has no message for what jobs ask for
LIMITS = Limits(
    grid_charging=True,
    exports=frozenset(Export),
    set_points=True,
    confirm_after=(0.0, 1.0, 2.0),
    confirm_within=10.0,
    effect_within=300.0,
)


def limits_of(settings: Any) -> Limits:
    """What v1r allows; whether a charge can be ordered the firmware tells when it is tried."""
    return LIMITS


def open_gateway(settings: Any, surroundings: Surroundings) -> V1rGateway:
    """The client. Raises SettingsError where the extra, a setting or the key is missing."""
    if not settings.v1r_host:
        raise SettingsError(
            "TOU_V1R_HOST is not set. Set it to the gateway's address: of its wired port where it "
            "has one, such as 10.42.1.40, or of the home network."
        )
    if settings.v1r_key is None:
        raise SettingsError(
            "TOU_V1R_KEY is not set: it names the file of the paired key. `tou gateway pair` makes "
            "one and has the Powerwall take it."
        )
    if settings.v1r_password is None:
        raise missing_secret("v1r_password")
    the_library()
    from scheduler.gateway.v1r.client import V1rGateway
    from scheduler.gateway.v1r.key import read_key

    return V1rGateway(
        host=settings.v1r_host,
        password=settings.v1r_password.get_secret_value(),
        full_password=settings.v1r_full_password,
        key=read_key(settings.v1r_key),
        refusal_file=surroundings.state.with_suffix(".v1r"),
        now=surroundings.now,
        monotonic=surroundings.monotonic,
    )


def the_library() -> Any:
    """The module `aiopowerwall`. Raises SettingsError where it is missing."""
    # It logs whole answers, among them the configuration with names and serial numbers.
    logging.getLogger(LIBRARY).setLevel(logging.CRITICAL)
    with extra("tedapi", "TOU_GATEWAY=v1r"):
        return import_module(LIBRARY)
