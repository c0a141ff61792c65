"""`tou gateway pair`: a key of our own, known to the Powerwall; goes on where it was left.

Where it stands is asked of the gateway and the cloud each time, so that nothing is kept but the
key.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import click

from scheduler import clock, settings
from scheduler.cli.show import echo_json, format_option
from scheduler.errors import GatewayError, GatewayRefusedError, SchedulerError, SettingsError
from scheduler.gateway.base import Spend
from scheduler.gateway.careful import Unkept
from scheduler.gateway.registry import Surroundings, transport
from scheduler.gateway.v1r import registration
from scheduler.gateway.v1r.key import Key, make_key, read_key
from scheduler.gateway.v1r.registration import KeyCloud, Pairing
from scheduler.gateway.v1r.settings import V1rSettings
from scheduler.host.sites import keep_event
from scheduler.settings import Settings

KEY: Final = "v1r.pem"
_MADE: Final = """\
Step 1 of 3: the key.
  Made {path} (RSA, 4096 bits, readable by its owner alone).
  Whoever has this file can part the house from the grid and lock every other program out:
  keep it on this machine, and in no backup that others read."""

_TAKEN: Final = """\
Step 1 of 3: the key.
  Using {path} (key {short})."""

_NO_CLOUD: Final = """\
Step 2 of 3: the Powerwall is told of the key, once, by way of the cloud. No sign-in was found here.
  Either   tou gateway login, then tou gateway pair again (your own app, or a token of Teslemetry);
  or       let pypowerwall do it, free and with your Tesla sign-in:
             pip install pypowerwall, then python -m pypowerwall register
           and take over the key it made:
             tou gateway pair --key PATH-TO/tedapi_rsa_private.pem
  The public half, to be registered by any other way, is in {public}."""

_TOLD: Final = "Step 2 of 3: the Powerwall was told of the key."
_KNOWN: Final = "Step 2 of 3: the Powerwall knows of the key already."

_SWITCH: Final = """\
Step 3 of 3: somebody at the Powerwall.
  Go there now; some systems wait ten minutes, others only two.
  Switch ONE unit off, count to fifteen, and switch it on again. A short flick is not seen.
    Powerwall 2: the switch on its right side.  Powerwall 3: on its left, under the red flap.
  With the unit off there is no backup for these seconds."""

_WAITING: Final = "  Waiting for at most {wait}; Ctrl-C is harmless, run this again to go on."

_TIMED_OUT: Final = """\
The time to move the switch is over. Run `tou gateway pair` again when somebody stands next to the
Powerwall: the same key is then registered anew."""

_NOT_YET: Final = """\
Not verified yet. Run `tou gateway pair` again to go on; the key stays the same."""

_REMOVED: Final = """\
The key was removed from the Powerwall, by the app or another paired program. It is registered
anew."""

_DONE: Final = "The Powerwall takes the key."

_WIRED: Final = """\
  TOU_V1R_HOST: the gateway's address on its wired port where a cable is there, such as
  10.42.1.40; else its address in the home network, which some answer on."""
_LABEL: Final = """\
  TOU_V1R_PASSWORD: the whole password on the gateway's label; systemd's credential v1r_password
  keeps it out of the file."""
_EXTRA: Final = "pip install 'tou-scheduler[tedapi]'"


@dataclass(frozen=True, slots=True)
class Pair:
    """All that one run of the command has in hand."""

    chosen: Settings
    table: V1rSettings
    path: Path
    key: Key
    made: bool
    quiet: bool

    def say(self, text: str) -> None:
        if not self.quiet:
            click.echo(text)

    @property
    def around(self) -> Surroundings:
        return Surroundings(self.chosen.database_path)


def _duration(_context: object, _option: object, text: str) -> timedelta:
    try:
        return clock.parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command("pair")
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The key's file; one that is there is taken over, such as pypowerwall's. "
    f"[default: TOU_V1R_KEY, else {KEY} beside the database]",
)
@click.option(
    "--wait",
    default="12m",
    show_default=True,
    callback=_duration,
    help="How long to wait for the switch; 0s only tells how it stands.",
)
@click.option("--every", default="10s", hidden=True, callback=_duration)
@format_option()
def pair_command(key: Path | None, wait: timedelta, every: timedelta, form: str) -> None:
    """Make a key and have the Powerwall take it, for TOU_GATEWAY=v1r; run it again to go on.

    Somebody must switch one unit off and on, once. The private key is never shown.

    Example: tou gateway pair --key /var/lib/tou-scheduler/v1r.pem
    """
    pair = _begun(key, quiet=form == "json")
    told = _MADE if pair.made else _TAKEN
    pair.say(told.format(path=pair.path, short=pair.key.short))
    state, host = asyncio.run(_paired(pair, wait, every))
    if state is Pairing.VERIFIED:
        keep_event(pair.chosen, "pair", "v1r key", {"key": pair.key.short, "file": str(pair.path)})
    if form == "json":
        echo_json(_as_json(pair, state, host))
    elif state is Pairing.VERIFIED:
        click.echo(_next(pair, host))
    if state is not Pairing.VERIFIED:
        raise SchedulerError(_TIMED_OUT if state is Pairing.TIMED_OUT else _NOT_YET)


def _begun(path: Path | None, *, quiet: bool) -> Pair:
    chosen = settings.load()
    table = chosen.of(V1rSettings)
    path = (path or table.v1r_key or chosen.database_path.with_name(KEY)).absolute()
    made = not path.exists()
    key = make_key(path) if made else read_key(path)
    return Pair(chosen, table, path, key, made, quiet)


async def _paired(pair: Pair, wait: timedelta, every: timedelta) -> tuple[Pairing, str | None]:
    """The state of the key, and the gateway's address where it is known."""
    state = await _at_home(pair)
    if state is Pairing.VERIFIED:
        return state, pair.table.v1r_host
    cloud = _cloud(pair)
    if cloud is None:
        if state is Pairing.UNKNOWN:
            raise SettingsError(_NO_CLOUD.format(public=_public(pair)))
        pair.say(_KNOWN)
        return await _waited(pair, None, wait, every), pair.table.v1r_host
    try:
        state = await _registered(pair, cloud)
        if state is not Pairing.VERIFIED:
            state = await _waited(pair, cloud, wait, every)
        host = pair.table.v1r_host or await _address(cloud)
    finally:
        await cloud.close()
    return state, host


