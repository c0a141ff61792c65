"""`tou gateway`: info, trust and simulate, each imported when it is asked for."""

from __future__ import annotations

import importlib

import click

_ACTS = ("info", "trust", "simulate")


class _Acts(click.Group):
    """A simulation needs neither database nor settings, and starts in half the time without."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_ACTS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _ACTS:
            return None
        module = importlib.import_module(f"scheduler.cli.gateway_{cmd_name}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command


@click.group("gateway", cls=_Acts)
def gateway_command() -> None:
    """Ask the gateway what it is, pair its certificate, or serve a simulated one.

    Example: tou gateway trust https://192.168.1.10
    """
