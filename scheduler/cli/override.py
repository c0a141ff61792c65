"""`tou override`: another setting for a while."""

from __future__ import annotations

import click

from scheduler.cli import lease


@click.command("override")
@click.argument("clear", required=False, type=click.Choice(["clear"]), metavar="[clear]")
@click.option("--mode", metavar="MODE", help="self_consumption, autonomous or backup.")
@click.option("--reserve", metavar="PERCENT", help="The app's percent, or hold.")
@click.option("--grid-charging", type=click.Choice(["allow", "deny"]), help="Left alone if absent.")
@click.option(
    "--export", type=click.Choice(["battery", "solar", "none"]), help="Left alone if absent."
)
@lease.lease_options
def override_command(  # noqa: PLR0917 - click hands them over by name
    clear: str | None,
    mode: str | None,
    reserve: str | None,
    grid_charging: str | None,
    export: str | None,
    until: str | None,
    reason: str | None,
    form: str,
) -> None:
    """Have another setting until a time, whatever the rules say; then the rules decide again.

    The service puts it in force at once, keeps it over a restart, and ends it by itself. `clear`
    ends it now.

    Example: tou override --mode backup --reserve 100 --until 18:00
    """
    named = {"mode": mode, "reserve": reserve, "grid_charging": grid_charging, "export": export}
    given = {key: value for key, value in named.items() if value is not None}
    if clear is not None:
        if given or until or reason:
            raise click.UsageError("clear goes alone.")
        lease.end(form, "override")
        return
    if mode is None or reserve is None:
        raise click.UsageError("Give both: --mode and --reserve; or clear.")
    lease.grant(form, {"kind": "override", **given}, until=until, reason=reason)
