"""The long way of `tou gateway login`: an app of one's own, step by step."""

from __future__ import annotations

import secrets
from typing import Final

import click

from scheduler import clock
from scheduler.cli import gateway_login_words as words
from scheduler.cli.gateway_login_listen import Listener
from scheduler.cli.gateway_login_state import Signing, asked, renewed, signed_in
from scheduler.gateway.fleet import setup
from scheduler.gateway.fleet.hosts import REGIONS, region_of
from scheduler.gateway.fleet.setup import Client, SetUp

_BROWSER_SECONDS: Final = 300.0


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
    domain = progress.domain
    progress.domain = ""  # asked for again where it is wrong
    signing.at_the_cloud(lambda set_up: set_up.check_key(domain, public))
    progress.domain = domain
    signing.keep()
    click.echo(f"The key is at {domain}.\n")


def _app(signing: Signing) -> None:
    progress = signing.progress
    if progress.client_id and progress.client_secret:
        return
    click.echo(words.APP.format(domain=progress.domain, redirect=signing.redirect))
    client = Client(asked("Client id"), asked("Client secret (it is not shown)", hidden=True))
    progress.client_secret = client.secret  # hidden in messages from here on
    signing.at_the_cloud(lambda set_up: set_up.partner_token(client))
    progress.client_id = client.id
    signing.keep()
    click.echo("Id and secret are right.\n")


def _client(signing: Signing) -> Client:
    return Client(signing.progress.client_id, signing.progress.client_secret)


def _register(signing: Signing) -> None:
    progress = signing.progress
    if progress.region in progress.registered:
        return
    client, domain = _client(signing), progress.domain

    async def act(set_up: SetUp) -> None:
        await set_up.register(domain, await set_up.partner_token(client))

    signing.at_the_cloud(act)
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
    signed_in(signing)
    _right_region(signing, client, tokens.access)
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


def _right_region(signing: Signing, client: Client, token: str) -> None:
    """Where the account belongs to another region, the domain is registered there too."""
    region, _address = signing.at_the_cloud(lambda set_up: set_up.region(token))
    if region in REGIONS and region != signing.progress.region:
        signing.progress.region = region
        _register(signing)
