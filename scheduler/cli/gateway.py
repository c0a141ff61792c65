"""The acts of `tou gateway`, each imported when it is asked for."""

from __future__ import annotations

import click

from scheduler.cli.verbs import Verbs

# A simulation needs neither database nor settings, and starts in half the time without.
_ACTS = {
    "info": "gateway_info",
    "trust": "gateway_trust",
    "login": "gateway_login",
    "logout": "gateway_logout",
    "pair": "gateway_pair",
    "simulate": "gateway_simulate",
}


@click.group("gateway", cls=Verbs, verbs=_ACTS)
def gateway_command() -> None:
    """Ask the gateway what it is, pair its certificate, sign in to the cloud, end a session, or
    serve a simulated gateway.

    Example: tou gateway trust https://192.168.1.10
    """
