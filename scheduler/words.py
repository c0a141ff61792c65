"""The words of the audit: what woke the controller, what an entry is, how a run ended."""

from __future__ import annotations

from enum import StrEnum


class Wake(StrEnum):
    """Why the controller looked."""

    BOUNDARY = "boundary"
    PULSE = "pulse"
    START = "start"
    RELOAD = "reload"
    RETRY = "retry"
    OVERRIDE = "override"
    OPERATOR = "operator"
    CLOCK_STEP = "clock_step"
    JOB = "job"
    CONFIRM = "confirm"
    """A setting was sent, and it is time to read it back."""
    DRIFT = "drift"
    """The gateway shows another setting than the one confirmed."""


class EntryKind(StrEnum):
    """What one row of the audit is."""

    INTENT = "intent"
    """What a run is about to do; written before its first request."""
    STEP = "step"
    """One request of a run, as it ended."""
    OUTCOME = "outcome"
    """How a run ended; alone where nothing was attempted."""
    EVENT = "event"
    """Something that is no run: start, stop, reload, trust, clock."""
    EVIDENCE = "evidence"
    """What is known of a run beside its requests: accepted, a later reading, the effect."""


class Outcome(StrEnum):
    """How a run ended; the meanings are in docs/audit.md."""

    ACCEPTED = "accepted"
    """Sent, and waiting to be confirmed; only while a run is open."""
    CONFIRMED = "confirmed"
    UNCHANGED = "unchanged"
    UNCONFIRMED = "unconfirmed"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    DEFERRED = "deferred"
    SUPERSEDED = "superseded"
    INTERRUPTED = "interrupted"
    MISSED = "missed"
    COMPLETED = "completed"
    FAILED = "failed"
    DRY_RUN = "dry_run"
