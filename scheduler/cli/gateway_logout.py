"""`tou gateway logout`: end the session that is kept with a gateway, there and here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import click

from scheduler import settings
from scheduler.audit.intent import Ended
from scheduler.audit.recorder import Run
from scheduler.cli.gateway_at_hand import on_record
from scheduler.cli.show import echo_json, format_option
from scheduler.errors import SchedulerError
from scheduler.gateway.abilities import SignedIn, ability
from scheduler.gateway.base import Gateway
from scheduler.gateway.registry import instead_of_logout
from scheduler.plain import plain
from scheduler.settings import Settings
from scheduler.words import Outcome

ENDED = "The session was ended there and is forgotten here."
NONE = "There is no session."
STOPS = "The next switch logs in anew, which stops the battery for some seconds."


@dataclass(frozen=True, slots=True)
class Left:
    """What came of it at one gateway."""

    gateway: str
    ended: bool
    told: str


@click.command("logout")
@format_option()
def logout_command(form: str) -> None:
    """End the session that is kept with the gateway, there and here; recorded in the audit.

    The password stays set, so the service logs in anew when it next has to: stop it first, or take
    the password away, where that is not wanted.

    Example: tou gateway logout
    """
    chosen = settings.load()
    found, errors = asyncio.run(_all(chosen))
    if form == "json":
        echo_json({"gateways": plain(found)})
    else:
        for each in found:
            click.echo(f"{each.gateway}: {each.told}")
    if errors:
        raise errors[0]
    if all(instead_of_logout(name) for name in chosen.gateways):
        raise SchedulerError("No session was ended: none is kept.")


async def _all(chosen: Settings) -> tuple[list[Left], list[SchedulerError]]:
    """Each gateway of the line; one that does not answer keeps no other from being left."""
    found: list[Left] = []
    errors: list[SchedulerError] = []
    for name in chosen.gateways:
        if instead := instead_of_logout(name):
            found.append(Left(name, ended=False, told=instead))
            continue
        try:
            found.append(await on_record(chosen, name, "logout", _leave, _told))
        except SchedulerError as error:
            errors.append(error)
    return found, errors


async def _leave(gateway: Gateway, run: Run) -> Left:
    if gateway.unsafe:  # the session may be what it takes to run the battery
        await gateway.make_safe(run)
    signed = ability(gateway, SignedIn)  # type: ignore[type-abstract]
    ended = signed is not None and await signed.log_out(run)
    told = [ENDED if ended else NONE, *([STOPS] if ended and gateway.limits.login_stops else [])]
    return Left(gateway.name, ended, " ".join(told))


def _told(left: Left) -> Ended:
    return Ended(outcome=Outcome.COMPLETED, note=left.told)
