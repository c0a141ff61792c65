"""What one run of `tou gateway login` has in hand, and what all its ways share."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from scheduler import clock, files
from scheduler.errors import SchedulerError
from scheduler.gateway.careful import Unkept
from scheduler.gateway.fleet import TOKENS, setup
from scheduler.gateway.fleet.access import Renewed
from scheduler.gateway.fleet.progress import Progress, ProgressFile
from scheduler.gateway.fleet.settings import FleetSettings
from scheduler.gateway.fleet.setup import SetUp
from scheduler.gateway.fleet.tokens import TokenFile
from scheduler.gateway.fleet.wire import CloudWire
from scheduler.settings import Settings

Result = TypeVar("Result")


@dataclass(slots=True)
class Signing:
    """All that one run of the command has in hand."""

    chosen: Settings
    table: FleetSettings
    file: ProgressFile
    progress: Progress
    redirect: str

    @property
    def database(self) -> Path:
        return self.chosen.database_path

    @property
    def tokens(self) -> TokenFile:
        return TokenFile(self.database.with_suffix(TOKENS))

    def settled(self) -> FleetSettings:
        region = self.progress.region or self.table.fleet_region
        return self.table.model_copy(
            update={"fleet_provider": self.progress.provider, "fleet_region": region}
        )

    def keep(self) -> None:
        try:
            self.file.keep(self.progress)
        except OSError as error:
            told = f"{self.file.path}: cannot be written: {error.strerror}."
            raise files.denied(self.file.path, error) or SchedulerError(told) from error

    def at_the_cloud(self, act: Callable[[SetUp], Awaitable[Result]]) -> Result:
        """The result of some requests of the set-up."""

        async def work() -> Result:
            hosts = self.settled().hosts
            wire = CloudWire(
                base=hosts.api,
                now=clock.now,
                monotonic=clock.monotonic,
                secrets=lambda: (self.progress.client_secret,),
            )
            try:
                return await act(SetUp(wire, hosts))
            finally:
                await wire.close()

        return run(work())


def run(work: Coroutine[Any, Any, Result]) -> Result:
    return asyncio.run(work)


def asked(question: str, *, hidden: bool = False) -> str:
    """What the person, or the file on stdin, says to a question."""
    # Only a terminal shows what is typed; for anything else getpass warns where nobody is.
    return str(click.prompt(question, hide_input=hidden and sys.stdin.isatty())).strip()


def signed_in(signing: Signing) -> None:
    """The sign-in is done, so the app's secret is needed no longer."""
    signing.progress.signed_in = True
    signing.progress.client_secret = ""
    signing.keep()


def renewed(signing: Signing) -> str:
    """An access token by the sign-in's own renewal, which shows that it works."""

    async def work() -> str:
        hosts = signing.settled().hosts
        access = Renewed(
            signing.tokens, token_url=hosts.tokens, now=clock.now, monotonic=clock.monotonic
        )
        access.wire = CloudWire(
            base=hosts.api, now=clock.now, monotonic=clock.monotonic, secrets=access.secrets
        )
        try:
            return await access.token(Unkept())
        finally:
            await access.wire.close()

    token = run(work())
    setup.check_rights(token)
    signed_in(signing)
    return token
