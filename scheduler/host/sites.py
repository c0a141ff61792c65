"""Sites put together from the settings: schedule, audit, gateway and what they share."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scheduler import clock
from scheduler.advice import advise, limits
from scheduler.audit.database import Database, open_database
from scheduler.audit.recorder import Recorder
from scheduler.audit.writer import Writer
from scheduler.environment import missing_secret
from scheduler.errors import ScheduleError, SettingsError
from scheduler.host import instance
from scheduler.host.instance import Presence
from scheduler.schedule import zones
from scheduler.schedule.load import Loaded, load_schedule
from scheduler.settings import Settings
from scheduler.site.backoff import Backoff
from scheduler.site.site import Site
from scheduler.site.turn import Turn
from scheduler.site.wish import Conduct

if TYPE_CHECKING:
    from scheduler.gateway.base import Limits
    from scheduler.gateway.local.client import LocalGateway

SIMULATED_PROFILE = "1.49"
# Seconds for its sitemaster to come back: long enough to be seen, short enough to be watched.
SIMULATED_RUN = 2.0


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
    return accepted(settings.schedule_path, limits.transports_of(settings))


def accepted(path: Path, transports: Iterable[tuple[str, Limits]] = ()) -> Loaded:
    """As `accepted_schedule`, of any file and for any gateways."""
    loaded = load_schedule(path)
    found = limits.settled(loaded, transports)
    # At the end of the clock's time nothing of the coming year can be said.
    with contextlib.suppress(ValueError):
        found = (*found, *advise(loaded.schedule, zones.zone_data(), now=clock.now()))
    if any(problem.severity == "error" for problem in found):
        raise ScheduleError(found)
    return replace(loaded, warnings=found)


def local_gateway(settings: Settings) -> LocalGateway:
    """The client of a real gateway. Raises SettingsError where trust or password is missing."""
    from scheduler.gateway.local.client import LocalGateway

    if settings.gateway_certificate is None and settings.gateway_fingerprint is None:
        raise SettingsError(
            "The gateway is not paired: neither TOU_GATEWAY_FINGERPRINT nor "
            "TOU_GATEWAY_CERTIFICATE is set. Run `tou gateway trust`, compare what it shows, and "
            "set what it prints."
        )
    if settings.gateway_password is None:
        raise missing_secret("gateway_password")
    return LocalGateway(
        url=settings.gateway_url,
        username=settings.gateway_username,
        email=settings.gateway_email,
        password=settings.gateway_password.get_secret_value(),
        fingerprint=settings.gateway_fingerprint,
        certificate=settings.gateway_certificate,
        session_file=settings.session_path,
        pause=settings.pause_seconds,
    )


def simulated_client(settings: Settings, where: dict[str, str]) -> LocalGateway:
    """The very same client, pointed at a simulated gateway on loopback."""
    from scheduler.gateway.local.client import LocalGateway
    from scheduler.simulated import DEFAULT_PASSWORD

    return LocalGateway(
        url=where["url"],
        username="installer",
        email="",
        password=DEFAULT_PASSWORD,
        fingerprint=where["fingerprint"],
        certificate=None,
        session_file=settings.session_path,
        pause=settings.pause_seconds,
        simulated=True,
        # Each start of the simulation is another device: what was confirmed on an earlier one
        # says nothing about this one.
        name=f"simulated {where['fingerprint'][:8]}",
    )


@contextlib.asynccontextmanager
async def open_gateway(
    settings: Settings, timezone: str, *, offered: dict[str, str] | None = None
) -> AsyncIterator[tuple[LocalGateway, dict[str, str] | None]]:
    """The gateway of the settings, closed at the end; a simulated one is started where none is
    `offered`. Yields where our own simulation answers, or None."""
    async with contextlib.AsyncExitStack() as stack:
        where = None
        if settings.gateway == "simulated":
            where = offered or await stack.enter_async_context(_simulation(timezone))
        gateway = simulated_client(settings, where) if where else local_gateway(settings)
        stack.push_async_callback(gateway.close)
        yield gateway, where


def offered_simulation(settings: Settings) -> dict[str, str] | None:
    """Where the simulated gateway of a running service answers; for commands beside it. The
    service itself must not ask: it would take its own file for another's."""
    return instance.inspect(instance.lock_path(settings.database_path)).gateway


@contextlib.asynccontextmanager
async def _simulation(timezone: str) -> AsyncIterator[dict[str, str]]:
    from scheduler.simulated import SimulatedGateway

    async with SimulatedGateway(
        profile=SIMULATED_PROFILE, timezone=timezone, run_seconds=SIMULATED_RUN
    ) as simulated:
        yield {"url": simulated.url, "fingerprint": simulated.fingerprint}


def open_audit(settings: Settings, *, create: bool = True) -> Database:
    """The audit's database, brought to the present schema."""
    return open_database(settings.database_path, create=create)


@contextlib.asynccontextmanager
async def open_sites(
    settings: Settings, *, offered: dict[str, str] | None = None
) -> AsyncIterator[Opened]:
    """The sites of the settings, ready to act, closed at the end."""
    loaded = accepted_schedule(settings)
    database = open_audit(settings)
    presence = Presence(settings.database_path)
    try:
        writer = Writer(database)
        recorder = Recorder(writer, settings.site)
        async with open_gateway(settings, loaded.schedule.timezone, offered=offered) as (
            gateway,
            simulation,
        ):
            site = Site(
                settings.site,
                loaded,
                gateway,
                recorder,
                conduct(settings),
                kind=settings.gateway,
                turn=Turn(turn_file(settings)),
            )
            hosted = Hosted(site, settings.schedule_path, _identity(settings))
            try:
                yield Opened(settings, database, presence, (hosted,), simulation)
            finally:
                recorder.close()
                writer.close()
    finally:
        presence.leave()
        database.close()


def _identity(settings: Settings) -> str | None:
    if settings.gateway == "simulated":
        return None
    return (settings.gateway_fingerprint or settings.gateway_url).replace(":", "").lower()


def conduct(settings: Settings) -> Conduct:
    """How the controller behaves under these settings."""
    return Conduct(
        backoff=Backoff(
            first=settings.retry_first.total_seconds(), most=settings.retry_max.total_seconds()
        ),
        dry_run=settings.dry_run,
    )


def turn_file(settings: Settings) -> Path:
    """The file that keeps the service and a command typed beside it from acting at once."""
    return instance.acting_path(settings.database_path)
