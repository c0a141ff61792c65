"""`tou service`: sets the program up under systemd, and takes it away again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from scheduler.cli import completion_script, manual
from scheduler.cli.verbs import Verbs
from scheduler.errors import AccessError, SchedulerError
from scheduler.installation import lay, program, remove, systemd
from scheduler.installation.places import HOME, SERVICE, Places, units

_NEXT = """
tou-scheduler is installed{where}. Next:

  1. Write your schedule:       /etc/tou-scheduler/schedules/home.yaml
     and check it:              sudo tou check
  2. Say which gateway:         /etc/tou-scheduler/settings.env   (TOU_GATEWAY)
     local:                     its address there, the password alone into
                                /etc/tou-scheduler/gateway_password, then
                                sudo tou gateway trust --write /etc/tou-scheduler/settings.env
     fleet; v1r:                sudo tou gateway login; sudo tou gateway pair
     and ask what works:        sudo tou doctor
  3. Start it:                  sudo systemctl enable --now tou-scheduler
  4. Look at it:                sudo tou status; sudo tou audit; journalctl -u tou-scheduler
  5. Beside it, if you like:    sudo systemctl enable --now tou-web; tou-notify; tou-mqtt
"""


@click.group("service", cls=Verbs)
def service_command() -> None:
    """Set the program up as a service of systemd, or take it away again.

    Example: sudo ~/.local/bin/tou service install
    """


@service_command.command("install")
@click.option("--into", "root", type=click.Path(path_type=Path), hidden=True, metavar="DIR")
@click.option("--packaged", is_flag=True, hidden=True)
@click.option("--program-is-there", is_flag=True, hidden=True)
def install_command(root: Path | None, packaged: bool, program_is_there: bool) -> None:
    """Set the service up from this very program: /opt, /etc/tou-scheduler, the units.

    What you have written is kept, so it is also the upgrade: services that run go on with the new
    program. Nothing is fetched. Needs root.

    Example: sudo ~/.local/bin/tou service install
    """
    places = Places(root or Path("/"), packaged)
    os.umask(0o022)  # the modes are meant
    if root is None:
        _check()
    with _told(places):
        if not (program_is_there or program.in_place(places)):
            click.echo(f"The program goes to {HOME} and runs with {program.put(places)}.")
        laid = lay.lay(places, {**completions(packaged), **manual.pages(_root())})
    _tell(laid)
    if root is None:
        _take_up()
    click.echo(_NEXT.format(where=f" below {root}" if root else ""), nl=False)


@service_command.command("first-files", hidden=True)
def first_files_command() -> None:
    """Write settings, schedule and empty secrets where there are none, for a package.

    Example: tou service first-files
    """
    os.umask(0o022)
    with _told(Places()):
        lay.first_files(Places())


@service_command.command("uninstall")
@click.option("--purge", is_flag=True, help="Remove settings, schedules, secrets and audit too.")
def uninstall_command(purge: bool) -> None:
    """Stop the service and remove it; your files and the audit stay, unless you say --purge.

    Stopping leaves the battery running with the setting it has. Needs root.

    Example: sudo tou service uninstall
    """
    places = Places()
    _check()
    if not places.home.exists():
        raise SchedulerError(f"Nothing is installed in {HOME}.")
    names = [unit.name for unit in units()]
    with _told(places):
        if systemd.booted():
            systemd.give_up(names)
        stays = remove.remove(places, purge=purge)
    if systemd.booted():
        systemd.forget()
    click.echo("tou-scheduler is removed.")
    if stays:
        click.echo("Yours, and still there (--purge would have removed them):")
        click.echo("\n".join(f"  {name}" for name in stays))


def completions(packaged: bool) -> dict[str, str]:
    """The scripts of `tou completion`, by where each shell looks below the shared data."""
    zsh = "zsh/vendor-completions/_tou" if packaged else "zsh/site-functions/_tou"
    where = {
        "bash": "bash-completion/completions/tou",
        "zsh": zsh,
        "fish": "fish/vendor_completions.d/tou.fish",
    }
    return {path: completion_script.script(shell, _root()) for shell, path in where.items()}


def _root() -> click.Command:
    from scheduler.cli.root import tou

    return tou


def _check() -> None:
    if os.geteuid() != 0:
        raise AccessError(
            'This writes to /opt and /etc: run it as root (sudo "$(command -v tou)" service ...).'
        )
    package = Places(packaged=True)
    if (package.units / SERVICE).exists():
        raise SchedulerError(
            "A package of the system has installed tou-scheduler: apt upgrades and removes it."
        )


@contextmanager
def _told(places: Places) -> Iterator[None]:
    """What the file system refuses, told with the file."""
    try:
        yield
    except OSError as error:
        where = error.filename or places.root
        raise SchedulerError(
            f"{where}: {error.strerror}. Nothing of yours was changed; after the mend run it again."
        ) from None


def _tell(laid: lay.Laid) -> None:
    for name in laid.kept:
        click.echo(f"kept as it is: {name}")
    for name in laid.put_aside:
        click.echo(
            f"edited by hand, and kept beside the new one: {name}. Changes of yours belong into"
            f" `systemctl edit {Path(name).stem.removesuffix('.service')}`."
        )


def _take_up() -> None:
    if not systemd.booted():
        return
    names = systemd.running(unit.name for unit in units())
    systemd.take_up(names)
    for name in names:
        click.echo(f"{name} runs on with the new program.")
