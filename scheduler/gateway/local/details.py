"""Every other read of the local API, for a person to look at; no schedule needs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scheduler.errors import GatewayBusyError, GatewayError, GatewayProtocolError
from scheduler.gateway.base import Steps
from scheduler.gateway.exchange import Call
from scheduler.gateway.local.access import Access

# meters/readings hangs, devices/vitals is protobuf and gone since 23.44: neither is asked for.
READS: Final = (
    "status",
    "sitemaster",
    "operation",
    "system_status",
    "system_status/soe",
    "system_status/grid_status",
    "system_status/grid_faults",
    "meters/aggregates",
    "meters/site",
    "meters/solar",
    "powerwalls",
    "site_info",
    "site_info/site_name",
    "config",
    "installer",
    "customer/registration",
    "networks",
    "solars",
    "generators",
    "troubleshooting/problems",
    "system/update/status",
    "system/update/urgency",
)
NO_SESSION: Final = "needs a session; --login makes one"


async def details(access: Access, steps: Steps) -> Mapping[str, object]:
    """Each read by its path: its JSON, or in words why there is none. Raises GatewayError where
    the gateway is not to be reached."""
    return {path: await _detail(access, path, steps) for path in READS}


async def _detail(access: Access, path: str, steps: Steps) -> object:
    call = Call("detail", "GET", f"/api/{path}")
    try:
        answer = await access.free(call, steps, opened=True)
        if answer is None:
            return NO_SESSION
        return access.checked(call, answer).data()
    except (GatewayBusyError, GatewayProtocolError) as error:
        return str(error)
    except GatewayError as error:
        if error.delivered == "yes":  # 502: it answers, and its sitemaster is down
            return str(error)
        raise
