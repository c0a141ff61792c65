"""The switches that make a simulated gateway late, lying or refusing.

Set as attributes (`faults.busy = 3`) or as text (`Faults.parse("busy:3", "slow:0.2")`). A count
is how many times the fault strikes, ALWAYS for ever, 0 never.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from scheduler.simulated.odd import OddBodies
from scheduler.simulated.switches import ALWAYS

__all__ = ["ALWAYS", "Faults"]


@dataclass
class Faults(OddBodies):
    """What is wrong with this gateway; everything is off at first."""

    # The door.
    silent: bool = False
    """Connections are accepted, and nothing is ever said."""
    stranger: int = 0
    """A handshake meets another certificate, and the next one the usual again."""
    plain_closed: bool = False
    """Plain HTTP gets no 301, only a closed connection."""
    new_certificate: bool = False
    """The next connection meets another certificate."""

    # Any answer.
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
    garbage: int = 0
    """The body of a GET is no JSON and no text."""
    blank: int = 0
    """The body of a GET is empty."""
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
