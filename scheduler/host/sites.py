"""Sites put together from the settings: schedule, audit, gateway and what they share."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from scheduler import clock
from scheduler.advice import advise, limits
from scheduler.audit.database import Database, open_database
from scheduler.audit.log import Log
from scheduler.audit.recorder import Recorder
from scheduler.audit.writer import Writer
from scheduler.errors import ScheduleError
from scheduler.gateway.base import Gateway
from scheduler.gateway.registry import Surroundings, settings_of, transport
from scheduler.host import instance
from scheduler.host.instance import Presence
from scheduler.schedule import zones
from scheduler.schedule.load import Loaded, load_schedule
from scheduler.settings import Settings
from scheduler.site.backoff import Backoff
from scheduler.site.site import Site
from scheduler.site.turn import Turn
from scheduler.site.wish import Conduct
from scheduler.words import EntryKind, Wake


@dataclass(frozen=True, slots=True)
class Hosted:
    """A site, and what the process must know of it beside."""

    site: Site
    file: Path
    """Its schedule's."""
    identity: str | None
    """What tells its gateway from others, whatever the database; None for a simulation."""


@dataclass(frozen=True, slots=True)
class Opened:
    """All that was opened for a process: its sites, and what they share."""

    settings: Settings
    database: Database
    presence: Presence
    hosted: tuple[Hosted, ...]
    simulation: dict[str, str] | None
    """Where our own simulated gateway answers: url and fingerprint."""

    async def start(self, *, alive_until: datetime | None = None) -> None:
        """Close or take up what an earlier process left open; before the first look."""
        for each in self.hosted:
            await each.site.start(alive_until=alive_until, alone=self.presence.alone)
        self.presence.settle()


def read_schedule(settings: Settings) -> Loaded:
    """The schedule in force. Raises ScheduleError with all its problems."""
    return load_schedule(settings.schedule_path)


def accepted_schedule(settings: Settings) -> Loaded:
    """The schedule to act by: what `tou check` refuses is refused here. Raises ScheduleError."""
    return accepted(settings.schedule_path, limits.allowed_by(settings))


def accepted(path: Path, offers: Iterable[limits.Allowed] = ()) -> Loaded:
    """As `accepted_schedule`, of any file and for any gateways."""
    loaded = load_schedule(path)
    found = limits.settled(loaded, offers)
    # At the end of the clock's time nothing of the coming year can be said.
    with contextlib.suppress(ValueError):
        found = (*found, *advise(loaded.schedule, zones.zone_data(), now=clock.now()))
    if any(problem.severity == "error" for problem in found):
        raise ScheduleError(found)
    return replace(loaded, warnings=found)


@contextlib.asynccontextmanager
async def open_gateway(
    settings: Settings, timezone: str, *, offered: Mapping[str, str] | None = None
) -> AsyncIterator[Gateway]:
    """The gateway of the settings, closed at the end; a simulated one of its own is started where
    none is `offered`. Raises SettingsError where a setting is missing."""
    surroundings = Surroundings(state=settings.database_path, timezone=timezone, offered=offered)
    gateway = _opened_gateway(settings, surroundings)
    try:
        yield gateway
    finally:
        await gateway.close()


def _opened_gateway(settings: Settings, surroundings: Surroundings) -> Gateway:
    """The one gateway, or those of the list with the preferred one first."""
    opened = [
        transport(name).open_gateway(settings.of(settings_of(name)), surroundings)
        for name in settings.gateways
    ]
    if len(opened) == 1:
        return opened[0]
    from scheduler.gateway.failover import Failover

    return Failover(opened, monotonic=surroundings.monotonic)


def offered_simulation(settings: Settings) -> dict[str, str] | None:
    """Where the simulated gateway of a running service answers; for commands beside it. The
    service itself must not ask: it would take its own file for another's."""
    return instance.inspect(instance.lock_path(settings.database_path)).gateway


async def _served(gateway: Gateway) -> dict[str, str] | None:
    """Where a simulation of our own answers from now on; None for a gateway that is real."""
    serve = getattr(gateway, "serve", None)
    return dict(await serve()) if serve else None


def open_audit(settings: Settings, *, create: bool = True) -> Database:
    """The audit's database, brought to the present schema."""
    return open_database(settings.database_path, create=create)


def keep_event(settings: Settings, kind: str, name: str, detail: Mapping[str, str | None]) -> None:
    """Keep what a person did with a command, beside the runs."""
    with contextlib.closing(open_audit(settings)) as database:
        Log(database, settings.site).append(
            at=clock.now(),
            entry=EntryKind.EVENT,
            kind=kind,
            name=name,
            wake=Wake.OPERATOR,
            detail=detail,
        )


@contextlib.asynccontextmanager
async def open_sites(
    settings: Settings, *, offered: Mapping[str, str] | None = None
) -> AsyncIterator[Opened]:
    """The sites of the settings, ready to act, closed at the end."""
    loaded = accepted_schedule(settings)
    async with contextlib.AsyncExitStack() as stack:
        database = open_audit(settings)
        stack.callback(database.close)
        presence = Presence(settings.database_path)
        stack.callback(presence.leave)
        writer = Writer(database)
        stack.callback(writer.close)
        gateway = await stack.enter_async_context(
            open_gateway(settings, loaded.schedule.timezone, offered=offered)
        )
        recorder = Recorder(writer, settings.site)
        stack.callback(recorder.close)
        site = Site(
            settings.site,
            loaded,
            gateway,
            recorder,
            conduct(settings),
            kind=settings.gateway,
            turn=Turn(turn_file(settings)),
        )
        hosted = Hosted(site, settings.schedule_path, settings.transport.identity)
        yield Opened(settings, database, presence, (hosted,), await _served(gateway))


def conduct(settings: Settings) -> Conduct:
    """How the controller behaves under these settings."""
    return Conduct(
        backoff=Backoff(
            first=settings.retry_first.total_seconds(), most=settings.retry_max.total_seconds()
        ),
        dry_run=settings.dry_run,
        soft_restart=settings.soft_restart,
        readings_keep=settings.readings_keep,
        pulse=settings.pulse.total_seconds(),
    )


def turn_file(settings: Settings) -> Path:
    """The file that keeps the service and a command typed beside it from acting at once."""
    return instance.acting_path(settings.database_path)
