"""The switches that make a simulated gateway late, lying or refusing.

Set as attributes (`faults.busy = 3`) or as text (`Faults.parse("busy:3", "slow:0.2")`). A count
is how many times the fault strikes, ALWAYS for ever, 0 never.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Final

ALWAYS: Final = -1


@dataclass
class Faults:
    """What is wrong with this gateway; everything is off at first."""

    # The door.
    refuse: bool = False
    """Connections are refused."""
    silent: bool = False
    """Connections are accepted, and nothing is ever said."""
    stranger: int = 0
    """A handshake meets another certificate, and the next one the usual again."""
    plain_closed: bool = False
    """Plain HTTP gets no 301, only a closed connection."""
    new_certificate: bool = False
    """The next connection meets another certificate."""

    # Any answer.
    slow: float = 0.0
    """Seconds before each answer."""
    drop: int = 0
    """The connection breaks in the middle of the body."""
    busy: int = 0
    """503 current config mode is busy, on anything but a login."""
    bad_gateway: int = 0
    """502 with an empty body on the five data endpoints."""
    limited: dict[str, int] = field(default_factory=dict)
    """429 on a path such as operation, so many times."""
    retry_after: float | None = None
    """Seconds of a Retry-After header beside each 429 and 503."""
    hang: dict[str, int] = field(default_factory=dict)
    """A request to this path takes effect, and is never answered."""
    drip: int = 0
    """The body comes a byte in a second."""
    endless: int = 0
    """The body of a GET never ends."""
    huge: int = 0
    """The body of a GET is 3 MB long."""
    deep: int = 0
    """The body of a GET is 100,000 lists in one another."""
    garbage: int = 0
    """The body of a GET is no JSON and no text."""
    blank: int = 0
    """The body of a GET is empty."""
    packed: int = 0
    """The body of a GET is packed twice, and unpacks to 50 MB."""
    error_body: int = 0
    """A GET answers 200 with an error in its body."""
    missing: dict[str, int] = field(default_factory=dict)
    """404 on a path such as meters/aggregates, so many times."""
    answer_lost: dict[str, int] = field(default_factory=dict)
    """A request to this path takes effect, and the connection breaks before the answer."""
    reboot: dict[str, int] = field(default_factory=dict)
    """A request to this path takes effect, and the gateway restarts before the answer."""
    upgrade: dict[str, int] = field(default_factory=dict)
    """The same, and another firmware comes back."""
    null: dict[str, int] = field(default_factory=dict)
    """This key is null in answers to GET."""
    without: dict[str, int] = field(default_factory=dict)
    """This key is missing from answers to GET."""
    typed: dict[str, int] = field(default_factory=dict)
    """This key is of another type in answers to GET: a text a number, all else a text."""
    extra_keys: bool = False
    """Answers to GET carry a key that nobody knows."""
    json_type: bool = False
    """Content type application/json on every answer, whatever the firmware."""
    text_type: bool = False
    """Content type text/plain on every answer, whatever the firmware."""

    # Sessions.
    too_many: int = 0
    """429 on a login."""
    login_limit: int | None = None
    """Logins within ten minutes before 429, in place of the profile's own."""
    kill_tokens: int = 0
    """A request that shows a live session finds all sessions gone."""
    token_life: float | None = None
    """Seconds a session lives."""
    dead_token: int | None = None
    """401 or 403 for a dead session, in place of the profile's own."""
    reads_forbidden: bool = False
    """Logins succeed, and every session is then refused."""
    password_reverted: bool = False
    """The right password is a wrong one."""
    default_password: bool = False
    """The customer's password is refused as the factory's own."""
    login_lost: int = 0
    """A login takes effect, and the connection breaks before the answer."""

    # Settings and the sitemaster.
    shows_active: bool = False
    """GET operation shows the setting in force and not the one sent."""
    noise: bool = False
    """The reserve carries float noise, such as 5.000019999999999."""
    commit_lost: int = 0
    """A commit is answered and does nothing."""
    commit_lag: bool = False
    """Each commit applies the setting sent the time before, as on 1.43.3."""
    snapped: bool = False
    """A reserve of 81 to 99 app percent becomes 80, as some firmware of 2025 does."""
    old_mode: int = 0
    """A write is answered, and its mode is dropped: the reserve alone is taken."""
    stops_after: float | None = None
    """Seconds after a commit at which the sitemaster stops by itself, once."""
    stays_down: int = 0
    """A run is accepted and does nothing."""
    stop_refused: bool = False
    """500 Cannot Start Wizard."""
    can_reboot: str = "Yes"
    """The reason the gateway gives against a stop, such as Power flow is too high."""

    # The world around it.
    clock_offset: float = 0.0
    """Seconds by which its clock is ahead."""
    clock_drift: float = 0.0
    """Seconds its clock gains in each second."""
    zone_offset: float = 0.0
    """Hours by which its stamps miss the site's zone."""
    frozen_meters: bool = False
    """The meters' stamps stand still."""
    islanded: bool = False
    """The grid is away."""

    changed: Callable[[], None] | None = field(default=None, repr=False, compare=False)
    """Called when `refuse` changes, so that the door is shut at once; the server's own."""

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        listener = self.__dict__.get("changed")
        if name == "refuse" and listener is not None:
            listener()

    @classmethod
    def parse(cls, *texts: str) -> Faults:
        """Faults from texts such as busy:3, slow:0.2, refuse, missing:status:2. Raises ValueError
        with the way out."""
        faults = cls()
        for text in texts:
            faults.set(text)
        return faults

    def set(self, text: str) -> None:
        """Switch one fault on. Raises ValueError with the way out."""
        name, _, value = text.strip().partition(":")
        kinds = fault_kinds()
        if name not in kinds:
            raise ValueError(_unknown(name, kinds))
        try:
            setattr(self, name, self._read(name, kinds[name], value))
        except ValueError as error:
            raise ValueError(f'"{text}" is not a fault. Write {_EXAMPLES[kinds[name]]}.') from error

    def take(self, name: str) -> bool:
        """Whether a counted fault strikes now; it is then used up by one."""
        left = int(getattr(self, name))
        if left > 0:
            setattr(self, name, left - 1)
        return left != 0

    def take_switch(self, name: str) -> bool:
        """Whether a switch is on; it is then turned off."""
        on = bool(getattr(self, name))
        if on:
            setattr(self, name, False)
        return on

    def take_at(self, name: str, key: str) -> bool:
        """Whether a fault that belongs to a path or a key strikes now."""
        table: dict[str, int] = getattr(self, name)
        left = table.get(key, 0)
        if left > 0:
            table[key] = left - 1
        return left != 0

    def _read(self, name: str, kind: str, value: str) -> object:
        if kind == "switch":
            return _switch(value)
        if kind == "count":
            return int(value) if value else ALWAYS
        if kind == "number":
            return float(value)
        if kind == "whole":
            return int(value)
        if kind == "text":
            return value
        key, _, count = value.partition(":")
        if not key:
            raise ValueError("a key is missing")
        table: dict[str, int] = getattr(self, name)
        return {**table, key: int(count) if count else _FOREVER_OR_ONCE.get(name, ALWAYS)}


