"""`tou gateway info`: what the gateway is and allows, without a login or on the record."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from pydantic import SecretStr

from scheduler import settings
from scheduler.audit.log import Log
from scheduler.cli.show import SIMULATION, echo_json, format_option
from scheduler.errors import (
    GatewayError,
    GatewayProtocolError,
    GatewayRefusedError,
    SchedulerError,
)
from scheduler.gateway.base import Capabilities, Glance, Identity, Step, Steps
from scheduler.host.instance import Presence
from scheduler.host.sites import open_audit, open_gateway, read_schedule, turn_file
from scheduler.setting import setting_words
from scheduler.settings import Settings
from scheduler.site.recorder import Recorder, Run
from scheduler.site.switch import observed_detail, outcome_of
from scheduler.site.turn import Turn
from scheduler.words import Outcome, Wake

if TYPE_CHECKING:
    from scheduler.gateway.local.old import OldLocal as LocalGateway


@dataclass(frozen=True, slots=True)
class Info:
    """All that was found out."""

    gateway: str
    simulated: bool
    identity: Identity | None
    capabilities: Capabilities
    glance: Glance
    owes_restart: bool


class _Unkept:
    """A look that changes nothing leaves no entry."""

    async def ended(self, step: Step) -> None:
        """Forget it."""

    async def settled(self) -> None:
        """Nothing is pending."""


@click.command("info")
@click.option(
    "--login",
    is_flag=True,
    help="Log in where there is no session; up to firmware 1.49 this stops the battery for "
    "seconds, until the sitemaster is seen running again. Recorded in the audit.",
)
@format_option()
def info_command(login: bool, form: str) -> None:
    """Show what answers: firmware, what it allows, its session, charge and setting.

    Without --login nothing is sent that needs one, and the battery is not disturbed.

    Example: tou gateway info --format json
    """
    chosen = settings.load()
    found = asyncio.run(_on_record(chosen) if login else _in_passing(chosen))
    if form == "json":
        echo_json(_as_json(found))
        return
    if found.simulated:
        click.echo(SIMULATION)
    click.echo(_text(found))


async def _in_passing(chosen: Settings) -> Info:
    if chosen.gateway_password is None:
        # Nothing is sent that needs it.
        chosen = chosen.model_copy(update={"gateway_password": SecretStr("")})
    async with open_gateway(chosen, _timezone(chosen)) as (gateway, _):
        return await _ask(gateway, _Unkept())


def _timezone(chosen: Settings) -> str:
    """Where a simulation stands; a broken schedule is no reason not to look at the gateway."""
    try:
        return read_schedule(chosen).schedule.timezone
    except SchedulerError:
        return "UTC"


async def _on_record(chosen: Settings) -> Info:
    """With a login: the intent first, the sitemaster seen running last."""
    with closing(open_audit(chosen)) as database, closing(_Present(chosen)):
        recorder = Recorder(Log(database, chosen.site))
        try:
            async with open_gateway(chosen, _timezone(chosen)) as (gateway, _):
                return await _recorded(recorder, gateway, Turn(turn_file(chosen)))
        finally:
            recorder.close()


class _Present:
    """Says beside the database that a process acts, until it is closed."""

    def __init__(self, chosen: Settings) -> None:
        self._presence = Presence(chosen.database_path)
        self._presence.settle()

    def close(self) -> None:
        self._presence.leave()


async def _recorded(recorder: Recorder, gateway: LocalGateway, turn: Turn) -> Info:
    detail = {"gateway": gateway.name, "planned_at": None, "attempt": 1, "wanted": None}
    async with turn:
        run = await recorder.begin(
            kind="info", name="gateway info", wake=Wake.OPERATOR, detail=detail
        )
        try:
            found = await _log_in_and_ask(gateway, run)
        except GatewayError as error:
            await run.end(outcome_of(error), {"observed": None, "error": str(error)})
            raise
        seen = observed_detail(found.glance.observed)
        await run.end(Outcome.COMPLETED, {"observed": seen, "error": None})
    return found


async def _log_in_and_ask(gateway: LocalGateway, run: Run) -> Info:
    if gateway.owes_restart:
        await gateway.restore(run)
    await gateway.observe(run)
    found = await _ask(gateway, run)
    if found.glance.running is not True or gateway.owes_restart:
        await gateway.restore(run)
        found = await _ask(gateway, run)
    return found


async def _ask(gateway: LocalGateway, steps: Steps) -> Info:
    capabilities = await gateway.capabilities(steps)
    try:
        identity = await gateway.identify(steps)
    except (GatewayProtocolError, GatewayRefusedError):
        # Powerwall 3 does not tell; what that means stands in the capabilities.
        identity = None
    return Info(
        gateway=gateway.name,
        simulated=gateway.simulated,
        identity=identity,
        capabilities=capabilities,
        glance=await gateway.glance(steps),
        owes_restart=gateway.owes_restart,
    )


def _as_json(found: Info) -> dict[str, Any]:
    identity, allowed, glance = found.identity, found.capabilities, found.glance
    return {
        "gateway": found.gateway,
        "simulated": found.simulated,
        "version": identity.version if identity else None,
        "git_hash": identity.git_hash if identity else None,
        "uptime_seconds": identity.uptime_seconds if identity else None,
        "can_write": allowed.can_write,
        "why_not": allowed.why_not,
        "login_stops": allowed.login_stops,
        "commits": allowed.commits,
        "session": glance.session,
        "sitemaster_running": glance.running,
        "owes_restart": found.owes_restart,
        "charge_percent": None if glance.charge is None else round(glance.charge, 2),
        "setting": observed_detail(glance.observed),
    }


def _text(found: Info) -> str:
    allowed = found.capabilities
    lines = [
        ("gateway", found.gateway),
        ("firmware", _firmware(found.identity)),
        ("can be written", "yes" if allowed.can_write else f"no. {allowed.why_not}"),
        ("a login", "stops the battery for some seconds" if allowed.login_stops else "is harmless"),
        ("session", _session(found.glance)),
        ("sitemaster", _running(found)),
        ("charge", _charge(found.glance)),
        ("setting", _setting(found.glance)),
    ]
    return "\n".join(f"{label:<16}{text}" for label, text in lines)


def _firmware(identity: Identity | None) -> str:
    if identity is None:
        return "not told"
    if identity.uptime_seconds is None:
        return identity.version
    hours, seconds = divmod(int(identity.uptime_seconds), 3600)
    return f"{identity.version}, up for {hours} h {seconds // 60} min"


def _session(glance: Glance) -> str:
    if glance.session:
        return "one that works is at hand"
    return "none that works; --login makes one"


def _running(found: Info) -> str:
    words = {True: "running", False: "DOWN: the battery stands still", None: "not told"}
    text = words[found.glance.running]
    if found.owes_restart:
        text += "; not seen running since our last login, which the next apply mends"
    return text


def _charge(glance: Glance) -> str:
    return "not told without a session" if glance.charge is None else f"{glance.charge:.1f} %"


def _setting(glance: Glance) -> str:
    seen = observed_detail(glance.observed)
    if seen is None:
        return "not told without a session"
    return f"{setting_words(seen)} (raw {seen['raw_reserve']:g})"
