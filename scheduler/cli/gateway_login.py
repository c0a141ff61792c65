"""`tou gateway login`: a first sign-in to the cloud, step by step; goes on where it was left."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Coroutine
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from pydantic import SecretStr

from scheduler import clock, environment, files, settings
from scheduler.audit.log import Log
from scheduler.cli import gateway_login_unit as unit
from scheduler.cli import gateway_login_words as words
from scheduler.cli.gateway_login_listen import Listener
from scheduler.errors import GatewayProtocolError, SchedulerError, SettingsError
from scheduler.gateway.base import Part, Reading, Spend
from scheduler.gateway.fleet import TOKENS, open_gateway, setup
from scheduler.gateway.fleet.access import Renewed
from scheduler.gateway.fleet.client import chosen
from scheduler.gateway.fleet.hosts import PROVIDERS, REGIONS, region_of
from scheduler.gateway.fleet.progress import Progress, ProgressFile
from scheduler.gateway.fleet.readings import EnergySite
from scheduler.gateway.fleet.settings import FleetSettings
from scheduler.gateway.fleet.setup import Client, SetUp
from scheduler.gateway.fleet.tokens import TokenFile, Tokens
from scheduler.gateway.fleet.wire import CloudWire
from scheduler.gateway.registry import Surroundings
from scheduler.host.sites import open_audit
from scheduler.settings import Settings
from scheduler.words import EntryKind, Wake

REDIRECT: Final = "http://localhost:8788/callback"
UNITS: Final = Path("/etc/systemd/system")
TOKEN_FILE: Final = ".fleet-token"  # noqa: S105 - the ending of a file's name
_BROWSER_SECONDS: Final = 300.0
_READ: Final = frozenset({Part.SETTING, Part.CHARGE})
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
        """Beside which everything is kept."""
        return self.chosen.database_path

    @property
    def tokens(self) -> TokenFile:
        """Where the sign-in is kept."""
        return TokenFile(self.database.with_suffix(TOKENS))

    def settled(self) -> FleetSettings:
        """The settings as they will be."""
        region = self.progress.region or self.table.fleet_region
        return self.table.model_copy(
            update={"fleet_provider": self.progress.provider, "fleet_region": region}
        )

    def keep(self) -> None:
        """Keep how far it has come."""
        try:
            self.file.keep(self.progress)
        except OSError as error:
            told = f"{self.file.path}: cannot be written: {error.strerror}."
            raise files.denied(self.file.path, error) or SchedulerError(told) from error

    def at_the_cloud(self, act: Any) -> Any:
        """The result of some requests of the set-up."""

        async def work() -> Any:
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

        return _run(work())


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    return asyncio.run(work)


@click.command("login")
@click.option("--provider", type=click.Choice(PROVIDERS), help="Who runs the cloud; asked for.")
@click.option("--region", type=click.Choice(REGIONS), help="Of the Tesla account; asked for.")
@click.option("--paste", is_flag=True, help="Take over tokens that were made elsewhere.")
@click.option("--again", is_flag=True, help="Begin anew, and forget what was done so far.")
@click.option("--redirect", metavar="URL", default=REDIRECT, show_default=True)
@click.option("--units", type=click.Path(path_type=Path), default=UNITS, hidden=True, metavar="DIR")
def login_command(
    *,
    provider: str | None,
    region: str | None,
    paste: bool,
    again: bool,
    redirect: str,
    units: Path,
) -> None:
    """Sign in to the cloud, step by step; run it again to go on where it was left.

    Needs neither a browser on this machine nor your Tesla password. Ends with one read, and writes
    nothing to the battery.

    Example: tou gateway login --provider tesla
    """
    signing = _begun(redirect, again=again)
    progress = signing.progress
    if provider is None and not progress.provider:
        click.echo(words.WAYS)
    progress.provider = provider or progress.provider or _choice("Which way", PROVIDERS, "tesla")
    if progress.provider != "tesla":
        token = _static(signing)
    else:
        progress.region = region or progress.region or _choice("Region", REGIONS, "na")
        signing.keep()
        token = _pasted(signing) if paste else _own_app(signing)
    _choose_site(signing, token)
    _finish(signing, _read_once(signing), units)


def _begun(redirect: str, *, again: bool) -> Signing:
    chosen = settings.load()
    table, problems = environment.read(FleetSettings)
    if table is None:
        raise SettingsError("\n".join(problems))
    file = ProgressFile(chosen.database_path)
    try:
        if again:
            file.forget()
        progress = file.read()
    except OSError as error:
        raise files.denied(file.path, error) or SchedulerError(str(error)) from error
    return Signing(chosen, table, file, progress, redirect)


def _choice(question: str, answers: tuple[str, ...], usual: str) -> str:
    return str(click.prompt(question, type=click.Choice(answers), default=usual))


def _asked(question: str, *, hidden: bool = False) -> str:
    return str(click.prompt(question, hide_input=hidden)).strip()


# --- a token of a provider's page


def _static(signing: Signing) -> str:
    click.echo(words.TOKEN[signing.progress.provider])
    token = _asked("Paste the token (it is not shown)", hidden=True)
    path = signing.database.with_suffix(TOKEN_FILE)
    try:
        files.replace_private(path, token.encode())
    except OSError as error:
        told = f"{path}: cannot be written: {error.strerror}."
        raise files.denied(path, error) or SchedulerError(told) from error
    signing.table = signing.table.model_copy(update={"fleet_token": SecretStr(token)})
    return token


# --- tokens made elsewhere


def _pasted(signing: Signing) -> str:
    click.echo(words.PASTE)
    client_id = _asked("Client id of the app they were made for")
    refresh = _asked("Refresh token (it is not shown)", hidden=True)
    now = clock.now()
    first = Tokens(client_id, "none", refresh, now, now)
    signing.progress.region = region_of(refresh) or signing.progress.region
    setup.store(signing.tokens, first)
    return _renewed(signing)


def _renewed(signing: Signing) -> str:
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
            return await access.token(setup.Unkept())
        finally:
            await access.wire.close()

    token = _run(work())
    setup.check_rights(token)
    _signed_in(signing)
    return token


# --- an app of one's own


def _own_app(signing: Signing) -> str:
    if signing.progress.signed_in and signing.tokens.read() is not None:
        click.echo("Signed in already; --again begins anew.")
        return _renewed(signing)
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
        domain = _asked("DOMAIN, once the key is there").lower()
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
    client = Client(_asked("Client id"), _asked("Client secret (it is not shown)", hidden=True))
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
    tokens: Tokens = signing.at_the_cloud(
        lambda set_up: set_up.exchange(client, code, signing.redirect, clock.now())
    )
    setup.store(signing.tokens, tokens)
    _signed_in(signing)
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


def _signed_in(signing: Signing) -> None:
    signing.progress.signed_in = True
    signing.progress.client_secret = ""
    signing.keep()


# --- the site, and the end


def _choose_site(signing: Signing, token: str) -> None:
    sites: tuple[EnergySite, ...] = signing.at_the_cloud(lambda set_up: set_up.sites(token))
    wanted = signing.table.fleet_site or signing.progress.site
    if wanted and wanted in {site.id for site in sites}:
        signing.progress.site = wanted
    elif len(sites) == 1:
        signing.progress.site = sites[0].id
    elif not sites:
        chosen(sites)
    else:
        signing.progress.site = _site_of_list(sites)
    signing.keep()


def _site_of_list(sites: tuple[EnergySite, ...]) -> str:
    click.echo("The account has several energy sites:")
    for number, site in enumerate(sites, start=1):
        click.echo(f"  {number}  {site.name or 'without a name'}  ({site.id})")
    number = click.prompt("Which one", type=click.IntRange(1, len(sites)))
    return sites[int(number) - 1].id


def _read_once(signing: Signing) -> Reading:
    table = signing.settled().model_copy(update={"fleet_site": signing.progress.site})
    around = Surroundings(
        state=signing.database, now=clock.now, monotonic=clock.monotonic, timezone="UTC"
    )

    async def work() -> Reading:
        gateway = open_gateway(table, around)
        try:
            return await gateway.read(setup.Unkept(), spend=Spend.DUE, want=_READ)
        finally:
            await gateway.close()

    reading = _run(work())
    if reading.setting is None or reading.setting.mode is None:
        raise GatewayProtocolError(
            "Signed in, but the site shows no setting now. Run this again later.", delivered="no"
        )
    return reading


def _finish(signing: Signing, reading: Reading, units: Path) -> None:
    _record(signing)
    assert reading.setting is not None
    charge = "" if reading.charge is None else f", charge {reading.charge:.0f} %"
    click.echo(f"Step 5 of 5: the site shows {reading.setting.words()}{charge}.\n")
    click.echo(
        words.END.format(
            file=_settings_file(), settings="\n".join(f"  {line}" for line in _lines(signing))
        )
    )
    if unit.wanted(units):
        click.echo(f"Written: {unit.write(units)}, so that the service reaches the cloud.")
        click.echo("Run: systemctl daemon-reload")
    elif (units / unit.UNIT).exists():
        click.echo(words.OPEN.format(path=unit.drop_in(units), text=unit.TEXT))
    click.echo(words.CHECK)


def _settings_file() -> str:
    return os.environ.get(environment.SETTINGS_FILE, ".env")


def _lines(signing: Signing) -> list[str]:
    progress = signing.progress
    lines = ["TOU_GATEWAY=fleet", f"TOU_FLEET_SITE={progress.site}"]
    if progress.provider == "tesla":
        return [*lines, f"TOU_FLEET_REGION={progress.region}"]
    path = signing.database.with_suffix(TOKEN_FILE).absolute()
    return [*lines, f"TOU_FLEET_PROVIDER={progress.provider}", f"TOU_FLEET_TOKEN_FILE={path}"]


def _record(signing: Signing) -> None:
    progress = signing.progress
    with closing(open_audit(signing.chosen)) as database:
        Log(database, signing.chosen.site).append(
            at=clock.now(),
            entry=EntryKind.EVENT,
            kind="sign_in",
            name="cloud",
            wake=Wake.OPERATOR,
            detail={
                "provider": progress.provider,
                "region": progress.region,
                "energy_site": progress.site,
            },
        )
