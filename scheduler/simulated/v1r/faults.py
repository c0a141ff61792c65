"""What can be wrong with a gateway behind the signed door."""

from __future__ import annotations

from dataclasses import dataclass, field

from scheduler.simulated.odd import OddBodies


@dataclass
class V1rFaults(OddBodies):
    """Everything is off at first."""

    # The door.
    busy: int = 0
    """503 on any request."""
    limited: int = 0
    """429 on any request."""
    retry_after: float | None = None
    """Seconds of a Retry-After header beside each 429 and 503."""
    moved: int = 0
    """307 to another address."""
    drop: int = 0
    """The connection breaks in the middle of the answer."""
    garbage: int = 0
    """A signed request is answered with what is no message."""

    # Logins.
    password_reverted: bool = False
    """The right password is a wrong one."""
    kill_tokens: int = 0
    """A request that shows a token finds it dead."""

    # Signed requests.
    signed: dict[str, int] = field(default_factory=dict)
    """A signed request is answered with this fault, such as BUSY, so many times."""
    clock_offset: float = 0.0
    """Seconds by which its clock is ahead."""
    no_date: bool = False
    """No Date header tells its clock."""

    # The configuration.
    lock_conflict: int = 0
    """Somebody else changes the file between a read and its update."""
    put_back: float | None = None
    """Seconds after an update at which another program puts the old setting back, once."""
    no_effect: bool = False
    """The file takes an update, and the battery does not."""
    update_ignored: int = 0
    """An update is acknowledged and nothing is stored."""
    answer_lost: int = 0
    """An update takes effect, and the connection breaks before the answer."""
    no_file: int = 0
    """A read of the file is answered with an error."""
    half_file: int = 0
    """A read of the file gives an empty object."""
    without: dict[str, int] = field(default_factory=dict)
    """This key is missing from the file, so many times."""

    # The timed set-point.
    set_point_unknown: bool = False
    """The firmware does not know the command."""
    set_point_ignored: bool = False
    """It is acknowledged, and the battery goes on as before."""

    missing: dict[str, int] = field(default_factory=dict)
    """404 on a plain read such as meters/aggregates, so many times."""
    islanded: bool = False
    """The grid is away."""
    updating: bool = False
    """A firmware update is being put in."""
