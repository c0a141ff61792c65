"""What only some gateways can do beside settings: each a protocol of its own, asked for by
`ability`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, TypeVar, cast, runtime_checkable

from scheduler.gateway.base import Reading, Receipt, Steps
from scheduler.setting import Setting

FIRMWARE_UPDATES: Final = "firmware_updates"
SITEMASTER: Final = "sitemaster"
"""The abilities that jobs need, as a transport's entry names them before anything is open."""


class UpdateState(StrEnum):
    """The states of gateway-side firmware updating, by the portal's names."""

    CHECKING = "/clear_update_status"
    DOWNLOAD = "/download"
    DOWNLOADED = "/update_downloaded"
    UNKNOWN = "/update_unknown"
    STAGED = "/update_staged"
    SUCCEEDED = "/update_succeeded"
    FAILED = "/update_failed"


@dataclass(frozen=True, slots=True)
class Update:
    """What the gateway says of its firmware update."""

    state: UpdateState | None
    """None: a word nobody has seen."""
    word: str
    """The gateway's own word for the state."""
    status: str | None
    """nonactionable, ignoring, error, or None."""
    last_status_ms: int | None
    """When the gateway last had news, epoch milliseconds on its own clock."""
    version: str | None


@dataclass(frozen=True, slots=True)
class Identity:
    """Which firmware answers, and since when it is up."""

    version: str
    """White space stripped, without the hash suffix, such as 1.43.3 or 21.44."""
    uptime_seconds: float | None
    git_hash: str | None = None
    din: str | None = None


@runtime_checkable
class FirmwareUpdates(Protocol):
    """The ability to look for and install firmware."""

    async def identify(self, steps: Steps) -> Identity:
        """Firmware and uptime, asked for now."""

    async def start_update_check(self, steps: Steps) -> None:
        """Ask the gateway to look for a firmware update now."""

    async def update(self, steps: Steps) -> Update:
        """Where the firmware update stands."""

    async def install_update(self, steps: Steps) -> None:
        """Install what is staged; the gateway goes away for minutes."""


@runtime_checkable
class Sitemaster(Protocol):
    """The ability to commit and to run the sitemaster by themselves."""

    async def commit(self, steps: Steps) -> None:
        """The gateway's own commit, `GET /api/config/completed`."""

    async def run_sitemaster(self, steps: Steps) -> None:
        """Run the sitemaster and see it running."""


@runtime_checkable
class SoftRestart(Protocol):
    """The ability to stop and run the device's own process around a write."""

    async def write_restarting(
        self, steps: Steps, setting: Setting, before: Reading | None
    ) -> Receipt:
        """As `write`, for a setting that did not take without it; the battery stands still for
        seconds."""


@runtime_checkable
class PowerSetpoint(Protocol):
    """The ability to charge with a power for a time, whatever the mode says. Charging only. Worth
    nothing where `Limits.set_points` is false, which the firmware may decide."""

    async def charge_with(self, steps: Steps, watts: float | None, seconds: int) -> float:
        """Ask to charge for so long, and return the watts that were asked for; None is all that
        the battery takes. Ends by itself; a further order replaces it. Acknowledged, never "done":
        look at the meters."""

    async def resume(self, steps: Steps) -> None:
        """End the order now; does nothing where none stands."""


@runtime_checkable
class Described(Protocol):
    """The ability to tell more of the device than a schedule needs."""

    async def describe(self, steps: Steps) -> Mapping[str, object]:
        """Every other read that the device offers by name, its answer as it came; a read that is
        refused or not there is an error's text. Only for a person to look at: not bounded by
        `Limits`, and full of private data."""


@runtime_checkable
class SignedIn(Protocol):
    """The ability to end the session that it keeps with the device."""

    async def log_out(self, steps: Steps) -> bool:
        """End the session in hand at the device, and forget it; False where there is none."""


@runtime_checkable
class RatePlan(Protocol):
    """The ability to tell the rate plan that the device goes by."""

    async def rate_plan(self, steps: Steps) -> Mapping[str, object]:
        """The answer that holds it, as it came; `imports` knows its shape. It may be paid for."""


@runtime_checkable
class Clocked(Protocol):
    """The ability to tell how its clock stands to ours."""

    @property
    def clock_ahead(self) -> float | None:
        """Seconds by which its clock was ahead of ours with its last answer; None: not told."""


@runtime_checkable
class Concerned(Protocol):
    """The ability to tell of what will need a person within days, such as a sign-in that ends."""

    @property
    def concerns(self) -> tuple[str, ...]:
        """A sentence each, with the way out; never asks the device."""


@runtime_checkable
class Simulation(Protocol):
    """The ability of a simulated gateway to be asked from beside this process."""

    async def serve(self) -> Mapping[str, str]:
        """Answer on loopback from now on; where: `url` and `fingerprint`."""


Ability = TypeVar("Ability")


def ability(gateway: object, kind: type[Ability]) -> Ability | None:
    """What a gateway can beside settings, such as `FirmwareUpdates`; also where something is
    wrapped around it, or several stand in line. None: it cannot."""
    return cast("Ability", gateway) if _can(gateway, kind) else None


def _can(gateway: object, kind: type[object]) -> bool:
    """A wrapper names what it is around: `inner`, or `inside` where those are several, which can
    what one of them can."""
    if inside := getattr(gateway, "inside", ()):
        return any(_can(each, kind) for each in inside)
    inner = getattr(gateway, "inner", None)
    return isinstance(gateway, kind) or (inner is not None and _can(inner, kind))
