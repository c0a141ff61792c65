"""`tou gateway simulate --door fleet`: the simulated cloud on its own."""

from __future__ import annotations

import asyncio
import json
import signal

import click

from scheduler import clock
from scheduler.errors import SchedulerError
from scheduler.simulated.control import FaultControl
from scheduler.simulated.device import Logged
from scheduler.simulated.fleet import FleetFaults, SimulatedFleet


def serve_fleet(
    *,
    port: int,
    control: int | None,
    faults: tuple[str, ...],
    charge: float,
    speed: float,
    form: str,
) -> None:
    """Serve the cloud on 127.0.0.1 until Ctrl-C."""
    try:
        found = FleetFaults.parse(*faults)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    asyncio.run(
        _serve(SimulatedFleet(faults=found, charge=charge, speed=speed), port, control, form)
    )


async def _serve(cloud: SimulatedFleet, port: int, control: int | None, form: str) -> None:
    stopped = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stopped.set)
    cloud.on_request = _log
    switch = FaultControl(cloud.faults, cloud.state)
    try:
        try:
            await cloud.start(port)
            address = None if control is None else await switch.start(control)
        except OSError as error:
            raise SchedulerError(
                f"A port on 127.0.0.1 cannot be taken: {error.strerror}. Choose another by --port "
                "or --control, or 0 for a free one."
            ) from None
        click.echo(_words(cloud, form, address))
        await stopped.wait()
    finally:
        await switch.stop()
        await cloud.stop()


def _log(request: Logged) -> None:
    status = "no answer" if request.status is None else request.status
    at = clock.iso(request.at.replace(microsecond=0))
    click.echo(f"{at} {request.method} {request.path} {status}", err=True)


def _words(cloud: SimulatedFleet, form: str, control: str | None) -> str:
    tokens = cloud.tokens()
    if form == "json":
        return json.dumps(
            {
                "url": cloud.url,
                "site": cloud.site,
                "client_id": cloud.client_id,
                "client_secret": cloud.client_secret,
                "access_token": tokens["access_token"],
                "refresh_token": tokens["refresh_token"],
                **({"control": control} if control else {}),
            }
        )
    return "\n".join(
        [
            f"A simulated cloud answers at {cloud.url}; Ctrl-C ends it.",
            *([f"Faults are switched at {control}"] if control else []),
            "",
            "export TOU_GATEWAY=fleet",
            f"export TOU_FLEET_SITE={cloud.site}",
            f"export TOU_FLEET_API_URL={cloud.url}",
            f"export TOU_FLEET_SIGN_IN_URL={cloud.url}",
            f"export TOU_FLEET_TOKEN_URL={cloud.url}",
            "",
            "# tou gateway login --provider tesla --paste    asks for these:",
            f"# client id      {cloud.client_id}",
            f"# refresh token  {tokens['refresh_token']}",
            "",
        ]
    )
