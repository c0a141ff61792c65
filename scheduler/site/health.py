"""What a person must know of a site, as reasons: each with an id, since when, and how bad it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from scheduler import plan
from scheduler.errors import BudgetSpentError, GatewayIdentityError
from scheduler.gateway.abilities import Clocked, ability
from scheduler.site.controller import Controller
from scheduler.site.state import Reason
from scheduler.site.wish import Wish
from scheduler.site.witness import TIMES
from scheduler.words import Outcome

# What a setting may take beyond its own time to be confirmed before it is overdue: the first
# attempts of the back-off, on a gateway that answers in seconds.
GRACE: Final = timedelta(seconds=60)
# A gateway without a time service drifts by minutes; less than this harms nobody.
CLOCKS_APART: Final = 180.0
_WORST: Final = ("failing", "attention", "waiting", "good")


def reasons(controller: Controller, now: datetime) -> tuple[Reason, ...]:
    """All that speaks against "good", worst first."""
    found = [*_held(controller, now), *_battery(controller), *_gateway(controller, now)]
    found += [
        *controller.drift.reasons(now),
        *_in_the_way(controller),
        *_effect(controller),
        *_clock(controller),
    ]
    if controller.wish is not None:
        found += _wish(controller, controller.wish, now)
    return worst_first(found)


def worst_first(found: list[Reason]) -> tuple[Reason, ...]:
    """In the order in which a person should read them."""
    return tuple(sorted(found, key=lambda reason: _WORST.index(reason.word)))


def _held(controller: Controller, now: datetime) -> Iterator[Reason]:
    trust = controller.trust
    if pause := plan.pause_at(controller.leases, now):
        yield Reason("lease", f"Nothing is done: {controller.paused(now)}.", pause.begun, "waiting")
    if trust.held:
        yield Reason("clock", f"Nothing is done while {trust.held}.", trust.held_since, "failing")
    if controller.installing:
        yield Reason("installing", "A firmware update is being installed.", None, "waiting")


def _in_the_way(controller: Controller) -> Iterator[Reason]:
    """Conditions that are told beside the setting: it waits for them, or has no effect."""
    wish = controller.wish
    for each in controller.guards.in_force:
        if each.guard.name == "clock":
            continue
        waits = each.defers and (wish is None or not wish.done)
        what = f"Nothing is done while {each.text}."
        if not waits:
            what = f"What is set may not be in effect, because {each.text}."
        yield Reason(each.guard.name, what, each.since, "waiting")


def _effect(controller: Controller) -> Iterator[Reason]:
    """A setting that is confirmed and that the meters do not show."""
    witness, wish = controller.witness, controller.wish
    if not witness.not_seen or witness.last is None or wish is None:
        return
    again = witness.not_seen < TIMES
    what = "It is written again." if again else "Look at the battery, or call its installer."
    text = f"{wish.setting.words()} is read back, but has no effect: {witness.last.why}. {what}"
    yield Reason("no_effect", text, witness.since, "waiting" if again else "failing")


def _battery(controller: Controller) -> Iterator[Reason]:
    read = controller.known.read
    if read is not None and read.running is False:
        text = "The battery stands still; it is being brought back."
        yield Reason("stopped", text, controller.debt.since or read.at, "failing")
    elif controller.debt.owed:
        text = f"The battery may stand still: {controller.debt.owed.rstrip('.')}."
        yield Reason("unsafe", text, controller.debt.since, "failing")


def _gateway(controller: Controller, now: datetime) -> Iterator[Reason]:
    known, error = controller.known, controller.known.error
    if isinstance(error, GatewayIdentityError):
        yield Reason("certificate", str(error), known.since, "failing")
    elif known.reachable is False:
        yield Reason("gateway_lost", f"The gateway does not answer: {error}", known.since)
    elif isinstance(error, BudgetSpentError):
        yield Reason("budget", str(error), known.since)
    elif _unread(controller, now):
        # It answers, and says nothing that could be used: what was proven may be so no longer.
        text = f"What is in force cannot be read from the gateway: {error}"
        yield Reason("unread", text, known.unread_since)
    for text in getattr(controller.gateway, "concerns", ()):
        yield Reason("gateway_soon", text, None)


def _unread(controller: Controller, now: datetime) -> bool:
    """Whether nothing was read for a while; a refusal of the wish is told as what it is."""
    known, wish = controller.known, controller.wish
    refused = wish and wish.last and wish.last.outcome is Outcome.REFUSED
    if known.error is None or known.unread_since is None or refused:
        return False
    return now - known.unread_since >= GRACE


def _clock(controller: Controller) -> Iterator[Reason]:
    """A gateway whose clock is another one: told, and not obeyed."""
    clocked = ability(controller.gateway, Clocked)  # type: ignore[type-abstract]
    ahead = clocked.clock_ahead if clocked else None
    if ahead is None or abs(ahead) < CLOCKS_APART or controller.trust.held:
        return
    way = "ahead of" if ahead > 0 else "behind"
    text = f"The gateway's clock is {abs(ahead) / 60:.0f} min {way} ours; ours is gone by."
    yield Reason("gateway_clock", text, None, "attention")


def _wish(controller: Controller, wish: Wish, now: datetime) -> Iterator[Reason]:
    last, since = wish.last, wish.lacking_since
    if last is not None and last.outcome is Outcome.REFUSED:
        yield Reason("refused", f"The gateway refuses: {last.error}", since, "failing")
    if since is None or (last is not None and wish.done) or controller.paused(now):
        return
    if last is not None and wish.deferred:
        yield Reason("deferred", f"{wish.setting.words()} waits: {last.note}.", since, "waiting")
        return
    if wish.unverified and last is not None:
        yield Reason("unverified", f"{wish.setting.words()}: {last.note}.", since)
    elif now - since > timedelta(seconds=controller.gateway.limits.confirm_within) + GRACE:
        said = f" Last attempt: {last.error or last.note or last.outcome.value}" if last else ""
        text = f"{wish.setting.words()} is wanted and not known to be in force.{said}"
        yield Reason("overdue", text, since, "failing")
    elif last is not None and last.outcome is not Outcome.REFUSED:
        yield Reason("trying", f"{wish.setting.words()} is being put in force.", since, "waiting")
