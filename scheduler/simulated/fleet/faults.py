"""The switches that make a simulated cloud late, lying or refusing."""

from __future__ import annotations

from dataclasses import dataclass, field

from scheduler.simulated.odd import OddBodies


@dataclass
class FleetFaults(OddBodies):
    """What is wrong with this cloud; everything is off at first, but `snapped`, which is usual."""

    # Any answer.
    fails: dict[str, int] = field(default_factory=dict)
    """A status such as 503, or operation/408, or token/500, in place of the answer."""
    pages: dict[str, int] = field(default_factory=dict)
    """The same with a page of HTML, as of a network that wants a sign-in: 403, or token/403."""
    retry_after: float | None = None
    """Seconds of a Retry-After header beside each 429 and 503."""
    retry_in_body: float | None = None
    """Seconds that a 429 or 503 tells in its words alone."""
    empty_401: bool = False
    """A 401 has no body."""
    answer_lost: dict[str, int] = field(default_factory=dict)
    """A request to this endpoint takes effect, and the connection breaks before the answer."""
    drop: int = 0
    """The connection breaks in the middle of the body."""
    garbage: int = 0
    """An answer to GET is no JSON."""
    null_response: int = 0
    """An answer to GET has null in place of its response."""
    without: dict[str, int] = field(default_factory=dict)
    """This key is missing from answers to GET."""
    null: dict[str, int] = field(default_factory=dict)
    """This key is null in answers to GET."""
    typed: dict[str, int] = field(default_factory=dict)
    """This key is of another type in answers to GET."""
    month: int | None = None
    """Calls that may still be made before 402."""

    # Commands.
    shape: str = "code"
    """How a command is acknowledged: code, Code, result, text, null, or empty (204)."""
    ignored: dict[str, int] = field(default_factory=dict)
    """A command to this endpoint is acknowledged and changes nothing."""
    unwilling: dict[str, int] = field(default_factory=dict)
    """200 with result, code or error (the key) in its body that says no."""
    lag: float = 0.0
    """Seconds from a command to its being in force."""
    stale: float = 0.0
    """Seconds by which site_info lags behind what is in force."""
    snapped: bool = True
    """A reserve of 81 to 99 becomes 80."""
    rival: float | None = None
    """Seconds after which another controller puts back what was before."""
    no_rate_plan: bool = False
    """410 on autonomous."""
    fixed: dict[str, int] = field(default_factory=dict)
    """grid_charging or energy_exports: the owner may not change it, and a command does nothing."""

    # The sign-in.
    token_life: float | None = None
    """Seconds an access token lives."""
    kill_tokens: int = 0
    """401 although the access token is alive."""
    signed_out: bool = False
    """Every refresh token is refused."""
    refresh_lost: int = 0
    """A refresh takes effect, and the connection breaks before the answer."""
    no_commands: bool = False
    """403: the right to send commands was not given."""
    other_region: bool = False
    """421 on every call but the question for the region."""
    unregistered: bool = False
    """412 on every call until a domain is registered."""
    foreign_origin: bool = False
    """412 on the registration."""
    no_key: bool = False
    """424 on the registration: the public key is not to be fetched."""
    taken: bool = False
    """422 on the registration: it has already been taken."""
    unticked: bool = False
    """The person gives every right but the one to send commands."""

    # The house.
    never_grid: bool = False
    """Grid charging and export never appear."""
    calibrating: bool = False
    """A charge of 0 and no power, on the grid."""
    storm: bool = False
    """Storm Watch is active."""
    grid_services: bool = False
    """An event of the grid's operator is active."""
    islanded: bool = False
    """The grid is away."""
    old_live: float = 0.0
    """Seconds by which live_status is old."""
