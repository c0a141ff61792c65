"""`tou gateway login`: a first sign-in to the cloud, step by step; goes on where it was left."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

import click
from pydantic import SecretStr

from scheduler import clock, environment, files, settings
from scheduler.cli import gateway_login_unit as unit
from scheduler.cli import gateway_login_words as words
from scheduler.cli.gateway_login_own import Signing, asked, own_app, renewed
from scheduler.errors import (
    GatewayProtocolError,
    GatewayRefusedError,
    SchedulerError,
    SettingsError,
)
from scheduler.gateway.base import Part, Reading, Spend
from scheduler.gateway.careful import Unkept
from scheduler.gateway.fleet import open_gateway, setup
from scheduler.gateway.fleet.client import chosen
from scheduler.gateway.fleet.hosts import PROVIDERS, REGIONS, region_of
from scheduler.gateway.fleet.progress import ProgressFile
from scheduler.gateway.fleet.readings import EnergySite
from scheduler.gateway.fleet.settings import FleetSettings
from scheduler.gateway.fleet.tokens import Tokens, can_be_sent
from scheduler.gateway.registry import Surroundings
from scheduler.host.sites import keep_event

REDIRECT: Final = "http://localhost:8788/callback"
UNITS: Final = Path("/etc/systemd/system")
TOKEN_FILE: Final = ".fleet-token"  # noqa: S105 - the ending of a file's name
_READ: Final = frozenset({Part.SETTING, Part.CHARGE})


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
        token = _pasted(signing) if paste else own_app(signing)
    _choose_site(signing, token)
    if progress.provider != "tesla":
        _keep_static(signing, token)
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


# --- a token of a provider's page


def _static(signing: Signing) -> str:
    click.echo(words.TOKEN[signing.progress.provider])
    token = asked("Paste the token (it is not shown)", hidden=True)
    if not can_be_sent(token):
        raise GatewayRefusedError(
            "This is no token: it has a blank or a letter in it that none has.", delivered="no"
        )
    signing.table = signing.table.model_copy(update={"fleet_token": SecretStr(token)})
    return token


def _keep_static(signing: Signing, token: str) -> None:
    """Once it has been taken, so that a dead one replaces none that works."""
    path = signing.database.with_suffix(TOKEN_FILE)
    try:
        files.replace_private(path, token.encode())
    except OSError as error:
        told = f"{path}: cannot be written: {error.strerror}."
        raise files.denied(path, error) or SchedulerError(told) from error


# --- tokens made elsewhere


def _pasted(signing: Signing) -> str:
    click.echo(words.PASTE)
    client_id = asked("Client id of the app they were made for")
    refresh = asked("Refresh token (it is not shown)", hidden=True)
    now = clock.now()
    first = Tokens(client_id, "none", refresh, now, now)
    signing.progress.region = region_of(refresh) or signing.progress.region
    before = signing.tokens.read()
    setup.store(signing.tokens, first)
    try:
        return renewed(signing)
    except GatewayRefusedError:
        if before is not None:
            setup.store(signing.tokens, before)
        elif signing.tokens.read() == first:  # one that was renewed is kept, whatever it lacks
            signing.tokens.path.unlink(missing_ok=True)
        raise


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

    async def work() -> Reading:
        gateway = open_gateway(table, Surroundings(signing.database))
        try:
            return await gateway.read(Unkept(), spend=Spend.DUE, want=_READ)
        finally:
            await gateway.close()

    reading = asyncio.run(work())
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
            file=os.environ.get(environment.SETTINGS_FILE, ".env"),
            settings="\n".join(f"  {line}" for line in _lines(signing)),
        )
    )
    if unit.wanted(units):
        click.echo(f"Written: {unit.write(units)}, so that the service reaches the cloud.")
        click.echo("Run: systemctl daemon-reload")
    elif unit.installed(units):
        click.echo(words.OPEN.format(path=unit.drop_in(units), text=unit.TEXT))
    click.echo(words.CHECK)


def _lines(signing: Signing) -> list[str]:
    progress = signing.progress
    lines = ["TOU_GATEWAY=fleet", f"TOU_FLEET_SITE={progress.site}"]
    if progress.provider == "tesla":
        return [*lines, f"TOU_FLEET_REGION={progress.region}"]
    path = signing.database.with_suffix(TOKEN_FILE).absolute()
    return [*lines, f"TOU_FLEET_PROVIDER={progress.provider}", f"TOU_FLEET_TOKEN_FILE={path}"]


def _record(signing: Signing) -> None:
    progress = signing.progress
    told = {"provider": progress.provider, "region": progress.region, "energy_site": progress.site}
    keep_event(signing.chosen, "sign_in", "cloud", told)
