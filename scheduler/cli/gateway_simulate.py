"""`tou gateway simulate`: the simulated gateway on its own, for trying things from outside."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, get_args

import click

from scheduler import clock
from scheduler.cli.show import format_option
from scheduler.errors import SchedulerError
from scheduler.simulated import PROFILES, Logged, SimulatedGateway
from scheduler.simulated.control import ControlDoor
from scheduler.simulated.loopback import Served
from scheduler.simulated.story import read_story, tell
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


class _Simulate(click.Command):
    """Its help lists the faults of each door; the doors are imported for that alone."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write them below the options."""
        from scheduler.cli.gateway_simulate_door import DOORS

        for door, how in DOORS.items():
            names = [_FORMS[kind].format(name) for name, kind in how.faults.kinds().items()]
            with formatter.section(f"Faults of --door {door}"):
                formatter.write_text(", ".join(names))


@click.command("simulate", cls=_Simulate)
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
    help="What goes wrong; may be given several times. "
    "N is how often; without it for ever, but reboot, upgrade, answer_lost and hang once. "
    "Each door has its own, listed below.",
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
    from scheduler.cli.gateway_simulate_door import DOORS

    how = DOORS[door]
    own = {name: words[name] for name in how.takes if words[name] is not None}
    try:
        served = how.make(faults=how.faults.parse(*faults), **own)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise SchedulerError(f"{words['identity']}: cannot be used: {error.strerror}.") from None
    telling = None
    if story is not None:
        if not isinstance(served, SimulatedGateway):
            raise click.UsageError(f"A story is played by --door local alone, not by {door}.")
        telling = tell(read_story(story), served.device)
    asyncio.run(_serve(served, port, control, partial(how.text, served, form), telling))


async def _serve(
    served: Served,
    port: int,
    control_port: int | None,
    words: Callable[[str | None], str],
    telling: Coroutine[None, None, None] | None,
) -> None:
    stopped = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stopped.set)
    served.watch(_log)
    control = ControlDoor(served)
    try:
        address = await _started(served, control, port, control_port)
        click.echo(words(address))
        story = asyncio.create_task(telling) if telling else None
        await stopped.wait()
        if story:
            story.cancel()
    finally:
        await control.stop()
        await served.stop()


async def _started(
    served: Served, control: ControlDoor, port: int, control_port: int | None
) -> str | None:
    """The control's address, where there is one."""
    try:
        await served.start(port)
        port = port if control_port is None else control_port
        return None if control_port is None else await control.start(control_port)
    except OSError as error:
        raise SchedulerError(
            f"Port {port} on 127.0.0.1 cannot be taken: {error.strerror}. Choose another by"
            " --port or --control, or 0 for a free one."
        ) from None


def _log(request: Logged) -> None:
    status = "no answer" if request.status is None else request.status
    at = clock.iso(request.at.replace(microsecond=0))
    click.echo(f"{at} {request.method} {request.path} {status}", err=True)
