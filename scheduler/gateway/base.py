"""What the controller may ask of a gateway, whatever stands behind it.

Percentages are on the app's scale; the wire's scale does not leave a transport, but for the raw
reserve that people compare with the gateway's own pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from scheduler.setting import Setting, from_raw, to_raw

# Float noise on the wire: 5.000019999999999 is a real body; one app percent is 0.95 raw.
RAW_TOLERANCE = 0.1


@dataclass(frozen=True, slots=True)
class Step:
    """One request and how it ended; holds no body, header or secret."""

    at: datetime
    step: str
    """login, observe, write, commit, run, look, charge, grid, version, check, poll, install ..."""
    method: str
    path: str
    status: int | None
    duration_ms: float
    error: str | None = None


class Steps(Protocol):
    """Where a transport tells each step as it ends."""

    async def ended(self, step: Step) -> None:
        """Take a step. Raises AuditUnwritableError when it cannot be kept."""

    async def settled(self) -> None:
        """Awaited before a request that changes something. Raises AuditUnwritableError where an
        earlier step could not be written."""


@dataclass(frozen=True, slots=True)
class Observed:
    """The setting read from a gateway. `mode` is its own word, known to us or not."""

    mode: str
    raw_reserve: float

    @property
    def reserve(self) -> float:
        """App percent."""
        return from_raw(self.raw_reserve)

    def matches(self, setting: Setting) -> bool:
        """Whether this is the (resolved) setting wanted, within the wire's float noise."""
        if isinstance(setting.reserve, str):
            raise TypeError("a hold must be resolved to a percentage before it is compared")
        difference = abs(self.raw_reserve - to_raw(setting.reserve))
        return self.mode == setting.mode.value and difference <= RAW_TOLERANCE


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


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this gateway allows us, by its firmware, our login, and what it has refused."""

    can_write: bool
    why_not: str | None
    """Where it cannot: the reason and the way out, in words for the owner."""
    login_stops: bool
    """Whether our login stops the battery until the sitemaster runs again."""
    commits: int
    """How often write and commit are done: 2 on 1.43.x, which applies the setting before."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What a gateway shows without a login; None for what it does not show."""

    session: bool
    """Whether a session of an earlier login works."""
    running: bool | None
    """Whether the sitemaster runs the battery."""
    charge: float | None
    """App percent."""
    observed: Observed | None


class Gateway(Protocol):
    """One device. Every method raises a GatewayError of `errors.py`, and nothing of its library.

    A method that needs a session logs in by itself unless told not to; each login ends with the
    sitemaster seen running again, whatever else happens.
    """

    @property
    def name(self) -> str:
        """What the audit calls it, such as `local https://powerwall`; no secret."""

    @property
    def simulated(self) -> bool:
        """Whether this is the built-in simulation."""

    async def identify(self, steps: Steps) -> Identity:
        """Firmware and uptime; needs no session."""

    async def capabilities(self, steps: Steps) -> Capabilities:
        """What is allowed here; asks for the firmware once and after each restart of it."""

    async def observe(self, steps: Steps, *, login: bool = True) -> Observed | None:
        """The setting in force. With `login=False` only the session in hand is used, and None
        says that there is none that works."""

    async def charge(self, steps: Steps) -> float:
        """State of charge, app percent."""

    async def write(self, setting: Setting, steps: Steps) -> None:
        """Send mode and reserve together, commit, run the sitemaster and see it running. Says
        nothing of the effect: read back with `observe`."""

    async def commit(self, steps: Steps) -> None:
        """The gateway's own commit, `GET /api/config/completed`."""

    async def run_sitemaster(self, steps: Steps) -> None:
        """Run the sitemaster and see it running."""

    @property
    def owes_restart(self) -> bool:
        """Whether a login of ours went out after which the sitemaster was not yet seen running,
        in this process or an earlier one."""

    async def restore(self, steps: Steps) -> None:
        """See the sitemaster running, and run it where it is not. Does nothing else."""

    async def start_update_check(self, steps: Steps) -> None:
        """Ask the gateway to look for a firmware update now."""

    async def update(self, steps: Steps) -> Update:
        """Where the firmware update stands."""

    async def install_update(self, steps: Steps) -> None:
        """Install what is staged; the gateway goes away for minutes."""

    async def close(self) -> None:
        """Close connections; the session stays valid and stored."""
