"""`tou gateway info`: what the gateway is and allows, without a login or on the record."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from scheduler import settings
from scheduler.audit.intent import Ended
from scheduler.audit.recorder import Run
from scheduler.cli.gateway_at_hand import on_record, opened
from scheduler.cli.gateway_details import lines, shown
from scheduler.cli.show import SIMULATION, echo_json, format_option
from scheduler.errors import (
    GatewayProtocolError,
    GatewayRefusedError,
)
from scheduler.gateway.abilities import Described, FirmwareUpdates, Identity, ability
from scheduler.gateway.base import Gateway, Limits, Part, Reading, Spend, Steps
from scheduler.gateway.careful import Unkept
from scheduler.gateway.local.firmware import commits_needed, parse_version
from scheduler.setting import to_raw
from scheduler.settings import Settings
from scheduler.words import Outcome

_SHOWN = frozenset({Part.SETTING, Part.CHARGE, Part.HEALTH})


@dataclass(frozen=True, slots=True)
class Info:
    gateway: str
    simulated: bool
    identity: Identity | None
    limits: Limits
    reading: Reading
    unsafe: str | None
    details: Mapping[str, object] | None = None
    """Every other read, by its path; private data in it."""


@click.command("info")
@click.option(
    "--login",
    is_flag=True,
    help="Log in where there is no session; up to firmware 1.49 this stops the battery for "
    "seconds, until the sitemaster is seen running again. Recorded in the audit.",
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Every other read of the gateway as well: meters, powerwalls, site, networks, ...",
)
@click.option(
    "--private",
    is_flag=True,
    help="With --all: show serial numbers, addresses, names and e-mails too.",
)
@format_option()
def info_command(login: bool, everything: bool, private: bool, form: str) -> None:
    """Show what answers: firmware, what it allows, its session, charge and setting.

    Without --login nothing is sent that needs one, and the battery is not disturbed.

    Example: tou gateway info --format json
    """
    if private and not everything:
        raise click.UsageError("--private is for --all.")
    chosen = settings.load()
    found = asyncio.run(
        _on_record(chosen, everything=everything)
        if login
        else _in_passing(chosen, everything=everything)
    )
    details = None
    if found.details is not None:
        details = {path: shown(each, private=private) for path, each in found.details.items()}
    if form == "json":
        echo_json({**_as_json(found), **({"details": details} if details else {})})
        return
    if found.simulated:
        click.echo(SIMULATION)
    click.echo(_text(found))
    if details:
        click.echo("\n".join(lines(details)))


async def _in_passing(chosen: Settings, *, everything: bool) -> Info:
    async with opened(chosen, chosen.gateways[0], password=False) as gateway:
        return await _ask(gateway, Unkept(), spend=Spend.FREE, everything=everything)


async def _on_record(chosen: Settings, *, everything: bool) -> Info:
    """With a login: the sitemaster is seen running last."""
    return await on_record(
        chosen,
        chosen.gateways[0],
        "info",
        lambda gateway, run: _log_in_and_ask(gateway, run, everything=everything),
        lambda found: Ended(outcome=Outcome.COMPLETED, observed=found.reading.setting),
    )


async def _log_in_and_ask(gateway: Gateway, run: Run, *, everything: bool) -> Info:
    if gateway.unsafe:
        await gateway.make_safe(run)
    if not gateway.limits.free_reads:  # each look may be paid for, and one shows all
        return await _ask(gateway, run, spend=Spend.DUE, everything=everything)
    await gateway.read(run, spend=Spend.DUE)
    found = await _ask(gateway, run, spend=Spend.FREE, everything=everything)
    if found.reading.running is not True or gateway.unsafe:
        await gateway.make_safe(run)
        found = await _ask(gateway, run, spend=Spend.FREE, everything=everything)
    return found


async def _ask(gateway: Gateway, steps: Steps, *, spend: Spend, everything: bool) -> Info:
    identity = await _identity(gateway, steps)
    reading = await gateway.read(steps, spend=spend, want=_SHOWN)
    described = ability(gateway, Described) if everything else None  # type: ignore[type-abstract]
    return Info(
        gateway=gateway.name,
        simulated=gateway.simulated,
        identity=identity,
        limits=gateway.limits,
        reading=reading,
        unsafe=gateway.unsafe,
        details=await described.describe(steps) if described else None,
    )


async def _identity(gateway: Gateway, steps: Steps) -> Identity | None:
    updates = ability(gateway, FirmwareUpdates)  # type: ignore[type-abstract]
    try:
        return await updates.identify(steps) if updates else None
    except (GatewayProtocolError, GatewayRefusedError):
        # Powerwall 3 does not tell; what that means stands in the limits.
        return None


def _as_json(found: Info) -> dict[str, Any]:
    identity, allowed, seen = found.identity, found.limits, found.reading
    return {
        "gateway": found.gateway,
        "simulated": found.simulated,
        "version": identity.version if identity else seen.firmware,
        "git_hash": identity.git_hash if identity else None,
        "uptime_seconds": identity.uptime_seconds if identity else None,
        "can_write": allowed.can_write,
        "why_not": allowed.why_not,
        "login_stops": allowed.login_stops,
        "commits": commits_needed(parse_version(identity.version) if identity else None),
        "session": seen.setting is not None,
        "sitemaster_running": seen.running,
        "owes_restart": found.unsafe is not None,
        "charge_percent": None if seen.charge is None else round(seen.charge, 2),
        "setting": seen.setting.to_json() if seen.setting else None,
    }


def _text(found: Info) -> str:
    allowed = found.limits
    lines = [
        ("gateway", found.gateway),
        ("firmware", _firmware(found)),
        ("can be written", "yes" if allowed.can_write else f"no. {allowed.why_not}"),
        *_access(found),
        ("charge", _charge(found)),
        ("setting", _setting(found)),
    ]
    return "\n".join(f"{label:<16}{text}" for label, text in lines)


def _firmware(found: Info) -> str:
    identity = found.identity
    if identity is None:
        return found.reading.firmware or "not told"
    if identity.uptime_seconds is None:
        return identity.version
    hours, seconds = divmod(int(identity.uptime_seconds), 3600)
    return f"{identity.version}, up for {hours} h {seconds // 60} min"


def _access(found: Info) -> list[tuple[str, str]]:
    """What it takes to be told more."""
    seen = found.reading.setting is not None
    if not found.limits.free_reads:
        return [("a look", "may be paid for" if seen else "may be paid for; --login makes one")]
    stops = found.limits.login_stops
    return [
        ("a login", "stops the battery for some seconds" if stops else "is harmless"),
        ("session", "one that works is at hand" if seen else "none that works; --login makes one"),
        ("sitemaster", _running(found)),
    ]


def _running(found: Info) -> str:
    words = {True: "running", False: "DOWN: the battery stands still", None: "not told"}
    text = words[found.reading.running]
    if found.unsafe and found.reading.running is not False:
        text += "; not seen running since our last login, which the next apply mends"
    return text


def _charge(found: Info) -> str:
    charge = found.reading.charge
    return _not_told(found) if charge is None else f"{charge:.1f} %"


def _not_told(found: Info) -> str:
    return "not told without a session" if found.limits.free_reads else "not told"


def _setting(found: Info) -> str:
    seen = found.reading
    if seen.setting is None or seen.setting.reserve is None:
        return _not_told(found)
    return f"{seen.setting.words()} (raw {to_raw(seen.setting.reserve):g})"