# A restart strikes once, or the gateway would never be back.
_FOREVER_OR_ONCE: Final = {"reboot": 1, "upgrade": 1, "answer_lost": 1, "hang": 1}

_KINDS: Final = {
    "bool": "switch",
    "int": "count",
    "float": "number",
    "float | None": "number",
    "int | None": "whole",
    "str": "text",
    "dict[str, int]": "keyed",
}
_EXAMPLES: Final = {
    "switch": "its name alone, such as refuse",
    "count": "its name, or its name and how often, such as busy:3",
    "number": "its name and a number, such as slow:0.2",
    "whole": "its name and a whole number, such as login_limit:5",
    "text": "its name and a text, such as can_reboot:Backup Mode",
    "keyed": "its name, a path or key, and perhaps how often, such as missing:status:2",
}


def fault_kinds() -> dict[str, str]:
    """Every fault that can be set by text: its name, and switch, count, number, whole, text or
    keyed."""
    return {each.name: _KINDS[str(each.type)] for each in fields(Faults) if each.name != "changed"}


def _switch(value: str) -> bool:
    if value not in ("", "on", "off"):
        raise ValueError("not a switch")
    return value != "off"


def _unknown(name: str, kinds: dict[str, str]) -> str:
    near = difflib.get_close_matches(name, kinds, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(kinds)}."
    return f'No fault is called "{name}". {hint}'
