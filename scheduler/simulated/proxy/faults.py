"""The switches that make a simulated proxy late, lying or refusing."""

from __future__ import annotations

from dataclasses import dataclass, field

from scheduler.simulated.odd import OddBodies


@dataclass
class ProxyFaults(OddBodies):
    """What is wrong with this proxy; everything is off at first."""

    fails: dict[str, int] = field(default_factory=dict)
    """A status such as 503 in place of the answer."""
    garbage: int = 0
    """An answer to GET is a page of HTML."""
    answer_lost: dict[str, int] = field(default_factory=dict)
    """A write to this path takes effect, and the connection breaks before the answer."""
    disabled: bool = False
    """No secret is set there, so nothing may be written or read under /control."""
    unreadable: int = 0
    """What stands behind it does not answer: a GET shows what then stands for nothing."""
    not_taken: int = 0
    """A write is refused behind it: 200 with a null result."""
    ignored: int = 0
    """A write is answered well and changes nothing."""
    old: float = 0.0
    """Seconds for which an answer shows what was before a write."""
    stale: bool = False
    """A server lost what stands behind it, and says so."""
    snapped: bool = False
    """A reserve of 81 to 99 becomes 80."""
