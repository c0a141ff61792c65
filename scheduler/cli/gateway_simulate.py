"""`tou gateway simulate`: the simulated gateway on its own, for trying things from outside."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import Any, get_args

import click

from scheduler import clock
from scheduler.cli.show import format_option
from scheduler.errors import SchedulerError
from scheduler.simulated import (
    DEFAULT_PASSWORD,
    PROFILES,
    Faults,
    Logged,
    SimulatedGateway,
    fault_kinds,
)
from scheduler.simulated.control import ControlDoor
from scheduler.simulated.story import Scene, read_story, tell
from scheduler.simulated.updates import Found

PORT = 8443
_FORMS = {
    "switch": "{}",
    "count": "{}[:N]",
    "number": "{}:NUMBER",
    "whole": "{}:N",
    "text": "{}:TEXT",
    "keyed": "{}:KEY[:N]",
}
_FAULT_NAMES = ", ".join(_FORMS[kind].format(name) for name, kind in fault_kinds().items())


@click.command("simulate")
@click.option(
    "--door",
    type=click.Choice(["local", "fleet", "proxy", "v1r"]),
    default="local",
    show_default=True,
    help="Which way to the house: its own gateway, the cloud, a pypowerwall proxy, or signed "
    "requests (v1r).",
)
@click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    default="1.49",
    show_default=True,
    help="The firmware it behaves as.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="Port on 127.0.0.1; 0 takes a free one.",
)
@click.option("--password", metavar="P", help="A password of your own; it is shown nowhere.")
@click.option(
    "--charge",
    type=click.FloatRange(0, 100),
    default=60.0,
    show_default=True,
    help="State of charge at the start, percent.",
)
@click.option(
    "--speed",
    type=click.FloatRange(0, 100_000, min_open=True),
    default=1.0,
    show_default=True,
    help="How much faster the battery's time runs.",
)
@click.option(
    "--run-seconds",
    type=click.FloatRange(0, 3600),
    help="Seconds the sitemaster takes to come up.  [default: 2 to 10]",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME[:VALUE]",
    help=f"What goes wrong; may be given several times. "
    "N is how often; without it for ever, but reboot, upgrade, answer_lost and hang once. "
    f"Names: {_FAULT_NAMES}. Another door has its own; a name that it does not know is answered "
    "with them.",
)
@click.option(
    "--control",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Also listen on this port of 127.0.0.1, 0 for a free one, for switching faults while it "
    """runs: POST /faults {"set": ["busy:3"]}, DELETE /faults, GET /.""",
)
@click.option(
    "--identity",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Keep the certificate here, so that it stays the same from start to start.",
)
@click.option(
    "--update",
    type=click.Choice(list(get_args(Found))),
    default="none",
    show_default=True,
    help="What a look for a firmware update finds.",
)
@click.option(
    "--story",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="What happens while it serves (the local door): a YAML list such as {at: 15:50, restart: "
    'true, away: 2m, version: "20.49"} or {after: 5m, faults: [busy:3]}, {after: 9m, well: true}.',
)
@format_option()
def simulate_command(  # noqa: PLR0917 - click hands them over by name
    door: str,
    port: int,
    control: int | None,
    faults: tuple[str, ...],
    story: Path | None,
    form: str,
    **words: Any,
) -> None:
    """Serve the simulated gateway on 127.0.0.1 until Ctrl-C, and log its requests to stderr.

    Prints what to set so that tou, in another terminal, takes it for a local gateway.

    Example: tou gateway simulate --profile 1.43.3 --fault busy:3
    """
    if door != "local":
        from scheduler.cli.gateway_simulate_door import serve

        own = {name: words[name] for name in ("charge", "speed")}
        serve(door, port=port, control=control, faults=faults, form=form, **own)
        return
    own_password = words["password"] is not None
    if not own_password:
        words["password"] = DEFAULT_PASSWORD
    try:
        gateway = SimulatedGateway(faults=Faults.parse(*faults), **words)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise SchedulerError(f"{words['identity']}: cannot be used: {error.strerror}.") from None
    scenes = read_story(story) if story else ()
    asyncio.run(_serve(gateway, (port, control), form, scenes, own_password=own_password))


async def _serve(
    gateway: SimulatedGateway,
    ports: tuple[int, int | None],
    form: str,
    scenes: tuple[Scene, ...],
    *,
    own_password: bool,
) -> None:
    stopped = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stopped.set)
    gateway.device.on_request = _log
    control = ControlDoor(gateway)
    try:
        address = await _started(gateway, control, *ports)
        click.echo(_words(gateway, form, address, own_password=own_password))
        telling = asyncio.create_task(tell(scenes, gateway.device))
        await stopped.wait()
        telling.cancel()
    finally:
        await control.stop()
        await gateway.stop()


async def _started(
    gateway: SimulatedGateway, control: ControlDoor, port: int, control_port: int | None
) -> str | None:
    """The control's address, where there is one."""
    try:
        await gateway.start(port)
        port = port if control_port is None else control_port
        return None if control_port is None else await control.start(control_port)
    except OSError as error:
        raise SchedulerError(
            f"Port {port} on 127.0.0.1 cannot be taken: {error.strerror}. Choose another by"
            " --port or --control, or 0 for a free one."
        ) from None


def _log(request: Logged) -> None:
    status = "no answer" if request.status is None else request.status
    click.echo(f"{_second(request)} {request.method} {request.path} {status}", err=True)


def _second(request: Logged) -> str:
    return clock.iso(request.at.replace(microsecond=0))


def _words(gateway: SimulatedGateway, form: str, control: str | None, *, own_password: bool) -> str:
    profile = gateway.device.profile
    # Since 1.50 the installer's login waits for a hand on a switch; the customer's may read.
    username = "customer" if profile.installer_needs_switch else "installer"
    if form == "json":
        return json.dumps(
            {
                "url": gateway.url,
                "fingerprint": gateway.fingerprint,
                "profile": profile.name,
                "username": username,
                "password_is_default": not own_password,
                **({"control": control} if control else {}),
            }
        )
    return "\n".join(
        [
            f"A simulated gateway with firmware {profile.name} answers at {gateway.url}; Ctrl-C "
            "ends it.",
            f"Fingerprint {gateway.fingerprint}",
            *([f"Faults are switched at {control}"] if control else []),
            "",
            "export TOU_GATEWAY=local",
            f"export TOU_GATEWAY_URL={gateway.url}",
            f"export TOU_GATEWAY_USERNAME={username}",
            f"export TOU_GATEWAY_FINGERPRINT={gateway.fingerprint}",
            "# TOU_GATEWAY_PASSWORD is the one you gave."
            if own_password
            else f"export TOU_GATEWAY_PASSWORD={DEFAULT_PASSWORD}",
            "",
        ]
    )
