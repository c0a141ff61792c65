"""`tou mqtt`: the process that tells an MQTT broker, and what removes its traces."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from scheduler import __version__, asking, clock, settings
from scheduler.cli.verbs import Verbs
from scheduler.errors import (
    AccessError,
    LeaseError,
    ServiceSilentError,
)
from scheduler.extras import extra
from scheduler.host import instance, supervisor
from scheduler.outlets import journal
from scheduler.outlets.mqtt.message import Message, gone, of_state
from scheduler.outlets.mqtt.request import LeaseRequest
from scheduler.outlets.mqtt.settings import MqttSettings
from scheduler.outlets.notices import absence
from scheduler.settings import Settings


@click.group("mqtt", cls=Verbs, invoke_without_command=True)
@click.pass_context
def mqtt_command(context: click.Context) -> None:
    """Tell an MQTT broker how the battery is, with discovery for Home Assistant. Runs until it is
    ended, beside the service, and without the gateway's secret.

    TOU_MQTT_URL names the broker; docs/mqtt.md has the topics and the other settings. Needs the
    extra: pip install 'tou-scheduler[mqtt]'.

    Example: TOU_MQTT_URL=mqtt://broker tou mqtt
    """
    if context.invoked_subcommand is None:
        chosen, table = _prepared()
        asyncio.run(run(chosen, table))


@mqtt_command.command("forget")
@click.option("--site", metavar="NAME", help="One site alone, such as one that is gone.")
def forget_command(site: str | None) -> None:
    """Delete what the broker keeps of us: the device at Home Assistant, and the state.

    Example: tou mqtt forget
    """
    chosen, table = _prepared()
    from scheduler.outlets.mqtt.forget import forget

    for topic in asyncio.run(forget(table, [site] if site else Looker(chosen).look())):
        click.echo(f"deleted: {topic}")


async def run(chosen: Settings, table: MqttSettings) -> None:
    """Tell until SIGTERM or Ctrl-C."""
    from scheduler.outlets.mqtt.bridge import Bridge, Program

    ended = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, ended.set)
    program = Program(
        look=Looker(chosen).look,
        act=partial(act, chosen),
        sign=_sign_of(chosen.database_path),
        beat=lambda status: supervisor.notify("WATCHDOG=1", f"STATUS={status}"),
        pulse=chosen.pulse,
        version=__version__,
    )
    supervisor.notify("READY=1")
    await Bridge(table, chosen.site, program).run(ended)


class Looker:
    """Asks the service for all its sites, and remembers them for when it is gone."""

    def __init__(self, chosen: Settings) -> None:
        self._settings = chosen
        self._heard: list[str] = []
        self._patience = absence.PULSES * chosen.pulse + absence.MORE

    def look(self) -> Mapping[str, Message]:
        """What there is to tell of each site. Raises AccessError where this user may not ask."""
        running = instance.inspect(instance.lock_path(self._settings.database_path))
        if not running.running:
            return self._gone("The service is not running.", running=False)
        if running.control is None:
            return self._gone("The service is starting.", running=True)
        try:
            return self._asked(running.control)
        except ServiceSilentError as error:
            return self._gone(str(error), running=True)
        except (KeyError, TypeError, AttributeError) as error:
            # During an upgrade one of the two is older for a while.
            why = f"The service speaks as another version does ({error}). Restart both."
            return self._gone(why, running=True)

    def _asked(self, control: Path) -> Mapping[str, Message]:
        names = [str(each["site"]) for each in asking.ask(control, "/sites")["sites"]]
        states = {name: asking.ask(control, f"/status?site={quote(name, '')}") for name in names}
        told = {name: of_state(each, patience=self._patience) for name, each in states.items()}
        # A site that was taken away must not stay at the broker as it was.
        lost = [site for site in self._heard if site not in names]
        self._heard = [*names, *lost]
        why = "The service has no such site any more."
        return told | {site: _gone(site, why, running=True) for site in lost}

    def _gone(self, why: str, *, running: bool) -> Mapping[str, Message]:
        sites = self._heard or [self._settings.site]
        return {site: _gone(site, why, running=running) for site in sites}


def _gone(site: str, why: str, *, running: bool) -> Message:
    return gone(site, clock.iso(clock.now()), why, running=running)


def act(chosen: Settings, site: str, asked: LeaseRequest) -> Mapping[str, Any]:
    """What the service says of a lease that is asked for. Raises SchedulerError."""
    control = instance.inspect(instance.lock_path(chosen.database_path)).control
    if control is None:
        raise ServiceSilentError("No service runs that could do it.")
    try:
        return _ended(chosen, control, site, asked)
    except AccessError as error:
        raise AccessError(
            f"{error} To let `tou mqtt` act, give it and the service the same TOU_ACT_KEY;"
            " docs/mqtt.md tells how."
        ) from None


def _ended(chosen: Settings, control: Path, site: str, asked: LeaseRequest) -> Mapping[str, Any]:
    what, key = f"{asked.path}?site={quote(site, '')}", chosen.act_key
    shown, body = key.get_secret_value() if key else None, dict(asked.body)
    if "until" in body:
        body["until"] = _instant(control, site, body["until"])
    for line in asking.act(control, what, body, key=shown):
        if "ended" in line:
            return dict(line["ended"])
        if "error" in line:
            return {"error": line["error"]}
    raise ServiceSilentError("The service ended before the act did; `tou audit` tells how far.")


def _instant(control: Path, site: str, text: str) -> str:
    """By the clock of the house, which the service knows. Raises LeaseError with the way out."""
    from scheduler.cli.times import parse_instant
    from scheduler.schedule import zones

    if text.strip().casefold() == "next":
        return "next"
    zone = zones.zone(asking.ask(control, f"/status?site={quote(site, '')}")["timezone"])
    try:
        return clock.iso(parse_instant(text, now=clock.now(), zone=zone, ahead=True))
    except click.BadParameter as error:
        raise LeaseError(error.message) from None


def _sign_of(database: Path) -> Callable[[], object]:
    """Changes with every entry of the audit, and costs a service nothing."""
    log = Path(f"{database}-wal")

    def sign() -> object:
        try:
            found = os.stat(log)  # noqa: PTH116 -- half the price of Path.stat, every second
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    return sign


def _prepared() -> tuple[Settings, MqttSettings]:
    with extra("mqtt", "MQTT"):
        from scheduler.outlets.mqtt import link
    chosen, table = settings.load_beside(MqttSettings)
    journal.configure(chosen.log_level, chosen.log_format)
    link.broker(table)
    return chosen, table
