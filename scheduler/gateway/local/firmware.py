"""What a gateway's firmware means for us: how it wants a login, which keys it writes, whether it
lets a setting be written at all.

Plain rules over a version; sends nothing. The version ranges are those of field captures, named
beside each rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from scheduler.gateway.abilities import Identity
from scheduler.gateway.base import Limits, Reserves
from scheduler.outside import said
from scheduler.setting import Mode

Firmware = tuple[int, ...]
"""1.43.3 is (1, 43, 3) and 21.44 is (21, 44): the year.week names came after 1.50, so plain
comparison is comparison in time."""

NAMED_LOGIN: Final = (1, 20)  # "installer" by name, `real_mode`, https (July 2018)
FORCED_LOGIN: Final = (1, 17)  # a login while the system runs needs force_sm_off
SWITCH_LOGIN: Final = (1, 50)  # the installer login needs a hand on a Powerwall switch
CLOSED_READS: Final = (20, 49)  # nearly every read needs a session
READ_ONLY_ROLES: Final = frozenset({"customer", "kiosk"})
WAY_OUT: Final = (
    "The local API can be written to with the installer login on firmware up to 1.49. Take "
    "another way: TOU_GATEWAY=v1r on this network, or TOU_GATEWAY=fleet by the cloud; the README "
    "tells what each needs."
)

# No pattern and no conversion sees a text longer than this.
LONGEST: Final = 64
_VERSION = re.compile(r"\d+(?:\.\d+)+")
_GO_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|us|µs|ns|s)")
_GO_SECONDS: Final = {
    "h": 3600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "µs": 1e-6,
    "ns": 1e-9,
}


@dataclass(frozen=True, slots=True)
class LoginForm:
    """How a login is asked for, without the password."""

    username: str
    email: str | None
    """None: the key is left out."""
    force: bool
    stops: bool
    """Whether the battery stands still after it, until the sitemaster runs."""

    def body(self, password: str) -> dict[str, object]:
        """What goes on the wire; a secret."""
        body: dict[str, object] = {"username": self.username, "password": password}
        if self.email is not None:
            body["email"] = self.email
        return {**body, "force_sm_off": self.force}


def short_version(text: str) -> str:
    """`1.15.0\\n` is 1.15.0 and `21.44 223a56cd` is 21.44."""
    words = text.split(maxsplit=1)
    return words[0] if words else ""


def parse_version(text: str) -> Firmware | None:
    """The numbers of a version; None where there are none to be sure of."""
    match = _VERSION.match(text.strip()) if len(text) <= LONGEST else None
    return tuple(int(part) for part in match[0].split(".")) if match else None


def parse_uptime(text: str) -> float | None:
    """Seconds of a duration such as `223h5m51.577762169s`, which may lack hours or minutes."""
    if len(text) > LONGEST:
        return None
    parts = _GO_DURATION.findall(text.strip())
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        return None
    return sum(float(number) * _GO_SECONDS[unit] for number, unit in parts)


def identity_of(status: Mapping[str, object]) -> Identity | None:
    """The identity in a body of `/api/status`; None where it tells no version. Keys come and go."""
    version = _text(status, "version")
    if version is None:
        return None
    uptime = _text(status, "up_time_seconds")
    return Identity(
        version=short_version(version),
        uptime_seconds=parse_uptime(uptime) if uptime else None,
        git_hash=_text(status, "git_hash"),
        din=_text(status, "din"),
    )


def _text(body: Mapping[str, object], key: str) -> str | None:
    value = body.get(key)
    if not isinstance(value, str) or len(value) > 4 * LONGEST:
        return None
    return said(value, limit=LONGEST) or None


def login_form(firmware: Firmware | None, *, username: str, email: str) -> LoginForm:
    """How to log in on a firmware. An unknown one is not forced: no login is worth a battery
    that stands still for nothing."""
    if firmware is None or firmware >= SWITCH_LOGIN:
        return LoginForm(username, email, force=False, stops=False)
    if firmware >= NAMED_LOGIN:
        stops = username not in READ_ONLY_ROLES
        return LoginForm(username, email, force=stops, stops=stops)
    # Before 1.20 the name is ignored, and any login stops the sitemaster.
    return LoginForm("", None, force=firmware >= FORCED_LOGIN, stops=True)


def mode_keys(firmware: Firmware | None) -> tuple[str, ...]:
    """The names under which the mode is written: `real_mode` came with 1.20, and 1.21 answers a
    bare `mode` with a 500."""
    if firmware is not None and firmware < NAMED_LOGIN:
        return ("mode", "real_mode")
    return ("real_mode",)


def commits_needed(firmware: Firmware | None) -> int:
    """2 on 1.43.x, where each commit applies the setting sent the time before."""
    return 2 if firmware is not None and firmware[:2] == (1, 43) else 1


def reads_are_open(firmware: Firmware | None) -> bool:
    """Whether charge, grid and sitemaster can be read without a session."""
    return firmware is not None and firmware < CLOSED_READS


# A reserve of 81 to 99 is set down to 80 since July 2025 (Netzero's notes, evcc #22743); only v1r
# was seen to keep one (pypowerwall #304). Nobody has measured it on firmware this old, so it is
# not relied on.
KEPT: Final = Reserves(((0.0, 80.0), (100.0, 100.0)))


@lru_cache
def limits_of(firmware: Firmware | None, *, username: str) -> Limits:
    """What a firmware allows a login, before it has refused anything."""
    why_not = _why_not(firmware, username)
    modes = set(Mode)
    if firmware is not None and firmware < NAMED_LOGIN:
        modes.discard(Mode.AUTONOMOUS)
    return Limits(
        modes=frozenset(modes),
        reserves=KEPT,
        login_stops=login_form(firmware, username=username, email="").stops,
        shows_pending=True,
        can_write=why_not is None,
        why_not=why_not,
    )


def limits_unasked(username: str) -> Limits:
    """The limits before the gateway was asked for its firmware; on the safe side."""
    return Limits(reserves=KEPT, login_stops=username not in READ_ONLY_ROLES, shows_pending=True)


def _why_not(firmware: Firmware | None, username: str) -> str | None:
    if firmware is None:
        return (
            "The gateway does not tell its firmware, as a Powerwall 3 does not; its local API can "
            f"be read at most. {WAY_OUT}"
        )
    shown = ".".join(str(part) for part in firmware)
    if firmware >= SWITCH_LOGIN:
        return (
            f"Firmware {shown} does not let mode and reserve be written over the local API: since "
            "1.50 (October 2020) the installer login needs a hand on a Powerwall switch, and the "
            f"customer login may only read. {WAY_OUT}"
        )
    if firmware >= NAMED_LOGIN and username in READ_ONLY_ROLES:
        return (
            f"The {username} login may read mode and reserve but not write them. On firmware "
            f"{shown} the installer login can: set TOU_GATEWAY_USERNAME=installer and its "
            "password."
        )
    return None
