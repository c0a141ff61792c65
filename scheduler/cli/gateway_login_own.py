"""What one run of `tou gateway login` has in hand, and its long way: an app of one's own, step by
step."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import click

from scheduler import clock, files
from scheduler.cli import gateway_login_words as words
from scheduler.cli.gateway_login_listen import Listener
from scheduler.errors import ConfigurationError, GatewayRefusedError, SchedulerError
from scheduler.gateway.careful import Unkept
from scheduler.gateway.fleet import TOKENS, setup
from scheduler.gateway.fleet.access import Renewed
from scheduler.gateway.fleet.hosts import REGIONS, region_of
from scheduler.gateway.fleet.progress import Progress, ProgressFile
from scheduler.gateway.fleet.settings import FleetSettings
from scheduler.gateway.fleet.setup import Client, SetUp
from scheduler.gateway.fleet.tokens import TokenFile
from scheduler.gateway.fleet.wire import CloudWire
from scheduler.settings import Settings

_BROWSER_SECONDS: Final = 300.0

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
            wire = CloudWire(base=hosts.api, secrets=lambda: (self.progress.client_secret,))
            try:
                return await act(SetUp(wire, hosts))
            finally:
                await wire.close()

        return asyncio.run(work())


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
        access = Renewed(signing.tokens, token_url=hosts.tokens)
        access.wire = CloudWire(base=hosts.api, secrets=access.secrets)
        try:
            return await access.token(Unkept())
        finally:
            await access.wire.close()

    token = asyncio.run(work())
    setup.check_rights(token)
    signed_in(signing)
    return token


# --- an app of one's own


def own_app(signing: Signing) -> str:
    if signing.progress.signed_in and signing.tokens.read() is not None:
        click.echo("Signed in already; --again begins anew.")
        return renewed(signing)
    _key(signing)
    _app(signing)
    _register(signing)
    return _sign_in(signing)


def _key(signing: Signing) -> None:
    progress = signing.progress
    public = signing.file.public_key()
    if not progress.domain:
        click.echo(
            words.KEY.format(key_path=signing.file.key_path, public=public, path=setup.KEY_PATH)
        )
        domain = asked("DOMAIN, once the key is there").lower()
        progress.domain = domain.removeprefix("https://").strip("/")
    try:
        signing.at_the_cloud(lambda set_up: set_up.check_key(progress.domain, public))
    except ConfigurationError:
        progress.domain = ""  # asked for again
        raise
    finally:
        signing.keep()
    click.echo(f"The key is at {progress.domain}.\n")


def _app(signing: Signing) -> None:
    progress = signing.progress
    if progress.client_id and progress.client_secret:
        return
    click.echo(words.APP.format(domain=progress.domain, redirect=signing.redirect))
    client = Client(asked("Client id"), asked("Client secret (it is not shown)", hidden=True))
    progress.client_id, progress.client_secret = client.id, client.secret
    _partner_token(signing)
    signing.keep()
    click.echo("Id and secret are right.\n")


def _partner_token(signing: Signing) -> str:
    """Shows that id and secret are right; where they are not, they are asked for again."""
    client = _client(signing)
    try:
        return signing.at_the_cloud(lambda set_up: set_up.partner_token(client))
    except GatewayRefusedError:
        signing.progress.client_id = signing.progress.client_secret = ""
        signing.keep()
        raise


def _client(signing: Signing) -> Client:
    return Client(signing.progress.client_id, signing.progress.client_secret)


def _register(signing: Signing) -> None:
    progress = signing.progress
    if progress.region in progress.registered:
        return
    domain, token = progress.domain, _partner_token(signing)
    signing.at_the_cloud(lambda set_up: set_up.register(domain, token))
    progress.registered.append(progress.region)
    signing.keep()
    click.echo(f"Step 3 of 5: registered {domain} in the region {progress.region}.\n")


def _sign_in(signing: Signing) -> str:
    state, client = secrets.token_urlsafe(24), _client(signing)
    code = _code(signing, state)
    region = region_of(code)
    if region and region != signing.progress.region:
        click.echo(f"The account belongs to the region {region}.")
        signing.progress.region = region
        _register(signing)
    tokens = signing.at_the_cloud(
        lambda set_up: set_up.exchange(client, code, signing.redirect, clock.now())
    )
    setup.store(signing.tokens, tokens)
    _right_region(signing, tokens.access)
    signed_in(signing)
    return tokens.access


def _code(signing: Signing, state: str) -> str:
    hosts = signing.settled().hosts
    with Listener(signing.redirect) as listener:
        client_id = signing.progress.client_id
        address = setup.sign_in_address(hosts, client_id, signing.redirect, state)
        how = words.LISTENS if listener.listening else words.PASTES
        click.echo(words.SIGN_IN.format(address=address, how=how))
        while True:
            pasted = click.prompt("Address", default="", show_default=False)
            if not pasted and listener.listening:
                click.echo("Waiting for the browser ...")
                pasted = listener.wait(_BROWSER_SECONDS) or ""
            try:
                return setup.code_in(pasted, state)
            except ValueError as error:
                click.echo(str(error))


def _right_region(signing: Signing, token: str) -> None:
    """Where the account belongs to another region, the domain is registered there too."""
    region, _address = signing.at_the_cloud(lambda set_up: set_up.region(token))
    if region in REGIONS and region != signing.progress.region:
        signing.progress.region = region
        _register(signing)