async def _at_home(pair: Pair) -> Pairing:
    """What the gateway itself says of the key, where it can be asked. Raises where the password
    is refused."""
    from scheduler.gateway.v1r import the_library

    table = pair.table.model_copy(update={"v1r_key": pair.path})
    if not table.v1r_host or table.v1r_password is None:
        return Pairing.UNKNOWN
    the_library()
    gateway = transport("v1r").open_gateway(table, pair.around)
    try:
        await gateway.read(Unkept(), spend=Spend.DUE)
    except GatewayRefusedError as error:
        return _by_refusal(error)
    except GatewayError as error:
        pair.say(f"  {error}")
        return Pairing.UNKNOWN
    finally:
        await gateway.close()
    return Pairing.VERIFIED


def _by_refusal(error: GatewayRefusedError) -> Pairing:
    from scheduler.gateway.v1r.refusals import KeyUnknownError, KeyWaitsError

    if isinstance(error, KeyWaitsError):
        return Pairing.PENDING
    if isinstance(error, KeyUnknownError):
        return Pairing.UNKNOWN
    raise error


def _cloud(pair: Pair) -> KeyCloud | None:
    """The cloud, where `tou gateway login` left a sign-in."""
    from scheduler.gateway.fleet import TOKENS, open_gateway
    from scheduler.gateway.fleet.settings import FleetSettings

    table = pair.chosen.of(FleetSettings)
    kept = pair.chosen.database_path.with_suffix(TOKENS).exists()
    if not (kept if table.fleet_provider == "tesla" else table.fleet_token):
        return None
    cloud: Any = open_gateway(table, pair.around)
    found: KeyCloud = cloud
    return found


async def _registered(pair: Pair, cloud: KeyCloud) -> Pairing:
    text, steps = pair.key.public_text, Unkept()
    state = registration.state_in(await cloud.relay(steps, registration.list_message()), text)
    if state in (Pairing.PENDING, Pairing.VERIFIED):
        pair.say(_KNOWN)
        return state
    if state is Pairing.REMOVED:
        pair.say(_REMOVED)
    added = registration.added_in(await cloud.relay(steps, registration.add_message(text)))
    pair.say(_TOLD)
    return Pairing.PENDING if added is Pairing.UNKNOWN else added


async def _waited(pair: Pair, cloud: KeyCloud | None, wait: timedelta, every: timedelta) -> Pairing:
    """Until somebody moved the switch, or the time is over."""
    pair.say(_SWITCH)
    if wait:
        pair.say(_WAITING.format(wait=clock.format_duration(wait)))
    until = clock.monotonic() + wait.total_seconds()
    while True:
        state = await _state(pair, cloud)
        over = state not in (Pairing.PENDING, Pairing.UNKNOWN)
        if over or clock.monotonic() >= until:
            return state
        await asyncio.sleep(every.total_seconds())


async def _state(pair: Pair, cloud: KeyCloud | None) -> Pairing:
    if cloud is None:
        return await _at_home(pair)
    answer = await cloud.relay(Unkept(), registration.list_message())
    return registration.state_in(answer, pair.key.public_text)


async def _address(cloud: KeyCloud) -> str | None:
    try:
        answer = await cloud.relay(Unkept(), registration.network_message())
    except GatewayError:
        return None
    return registration.address_in(answer)


def _public(pair: Pair) -> Path:
    """The file of the public half, which is no secret."""
    path = pair.path.with_suffix(".pub")
    try:
        path.write_text(pair.key.public_text + "\n")
    except OSError as error:
        raise SchedulerError(f"{path}: cannot be written: {error.strerror}.") from None
    return path


def _next(pair: Pair, host: str | None) -> str:
    lines = [_DONE, "", "Set these:", "  TOU_GATEWAY=v1r", f"  TOU_V1R_KEY={pair.path}"]
    lines.append(f"  TOU_V1R_HOST={host}" if host else _WIRED)
    if pair.table.v1r_password is None:
        lines.append(_LABEL)
    return "\n".join([*lines, f"and once: {_EXTRA}. Then: tou gateway info"])


def _as_json(pair: Pair, state: Pairing, host: str | None) -> dict[str, Any]:
    return {
        "state": state.name.lower(),
        "key": pair.key.short,
        "file": str(pair.path),
        "made": pair.made,
        "public_key": pair.key.public_text,
        "host": host,
    }
