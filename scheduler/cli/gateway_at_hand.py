"""A configured gateway in a command's hand: asked in passing, or on the record and in its turn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from typing import Any, TypeVar

from pydantic import SecretStr

from scheduler.audit.intent import Ended, Intent
from scheduler.audit.recorder import Recorder, Run
from scheduler.audit.writer import Writer
from scheduler.errors import GatewayError, SchedulerError
from scheduler.gateway.base import Gateway
from scheduler.gateway.registry import Surroundings, settings_of, transport
from scheduler.host.instance import Presence
from scheduler.host.sites import offered_simulation, open_audit, read_schedule, turn_file
from scheduler.settings import Settings
from scheduler.site.apply import outcome_of
from scheduler.site.turn import Turn
from scheduler.words import Wake

Found = TypeVar("Found")


@asynccontextmanager
async def opened(chosen: Settings, name: str, *, password: bool) -> AsyncIterator[Gateway]:
    """One gateway of the settings. Without a password no login can be sent, not even one that
    would stop nothing."""
    table: Any = chosen.of(settings_of(name))
    if not password:
        table = table.model_copy(update={"gateway_password": SecretStr("")})
    around = Surroundings(
        state=chosen.database_path,
        timezone=_timezone(chosen),
        offered=offered_simulation(chosen),
    )
    gateway = transport(name).open_gateway(table, around)
    try:
        yield gateway
    finally:
        await gateway.close()


def _timezone(chosen: Settings) -> str:
    """Where a simulation stands; a broken schedule is no reason not to look at the gateway."""
    try:
        return read_schedule(chosen).schedule.timezone
    except SchedulerError:
        return "UTC"


async def on_record(
    chosen: Settings,
    name: str,
    what: str,
    act: Callable[[Gateway, Run], Awaitable[Found]],
    ended: Callable[[Found], Ended],
) -> Found:
    """What comes of an act, in the gateway's turn: the intent first, the outcome last."""
    with _recorder(chosen) as recorder:
        async with opened(chosen, name, password=True) as gateway, Turn(turn_file(chosen)):
            intent = Intent(
                kind=what, name=f"gateway {what}", wake=Wake.OPERATOR, gateway=gateway.name
            )
            run = await recorder.begin(intent)
            try:
                found = await act(gateway, run)
            except GatewayError as error:
                await run.end(Ended(outcome=outcome_of(error), error=str(error)))
                raise
            await run.end(ended(found))
            return found


@contextmanager
def _recorder(chosen: Settings) -> Iterator[Recorder]:
    """The audit's, while it is said beside the database that a process acts."""
    with closing(open_audit(chosen)) as database:
        presence = Presence(chosen.database_path)
        presence.settle()
        writer = Writer(database)
        recorder = Recorder(writer, chosen.site)
        try:
            yield recorder
        finally:
            recorder.close()
            writer.close()
            presence.leave()
