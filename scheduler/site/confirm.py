"""A setting that was sent, until it is read back equal or its time is over.

It waits over as many wakes as that takes, and over a restart; nobody sleeps for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scheduler.audit.chain import Json
from scheduler.errors import GatewayError, NotConfirmedError
from scheduler.gateway.base import Limits
from scheduler.setting import Setting, SettingRead
from scheduler.site.apply import Attempt, unverified
from scheduler.words import Outcome

# Between two read-backs, where a transport names no steps of its own.
LEAST_PAUSE = 0.05


@dataclass(slots=True)
class Sent:
    """A setting on its way."""

    setting: Setting
    at: float
    """Monotonic seconds at which it was sent."""
    note: str | None = None
    more: Mapping[str, Json] = field(default_factory=dict)
    reads: int = 0
    observed: SettingRead | None = None
    error: GatewayError | None = None
    not_before: float = 0.0
    """Monotonic seconds before which the gateway asked not to be read."""
    kept: bool = False
    """Whether the audit knows that it was sent."""

    def until(self, limits: Limits) -> float:
        """Monotonic seconds until which it must be read back equal."""
        return self.at + limits.confirm_within

    def due(self, limits: Limits) -> float:
        """Monotonic seconds of the next read-back."""
        soon = max(self.at + _step(limits.confirm_after, self.reads), self.not_before)
        return min(soon, max(self.until(limits), self.at + _step(limits.confirm_after, 0)))

    def saw(self, observed: SettingRead | None, error: GatewayError | None, now: float) -> None:
        """Take the answer of a read-back."""
        self.reads += 1
        self.error = error
        if error is None:
            self.observed = observed
        self.not_before = now + ((error.retry_after if error else None) or 0.0)


def _step(after: tuple[float, ...], number: int) -> float:
    """When the read-back of this number is due, counted from 0; the last pause is repeated."""
    steps = after or (0.0,)
    if number < len(steps):
        return steps[number]
    pause = steps[-1] - steps[-2] if len(steps) > 1 else 1.0
    return steps[-1] + max(pause, LEAST_PAUSE) * (number - len(steps) + 1)


def verdict(sent: Sent, limits: Limits, now: float, *, halted: Outcome | None) -> Attempt | None:
    """How the run ends after the newest read-back; None while it goes on waiting. `halted` is
    the outcome to end with where it is not confirmed."""
    seen, tolerance = sent.observed, limits.reserve_tolerance
    if seen is not None and sent.error is None and seen.shows(sent.setting, tolerance):
        return _ended(sent, Outcome.CONFIRMED)
    if halted is not None:
        return _ended(sent, halted)
    if now < sent.until(limits):
        return None
    if seen is not None and sent.error is None and not seen.differing(sent.setting, tolerance):
        return _ended(sent, Outcome.UNCONFIRMED, note=unverified(sent.setting, seen))
    return _ended(sent, Outcome.UNCONFIRMED, error=_not_confirmed(sent))


def waiting(sent: Sent) -> Attempt:
    """The attempt as it stands while it waits."""
    return _ended(sent, Outcome.ACCEPTED)


def _ended(
    sent: Sent, outcome: Outcome, *, error: GatewayError | None = None, note: str | None = None
) -> Attempt:
    return Attempt(
        outcome,
        sent.setting,
        sent.observed,
        error or (sent.error if outcome is not Outcome.CONFIRMED else None),
        note=note or sent.note,
        wrote=True,
        more=sent.more,
    )


def _not_confirmed(sent: Sent) -> NotConfirmedError:
    if sent.error is not None:
        return NotConfirmedError(
            f"The write was accepted, but it cannot be read back: {sent.error}"
        )
    seen = sent.observed
    if seen is None:
        return NotConfirmedError("The write was accepted, but the gateway shows nothing of it.")
    return NotConfirmedError(f"The write was accepted, but the gateway shows {seen.words()}.")


def kept(sent: Sent) -> dict[str, Json]:
    """What the audit keeps beside a setting on its way, for a process that takes it up again."""
    return {
        **({"note": sent.note} if sent.note else {}),
        **(sent.more),
    }
